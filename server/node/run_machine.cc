#include "server/node/run_machine.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace raakvlak::node {
namespace {

bool Working(RunStep step) { return step < RunStep::kDecline; }

std::string Text(const absl::Status& status) { return std::string(status.message()); }

// Ends the attempt without a word to the matcher, which knows already.
RunRecord GiveUp(RunRecord record, RunOutcome outcome, std::string reason) {
  record.step = RunStep::kErase;
  record.outcome = outcome;
  record.reason = std::move(reason);
  record.failures = 0;
  return record;
}

RunRecord OnStepDone(RunRecord record) {
  record.failures = 0;
  record.last_error.clear();
  switch (record.step) {
    case RunStep::kOpen:
      record.step = RunStep::kEvaluate;
      break;
    case RunStep::kEvaluate:
      record.step = RunStep::kUploadTags;
      break;
    case RunStep::kUploadTags:
      record.step = RunStep::kConfirm;
      break;
    case RunStep::kConfirm:
      record.step = RunStep::kUploadRecords;
      break;
    case RunStep::kUploadRecords:
      record.step = record.links_blocks ? RunStep::kUploadEncodings : RunStep::kReportReferences;
      break;
    case RunStep::kUploadEncodings:
      record.step = RunStep::kReportReferences;
      break;
    case RunStep::kReportReferences:
      if (record.phase == MatcherPhase::kDone) {
        record = GiveUp(std::move(record), RunOutcome::kFinished, "");
      } else {
        record.step = RunStep::kAwaitEnd;
      }
      break;
    case RunStep::kDecline:
      record.step = RunStep::kErase;
      break;
    case RunStep::kErase:
      record.step = RunStep::kEnded;
      break;
    case RunStep::kAwaitEnd:
    case RunStep::kEnded:
      break;
  }
  return record;
}

RunRecord OnStepFailed(RunRecord record, const RunEvent& event) {
  ++record.failures;
  record.last_error = Text(event.error);
  if (!Working(record.step)) {
    // The matcher that will not take a decline has given the run up, or will at its expiry.
    if (record.step == RunStep::kDecline && !IsTransient(event.error))
      record.step = RunStep::kErase;
    return record;
  }
  if (IsTransient(event.error)) return record;
  record.reason =
      absl::StrCat("could not ", std::string(RunStepName(record.step)), ": ", Text(event.error));
  record.blamed = event.blamed;
  record.outcome = RunOutcome::kDeclined;
  record.step = RunStep::kDecline;
  record.failures = 0;
  return record;
}

RunRecord OnMatcherSaid(RunRecord record, const RunEvent& event) {
  // A state machine at the matcher only goes forward; a late message does not take this one back.
  if (event.phase <= record.phase) return record;
  record.phase = event.phase;
  if (record.step >= RunStep::kErase) return record;
  switch (event.phase) {
    case MatcherPhase::kFailed:
    case MatcherPhase::kCancelled:
      if (record.step == RunStep::kDecline) {
        record.step = RunStep::kErase;
        return record;
      }
      return GiveUp(
          std::move(record),
          event.phase == MatcherPhase::kFailed ? RunOutcome::kFailed : RunOutcome::kCancelled,
          event.reason);
    case MatcherPhase::kDone:
      if (record.step == RunStep::kAwaitEnd || record.step == RunStep::kReportReferences) {
        return GiveUp(std::move(record), RunOutcome::kFinished, "");
      }
      return GiveUp(std::move(record), RunOutcome::kFailed,
                    "the matcher ended the run before this node had handed everything in");
    case MatcherPhase::kEvaluating:
    case MatcherPhase::kIntersecting:
    case MatcherPhase::kConfirming:
    case MatcherPhase::kPairing:
    case MatcherPhase::kEncoding:
    case MatcherPhase::kMatching:
    case MatcherPhase::kReferencing:
      break;
  }
  return record;
}

RunRecord OnClock(RunRecord record, std::int64_t now) {
  if (now <= record.expires_at || record.step >= RunStep::kErase) return record;
  if (record.step == RunStep::kDecline) {
    record.step = RunStep::kErase;
    return record;
  }
  std::string reason =
      absl::StrCat("the run expired at step '", std::string(RunStepName(record.step)), "'");
  if (!record.last_error.empty()) absl::StrAppend(&reason, "; last error: ", record.last_error);
  return GiveUp(std::move(record), RunOutcome::kFailed, std::move(reason));
}

}  // namespace

std::string_view RunStepName(RunStep step) {
  switch (step) {
    case RunStep::kOpen:
      return "open";
    case RunStep::kEvaluate:
      return "evaluate";
    case RunStep::kUploadTags:
      return "upload tags";
    case RunStep::kConfirm:
      return "confirm";
    case RunStep::kUploadRecords:
      return "upload records";
    case RunStep::kUploadEncodings:
      return "upload encodings";
    case RunStep::kReportReferences:
      return "report references";
    case RunStep::kAwaitEnd:
      return "await the end";
    case RunStep::kDecline:
      return "decline";
    case RunStep::kErase:
      return "erase";
    case RunStep::kEnded:
      return "ended";
  }
  return "unknown";
}

std::string_view MatcherPhaseName(MatcherPhase phase) {
  switch (phase) {
    case MatcherPhase::kEvaluating:
      return "evaluating";
    case MatcherPhase::kIntersecting:
      return "intersecting";
    case MatcherPhase::kConfirming:
      return "confirming";
    case MatcherPhase::kPairing:
      return "pairing";
    case MatcherPhase::kEncoding:
      return "encoding";
    case MatcherPhase::kMatching:
      return "matching";
    case MatcherPhase::kReferencing:
      return "referencing";
    case MatcherPhase::kDone:
      return "done";
    case MatcherPhase::kFailed:
      return "failed";
    case MatcherPhase::kCancelled:
      return "cancelled";
  }
  return "unknown";
}

std::string_view RunOutcomeName(RunOutcome outcome) {
  switch (outcome) {
    case RunOutcome::kOpen:
      return "open";
    case RunOutcome::kFinished:
      return "finished";
    case RunOutcome::kDeclined:
      return "declined";
    case RunOutcome::kFailed:
      return "failed";
    case RunOutcome::kCancelled:
      return "cancelled";
  }
  return "unknown";
}

RunEvent RunEvent::StepDone(RunStep step) {
  RunEvent event;
  event.kind = Kind::kStepDone;
  event.step = step;
  return event;
}

RunEvent RunEvent::StepFailed(RunStep step, absl::Status error, std::string blamed) {
  RunEvent event;
  event.kind = Kind::kStepFailed;
  event.step = step;
  event.error = std::move(error);
  event.blamed = std::move(blamed);
  return event;
}

RunEvent RunEvent::MatcherSaid(MatcherPhase phase, std::string reason) {
  RunEvent event;
  event.kind = Kind::kMatcherSaid;
  event.phase = phase;
  event.reason = std::move(reason);
  return event;
}

RunEvent RunEvent::Clock(std::int64_t now) {
  RunEvent event;
  event.kind = Kind::kClock;
  event.now = now;
  return event;
}

bool IsTransient(const absl::Status& error) {
  switch (error.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kCancelled:
      return true;
    default:
      return false;
  }
}

RunRecord Apply(RunRecord record, const RunEvent& event) {
  switch (event.kind) {
    case RunEvent::Kind::kStepDone:
      return event.step == record.step ? OnStepDone(std::move(record)) : record;
    case RunEvent::Kind::kStepFailed:
      return event.step == record.step ? OnStepFailed(std::move(record), event) : record;
    case RunEvent::Kind::kMatcherSaid:
      return OnMatcherSaid(std::move(record), event);
    case RunEvent::Kind::kClock:
      return OnClock(std::move(record), event.now);
  }
  return record;
}

RunAction NextAction(const RunRecord& record) {
  switch (record.step) {
    case RunStep::kConfirm:
    case RunStep::kUploadRecords:
      return record.phase >= MatcherPhase::kConfirming ? RunAction::kCarryOut : RunAction::kWait;
    case RunStep::kUploadEncodings:
      return record.phase >= MatcherPhase::kEncoding ? RunAction::kCarryOut : RunAction::kWait;
    case RunStep::kReportReferences:
      return record.phase >= MatcherPhase::kReferencing ? RunAction::kCarryOut : RunAction::kWait;
    case RunStep::kAwaitEnd:
      return RunAction::kWait;
    case RunStep::kEnded:
      return RunAction::kNothing;
    case RunStep::kOpen:
    case RunStep::kEvaluate:
    case RunStep::kUploadTags:
    case RunStep::kDecline:
    case RunStep::kErase:
      return RunAction::kCarryOut;
  }
  return RunAction::kNothing;
}

std::int64_t RetryDelayMs(std::uint32_t failures) {
  if (failures == 0) return 0;
  return std::min<std::int64_t>(30'000,
                                std::int64_t{500} << std::min<std::uint32_t>(failures - 1, 10));
}

}  // namespace raakvlak::node
