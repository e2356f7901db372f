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

TEST_F(OwnChainsTest, SeveralRecordsWithOneOfACounterpartAreAChain) {
  // A pair; two of A through one of B.
  Write({{{1, 11}}, {{2, 12}, {3, 12}}});
  EXPECT_EQ(Marked(0), Groups{1});
  EXPECT_EQ(Marked(1), Groups{1});
}

TEST_F(OwnChainsTest, WhetherOthersMatchEachOtherDoesNotShow) {
  // A triangle, and a chain over B: B sees the same of both.
  Write({{{1, 11}, {1, 21}, {11, 21}}, {{2, 12}, {12, 22}}});
  for (const int agency : {0, 1, 2}) EXPECT_EQ(Marked(agency), Groups{}) << agency;
  // Two of A that hang together by a match between B and C alone.
  Write({{{1, 11}, {11, 21}, {2, 21}}});
  EXPECT_EQ(Marked(0), Groups{});
  // All of A, B and C are one; D is linked with C alone, and with another of C.
  Write({{{1, 11}, {1, 21}, {11, 21}, {21, 31}, {22, 31}}});
  EXPECT_EQ(Marked(0), Groups{});
  EXPECT_EQ(Marked(1), Groups{});
  EXPECT_EQ(Marked(2), Groups{0});
  EXPECT_EQ(Marked(3), Groups{0});
}

TEST_F(OwnChainsTest, NoMatchesAndNoFile) {
  EXPECT_FALSE(OwnChains::Find(fs_, directory_, 0).ok());
  Write({});
  EXPECT_EQ(Marked(0), Groups{});
}

}  // namespace
}  // namespace raakvlak::matcher
