#include "linkage/match/grouping.h"

#include <gtest/gtest.h>

#include <vector>

namespace raakvlak::linkage {
namespace {

TEST(GroupingTest, MarksTheChainEffect) {
  // 0-1-2 closed; 3-4-5 a chain; 6-7 a pair; 8 alone.
  const std::vector<std::uint8_t> agencies = {0, 1, 2, 0, 1, 2, 1, 3, 3};
  const std::vector<RecordPair> pairs = {{0, 1, 1}, {6, 7, 1}, {3, 4, 1},
                                         {4, 5, 1}, {0, 2, 1}, {1, 2, 1}};
  const Grouping grouping = GroupPairs(agencies, pairs);
  ASSERT_EQ(grouping.groups.size(), 3U);
  EXPECT_FALSE(grouping.groups[0].chained);
  EXPECT_EQ(grouping.groups[0].agencies, 0b0111U);
  EXPECT_EQ(grouping.groups[0].pairs, 3U);
  EXPECT_TRUE(grouping.groups[1].chained);
  EXPECT_EQ(grouping.groups[1].records, 3U);
  EXPECT_EQ(grouping.groups[1].pairs, 2U);
  EXPECT_FALSE(grouping.groups[2].chained);
  EXPECT_EQ(grouping.groups[2].agencies, 0b1010U);
  EXPECT_EQ(grouping.group_of_pair, (std::vector<std::uint32_t>{0, 2, 1, 1, 0, 0}));
}

TEST(GroupingTest, TwoRecordsOfOneAgencyThroughAThirdAreAChain) {
  const std::vector<std::uint8_t> agencies = {0, 0, 1};
  const Grouping grouping = GroupPairs(agencies, std::vector<RecordPair>{{0, 2, 1}, {1, 2, 1}});
  ASSERT_EQ(grouping.groups.size(), 1U);
  EXPECT_TRUE(grouping.groups[0].chained);
}

TEST(GroupingTest, ALongChainIsOneGroupInLinearTime) {
  const std::uint32_t n = 200'000;
  std::vector<std::uint8_t> agencies(n);
  std::vector<RecordPair> pairs;
  for (std::uint32_t r = 0; r < n; ++r) agencies[r] = static_cast<std::uint8_t>(r % 2);
  for (std::uint32_t r = n - 1; r > 0; --r) pairs.push_back({r - 1, r, 1});
  const Grouping grouping = GroupPairs(agencies, pairs);
  ASSERT_EQ(grouping.groups.size(), 1U);
  EXPECT_EQ(grouping.groups[0].records, n);
  EXPECT_TRUE(grouping.groups[0].chained);
}

TEST(GroupingTest, NoPairsNoGroups) {
  EXPECT_TRUE(GroupPairs(std::vector<std::uint8_t>{0, 1}, {}).groups.empty());
}

}  // namespace
}  // namespace raakvlak::linkage
