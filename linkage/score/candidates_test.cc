// Against every pair of records looked at, and at the limits.
#include "linkage/score/candidates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <tuple>

namespace raakvlak::linkage {
namespace {

BlockId Block(std::uint8_t type, std::uint8_t value) {
  BlockId id;
  id.type = type;
  id.tag[0] = value;
  return id;
}

TEST(CandidatesTest, EachPairOnceInItsSmallestSharedBlock) {
  // Records 1 and 7 meet in a block of two pairs and in one of their own.
  const std::vector<BlockMember> a = {{Block(0, 5), 1}, {Block(1, 9), 1}, {Block(2, 3), 2}};
  const std::vector<BlockMember> b = {
      {Block(0, 5), 7}, {Block(0, 5), 8}, {Block(1, 9), 7}, {Block(2, 4), 2}};
  const auto selection = SelectCandidates(a, b, {});
  ASSERT_TRUE(selection.has_value());
  EXPECT_EQ(selection->pairs, (std::vector<BlockPair>{{Block(0, 5), 1, 8}, {Block(1, 9), 1, 7}}));
  EXPECT_EQ(selection->skipped_blocks, 0U);
}

TEST(CandidatesTest, AsIfEveryPairWereLookedAt) {
  std::mt19937 random(3);
  for (int round = 0; round < 50; ++round) {
    std::vector<BlockMember> a;
    std::vector<BlockMember> b;
    for (auto* side : {&a, &b}) {
      for (std::uint32_t r = 0; r < 30; ++r) {
        for (std::uint8_t type = 0; type < 4; ++type) {
          if (random() % 4 == 0) continue;
          side->push_back({Block(type, static_cast<std::uint8_t>(random() % 12)), r});
        }
      }
      std::shuffle(side->begin(), side->end(), random);
    }
    CandidateLimits limits;
    limits.block_cap = 4;
    std::map<BlockId, std::set<std::uint32_t>> in_a;
    std::map<BlockId, std::set<std::uint32_t>> in_b;
    for (const BlockMember& m : a) in_a[m.block].insert(m.record);
    for (const BlockMember& m : b) in_b[m.block].insert(m.record);
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::pair<std::size_t, BlockId>> best;
    std::uint64_t skipped = 0;
    for (const auto& [block, of_a] : in_a) {
      const auto of_b = in_b.find(block);
      if (of_b == in_b.end()) continue;
      if (of_a.size() > 4 || of_b->second.size() > 4) {
        ++skipped;
        continue;
      }
      for (const std::uint32_t x : of_a) {
        for (const std::uint32_t y : of_b->second) {
          const auto here = std::make_pair(of_a.size() * of_b->second.size(), block);
          const auto [found, added] = best.emplace(std::make_pair(x, y), here);
          if (!added) found->second = std::min(found->second, here);
        }
      }
    }
    std::vector<BlockPair> expected;
    expected.reserve(best.size());
    for (const auto& [pair, where] : best) {
      expected.push_back({where.second, pair.first, pair.second});
    }
    std::sort(expected.begin(), expected.end());
    const auto selection = SelectCandidates(a, b, limits);
    ASSERT_TRUE(selection.has_value());
    EXPECT_EQ(selection->pairs, expected);
    EXPECT_EQ(selection->skipped_blocks, skipped);
    EXPECT_EQ(selection->skipped_pairs, 0U);
  }
}

TEST(CandidatesTest, OfManyPairsThoseThatShareMostBlocksAreKept) {
  std::vector<BlockMember> a = {{Block(0, 1), 0}, {Block(1, 1), 0}};
  std::vector<BlockMember> b;
  b.reserve(8);
  for (std::uint32_t r = 0; r < 8; ++r) b.push_back({Block(0, 1), r});
  b.push_back({Block(1, 1), 6});
  CandidateLimits limits;
  limits.max_pairs_per_record = 3;
  auto selection = SelectCandidates(a, b, limits);
  ASSERT_TRUE(selection.has_value());
  EXPECT_EQ(selection->pairs.size(), 3U);
  EXPECT_EQ(selection->skipped_pairs, 5U);
  EXPECT_EQ(selection->pairs.back(), (BlockPair{Block(1, 1), 0, 6}));
  // The same from the other side.
  selection = SelectCandidates(b, a, limits);
  ASSERT_TRUE(selection.has_value());
  EXPECT_EQ(selection->pairs.size(), 3U);
  EXPECT_EQ(selection->skipped_pairs, 5U);
  EXPECT_EQ(selection->pairs.back(), (BlockPair{Block(1, 1), 6, 0}));
}

TEST(CandidatesTest, ABlockThatHalfTheFileFallsIntoIsSkipped) {
  std::vector<BlockMember> everybody;
  for (std::uint32_t r = 0; r < 50'000; ++r) {
    everybody.push_back({Block(0, 1), r});
    everybody.push_back({Block(1, static_cast<std::uint8_t>(r)), r});
  }
  const auto selection = SelectCandidates(everybody, everybody, {});
  ASSERT_TRUE(selection.has_value());
  EXPECT_TRUE(selection->pairs.empty());
  EXPECT_EQ(selection->skipped_blocks, 257U);
}

TEST(CandidatesTest, TooManyPairsAreRefused) {
  std::vector<BlockMember> members;
  members.reserve(10);
  for (std::uint32_t r = 0; r < 10; ++r) members.push_back({Block(0, 1), r});
  CandidateLimits limits;
  limits.max_pairs = 100;
  EXPECT_TRUE(SelectCandidates(members, members, limits).has_value());
  limits.max_pairs = 99;
  EXPECT_FALSE(SelectCandidates(members, members, limits).has_value());
}

}  // namespace
}  // namespace raakvlak::linkage
