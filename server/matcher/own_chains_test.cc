// What each agency is told of a chain, and what it is not told.
#include "server/matcher/own_chains.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "server/common/testing/memory_fs.h"

namespace raakvlak::matcher {
namespace {

// Agency times ten plus a number: records lie agency after agency.
using Records = std::pair<std::uint32_t, std::uint32_t>;

class OwnChainsTest : public ::testing::Test {
 protected:
  // Groups of matches, numbered in order.
  void Write(const std::vector<std::vector<Records>>& groups) {
    auto writer = FramedWriter::Create(fs_, directory_.Pairs(), kPairsMagic);
    ASSERT_TRUE(writer.ok());
    for (std::size_t g = 0; g < groups.size(); ++g) {
      for (const auto& [first, second] : groups[g]) {
        StoredPair pair;
        pair.first_agency = static_cast<std::uint8_t>(first / 10);
        pair.second_agency = static_cast<std::uint8_t>(second / 10);
        pair.first_record = first;
        pair.second_record = second;
        pair.group = static_cast<std::uint32_t>(g);
        ASSERT_TRUE((*writer)->Add(Encode(pair)).ok());
      }
    }
    ASSERT_TRUE((*writer)->Finish().ok());
  }
  // The marked groups.
  std::vector<std::uint32_t> Marked(int agency) {
    const auto chains = OwnChains::Find(fs_, directory_, agency);
    EXPECT_TRUE(chains.ok()) << chains.status();
    std::vector<std::uint32_t> marked;
    for (std::uint32_t g = 0; g < 10; ++g) {
      if (chains->IsChained(g)) marked.push_back(g);
    }
    return marked;
  }
  using Groups = std::vector<std::uint32_t>;

  common::testing::MemoryFileSystem fs_;
  RunDirectory directory_{"/data", "harbour-1", 1};
};

TEST_F(OwnChainsTest, TheRecordBetweenIsMarkedAndItsEndsLearnNothing) {
  // A pair, a triangle, a chain over B.
  Write({{{1, 11}}, {{2, 12}, {2, 22}, {12, 22}}, {{3, 13}, {13, 23}}});
  EXPECT_EQ(Marked(1), Groups{2});
  EXPECT_EQ(Marked(0), Groups{});
  EXPECT_EQ(Marked(2), Groups{});
}

TEST_F(OwnChainsTest, SeveralRecordsOfOneAgencyAreAChain) {
  // Two of A through one of B.
  Write({{{1, 11}, {2, 11}}});
  EXPECT_EQ(Marked(0), Groups{0});
  EXPECT_EQ(Marked(1), Groups{0});
  // Two of A, one matched with B's record and one with C's, which are matched.
  Write({{{1, 11}, {11, 21}, {2, 21}}});
  EXPECT_EQ(Marked(0), Groups{0});
  EXPECT_EQ(Marked(1), Groups{0});
}

TEST_F(OwnChainsTest, WhatLiesBeyondTheOwnMatchesDoesNotShow) {
  // All of A, B and C are one; D is linked with C alone.
  Write({{{1, 11}, {1, 21}, {11, 21}, {21, 31}}});
  EXPECT_EQ(Marked(0), Groups{});
  EXPECT_EQ(Marked(1), Groups{});
  EXPECT_EQ(Marked(2), Groups{0});
  EXPECT_EQ(Marked(3), Groups{});
}

TEST_F(OwnChainsTest, NoMatchesAndNoFile) {
  EXPECT_FALSE(OwnChains::Find(fs_, directory_, 0).ok());
  Write({});
  EXPECT_EQ(Marked(0), Groups{});
}

}  // namespace
}  // namespace raakvlak::matcher
