// Who plans.
#include "linkage/score/planner_choice.h"

#include <gtest/gtest.h>

namespace raakvlak::linkage {
namespace {

TEST(PlannerChoiceTest, RecordsAreRoundedUpToPowersOfTwoAndHalfwayBetween) {
  EXPECT_EQ(RoundedRecords(0), 0U);
  EXPECT_EQ(RoundedRecords(1), 1U);
  EXPECT_EQ(RoundedRecords(1024), 1024U);
  EXPECT_EQ(RoundedRecords(2), 2U);
  EXPECT_EQ(RoundedRecords(3), 3U);
  EXPECT_EQ(RoundedRecords(5), 6U);
  EXPECT_EQ(RoundedRecords(1025), 1536U);
  EXPECT_EQ(RoundedRecords(1536), 1536U);
  EXPECT_EQ(RoundedRecords(1537), 2048U);
  EXPECT_EQ(RoundedRecords(~std::uint64_t{0}), std::uint64_t{1} << 63);
}

TEST(PlannerChoiceTest, TheLargestThenTheLeastSpreadThenTheFirst) {
  EXPECT_EQ(ChoosePlanner({{1024, 10}, {4096, 90}, {2048, 5}}), 1U);
  EXPECT_EQ(ChoosePlanner({{4096, 90}, {4096, 80}, {2048, 5}}), 1U);
  EXPECT_EQ(ChoosePlanner({{4096, 80}, {4096, 80}}), 0U);
}

TEST(PlannerChoiceTest, NobodyWithoutAFile) {
  EXPECT_EQ(ChoosePlanner({}), std::nullopt);
  EXPECT_EQ(ChoosePlanner({{0, 0}, {0, 3}}), std::nullopt);
  EXPECT_EQ(ChoosePlanner({{0, 0}, {1024, 3}}), 1U);
}

}  // namespace
}  // namespace raakvlak::linkage
