// The bar of `raak run watch`.
#include "client/commands/run_progress.h"

#include <gtest/gtest.h>

#include <vector>

namespace raakvlak::client {
namespace {

struct Said {
  const char* stage;
  uint64_t done;
  uint64_t total;
};

v1::RunSummary SummaryOf(uint32_t attempt, const std::vector<Said>& agencies) {
  v1::RunSummary run;
  run.set_run_id("harbour-7");
  run.set_attempt(attempt);
  run.set_state(v1::RUN_STATE_EVALUATING);
  char id = 'a';
  for (const Said& said : agencies) {
    v1::AgencyProgress& progress = *run.add_progress();
    progress.set_agency_id(std::string("agency-") + id++);
    progress.set_stage(said.stage);
    progress.set_done(said.done);
    progress.set_total(said.total);
  }
  return run;
}

uint64_t Percent(const RunProgress::Bar& bar) {
  return bar.total == 0 ? 0 : bar.done * 100 / bar.total;
}

TEST(RunProgress, NeverGoesBackWithinAnAttempt) {
  const std::vector<std::vector<Said>> said = {
      {{"", 0, 0}, {"", 0, 0}},
      {{"evaluating", 600, 1000}, {"reading", 70'000, 0}},
      // The other's total becomes known, and is far larger.
      {{"evaluating", 600, 1000}, {"evaluating", 0, 1'000'000}},
      {{"evaluating", 1000, 1000}, {"evaluating", 500'000, 1'000'000}},
      // Types in place of values.
      {{"uploading tags", 0, 2}, {"evaluating", 500'000, 1'000'000}},
      // Its node was started anew.
      {{"waiting for the others", 0, 0}, {"opening", 0, 0}},
      {{"waiting for the others", 0, 0}, {"evaluating", 250'000, 1'000'000}},
      {{"waiting for the others", 0, 0}, {"evaluating", 1'000'000, 1'000'000}},
  };
  const std::vector<uint64_t> expected = {0, 30, 30, 75, 75, 75, 75, 100};
  RunProgress progress;
  for (size_t i = 0; i < said.size(); ++i) {
    EXPECT_EQ(Percent(progress.Take(SummaryOf(1, said[i]))), expected[i]) << i;
  }
  // A smaller attempt evaluates anew.
  EXPECT_EQ(Percent(progress.Take(SummaryOf(2, {{"reading", 0, 0}}))), 0U);
}

TEST(RunProgress, KnowsNothingBeforeTheFirstTotal) {
  RunProgress progress;
  EXPECT_EQ(progress.Take(SummaryOf(1, {{"reading", 9, 0}, {"opening", 0, 0}})).total, 0U);
  EXPECT_NE(progress.Take(SummaryOf(1, {{"evaluating", 0, 7}, {"opening", 0, 0}})).total, 0U);
}

TEST(RunProgress, OtherStatesHaveNoBar) {
  RunProgress progress;
  progress.Take(SummaryOf(1, {{"evaluating", 7, 7}}));
  v1::RunSummary run = SummaryOf(1, {{"confirming", 1, 2}});
  run.set_state(v1::RUN_STATE_CONFIRMING);
  EXPECT_EQ(progress.Take(run).total, 0U);
  EXPECT_EQ(progress.Take(run).label, "harbour-7 confirming");
}

}  // namespace
}  // namespace raakvlak::client
