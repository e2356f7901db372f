#include "server/node/run_machine.h"

#include <gtest/gtest.h>

#include <vector>

namespace raakvlak::node {
namespace {

RunRecord Fresh() {
  RunRecord record;
  record.manifest_hash = std::string(64, 'h');
  record.expires_at = 1000;
  return record;
}

constexpr RunStep kWork[] = {RunStep::kOpen,
                             RunStep::kEvaluate,
                             RunStep::kUploadTags,
                             RunStep::kConfirm,
                             RunStep::kUploadRecords,
                             RunStep::kUploadEncodings,
                             RunStep::kReportReferences,
                             RunStep::kAwaitEnd};

RunRecord At(RunStep step) {
  RunRecord record = Fresh();
  record.step = step;
  return record;
}

TEST(RunMachine, GoesThroughEveryStepAndWaitsForTheMatcher) {
  RunRecord r = Fresh();
  for (RunStep step : {RunStep::kOpen, RunStep::kEvaluate, RunStep::kUploadTags}) {
    ASSERT_EQ(r.step, step);
    ASSERT_EQ(NextAction(r), RunAction::kCarryOut);
    r = Apply(r, RunEvent::StepDone(step));
  }
  ASSERT_EQ(r.step, RunStep::kConfirm);
  EXPECT_EQ(NextAction(r), RunAction::kWait);
  r = Apply(r, RunEvent::MatcherSaid(MatcherPhase::kIntersecting));
  EXPECT_EQ(NextAction(r), RunAction::kWait);
  r = Apply(r, RunEvent::MatcherSaid(MatcherPhase::kConfirming));
  EXPECT_EQ(NextAction(r), RunAction::kCarryOut);
  r = Apply(r, RunEvent::StepDone(RunStep::kConfirm));
  EXPECT_EQ(NextAction(r), RunAction::kCarryOut);
  r = Apply(r, RunEvent::StepDone(RunStep::kUploadRecords));
  EXPECT_EQ(NextAction(r), RunAction::kWait);
  r = Apply(r, RunEvent::MatcherSaid(MatcherPhase::kMatching));
  EXPECT_EQ(NextAction(r), RunAction::kWait);
  r = Apply(r, RunEvent::MatcherSaid(MatcherPhase::kReferencing));
  EXPECT_EQ(NextAction(r), RunAction::kCarryOut);
  r = Apply(r, RunEvent::StepDone(RunStep::kReportReferences));
  EXPECT_EQ(NextAction(r), RunAction::kWait);
  r = Apply(r, RunEvent::MatcherSaid(MatcherPhase::kDone));
  EXPECT_EQ(r.step, RunStep::kErase);
  EXPECT_EQ(r.outcome, RunOutcome::kFinished);
  r = Apply(r, RunEvent::StepDone(RunStep::kErase));
  EXPECT_EQ(NextAction(r), RunAction::kNothing);
}

TEST(RunMachine, EncodesWhereBlocksAreLinked) {
  RunRecord r = At(RunStep::kUploadRecords);
  r.links_blocks = true;
  r.phase = MatcherPhase::kConfirming;
  r = Apply(r, RunEvent::StepDone(RunStep::kUploadRecords));
  ASSERT_EQ(r.step, RunStep::kUploadEncodings);
  EXPECT_EQ(NextAction(r), RunAction::kWait);
  r = Apply(r, RunEvent::MatcherSaid(MatcherPhase::kPairing));
  EXPECT_EQ(NextAction(r), RunAction::kWait) << "tasks are not there yet";
  r = Apply(r, RunEvent::MatcherSaid(MatcherPhase::kEncoding));
  EXPECT_EQ(NextAction(r), RunAction::kCarryOut);
  // The upload went through, but the node was killed before it knew: it is tried again.
  RunRecord late = Apply(r, RunEvent::MatcherSaid(MatcherPhase::kMatching));
  EXPECT_EQ(late.step, RunStep::kUploadEncodings);
  EXPECT_EQ(NextAction(late), RunAction::kCarryOut);
  r = Apply(r, RunEvent::StepDone(RunStep::kUploadEncodings));
  EXPECT_EQ(r.step, RunStep::kReportReferences);
  EXPECT_EQ(NextAction(r), RunAction::kWait);
}

TEST(RunMachine, TransientFailuresKeepTheStepAndFinalOnesDecline) {
  for (RunStep step : kWork) {
    if (step == RunStep::kAwaitEnd) continue;
    RunRecord r = Apply(At(step), RunEvent::StepFailed(step, absl::UnavailableError("peer down")));
    EXPECT_EQ(r.step, step);
    EXPECT_EQ(r.failures, 1u);
    EXPECT_EQ(r.last_error, "peer down");
    r = Apply(r, RunEvent::StepFailed(step, absl::PermissionDeniedError("bad proof"), "fiod"));
    EXPECT_EQ(r.step, RunStep::kDecline);
    EXPECT_EQ(r.outcome, RunOutcome::kDeclined);
    EXPECT_EQ(r.blamed, "fiod");
    EXPECT_NE(r.reason.find("bad proof"), std::string::npos);
    r = Apply(r, RunEvent::StepDone(RunStep::kDecline));
    EXPECT_EQ(r.step, RunStep::kErase);
  }
}

TEST(RunMachine, TheMatcherGivingUpErasesFromEveryStep) {
  for (RunStep step : kWork) {
    RunRecord r = Apply(At(step), RunEvent::MatcherSaid(MatcherPhase::kCancelled, "by A"));
    EXPECT_EQ(r.step, RunStep::kErase);
    EXPECT_EQ(r.outcome, RunOutcome::kCancelled);
    EXPECT_EQ(r.reason, "by A");
    r = Apply(At(step), RunEvent::MatcherSaid(MatcherPhase::kFailed, "expired"));
    EXPECT_EQ(r.outcome, RunOutcome::kFailed);
  }
}

TEST(RunMachine, AMatcherThatIsDoneTooEarlyIsNoSuccess) {
  RunRecord r = Apply(At(RunStep::kConfirm), RunEvent::MatcherSaid(MatcherPhase::kDone));
  EXPECT_EQ(r.outcome, RunOutcome::kFailed);
  EXPECT_EQ(r.step, RunStep::kErase);
}

TEST(RunMachine, ExpiryEndsEveryStepAndNamesTheLastError) {
  for (RunStep step : kWork) {
    RunRecord r = At(step);
    EXPECT_EQ(Apply(r, RunEvent::Clock(1000)), r);
    r.last_error = "cannot reach douane";
    r = Apply(r, RunEvent::Clock(1001));
    EXPECT_EQ(r.step, RunStep::kErase);
    EXPECT_EQ(r.outcome, RunOutcome::kFailed);
    EXPECT_NE(r.reason.find("cannot reach douane"), std::string::npos);
  }
}

TEST(RunMachine, LateEventsOfAnotherStepSayNothing) {
  RunRecord r = At(RunStep::kUploadTags);
  EXPECT_EQ(Apply(r, RunEvent::StepDone(RunStep::kEvaluate)), r);
  EXPECT_EQ(Apply(r, RunEvent::StepFailed(RunStep::kOpen, absl::InternalError("x"))), r);
  r.phase = MatcherPhase::kConfirming;
  EXPECT_EQ(Apply(r, RunEvent::MatcherSaid(MatcherPhase::kEvaluating)), r);
  RunRecord ended = At(RunStep::kEnded);
  ended.phase = MatcherPhase::kCancelled;
  for (const RunEvent& e : {RunEvent::StepDone(RunStep::kEnded), RunEvent::Clock(99999),
                            RunEvent::MatcherSaid(MatcherPhase::kDone)}) {
    EXPECT_EQ(Apply(ended, e), ended);
  }
}

TEST(RunMachine, RetriesBackOffAndAreBounded) {
  EXPECT_EQ(RetryDelayMs(0), 0);
  EXPECT_EQ(RetryDelayMs(1), 500);
  EXPECT_EQ(RetryDelayMs(2), 1000);
  EXPECT_EQ(RetryDelayMs(50), 30'000);
}

}  // namespace
}  // namespace raakvlak::node
