// What `raak run show` says of a run.
#include "client/commands/run_summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace raakvlak::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

v1::RunSummary Smaller() {
  v1::RunSummary run;
  run.set_run_id("harbour-7");
  run.set_attempt(2);
  run.set_state(v1::RUN_STATE_EVALUATING);
  v1::AgencyLeftOut& absent = *run.add_left_out();
  absent.set_agency_id("agency-d");
  absent.set_reason("it was not connected when the run started");
  v1::AgencyLeftOut& lost = *run.add_left_out();
  lost.set_agency_id("agency-c");
  lost.set_after_attempt(1);
  lost.set_reason("agency-a cannot go on with agency-c: down");
  return run;
}

TEST(RunSummary, SaysWhoWasLeftOutAndWhy) {
  const std::string text = RunText(Smaller());
  EXPECT_THAT(text, HasSubstr("left out agency-d from the start: it was not connected"));
  EXPECT_THAT(text, HasSubstr("left out agency-c after attempt 1: agency-a cannot go on"));
  const nlohmann::ordered_json json = RunJson(Smaller());
  ASSERT_EQ(json["left_out"].size(), 2U);
  EXPECT_EQ(json["left_out"][0]["after_attempt"], 0);
  EXPECT_EQ(json["left_out"][1]["agency"], "agency-c");
  EXPECT_EQ(json["left_out"][1]["after_attempt"], 1);
  EXPECT_EQ(json["left_out"][1]["reason"], "agency-a cannot go on with agency-c: down");
}

TEST(RunSummary, AWholeRunLeavesNobodyOut) {
  EXPECT_THAT(RunText(v1::RunSummary()), Not(HasSubstr("left out")));
  EXPECT_EQ(RunJson(v1::RunSummary())["left_out"], nlohmann::ordered_json::array());
}

}  // namespace
}  // namespace raakvlak::client
