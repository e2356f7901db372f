// The node's side of one attempt of a run, as a pure state machine: (record, event) -> record, and
// what to do next is a function of the record alone. The driver journals each new record before it
// acts on it, so that a node killed anywhere goes on where it was. Every step is idempotent.
//
//   open -> evaluate -> upload tags -> (matcher: CONFIRMING) confirm -> upload records
//        -> (matcher: ENCODING, where blocks are linked) upload encodings
//        -> (matcher: REFERENCING) report references -> (matcher: DONE) erase -> ended
//   any step -> decline -> erase -> ended;   any step -> erase -> ended (matcher gave up, expiry)
#ifndef RAAKVLAK_SERVER_NODE_RUN_MACHINE_H_
#define RAAKVLAK_SERVER_NODE_RUN_MACHINE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace raakvlak::node {

enum class RunStep : std::uint8_t {
  kOpen = 1,          // agree with the other members on keys
  kEvaluate,          // read the dataset, evaluate what is new, derive run tags
  kUploadTags,        //
  kConfirm,           // fetch overlaps, compare with each counterpart
  kUploadRecords,     //
  kUploadEncodings,   // where blocks are linked: of the records that meet in them
  kReportReferences,  // fetch matches, check them, derive and report references
  kAwaitEnd,          // the matcher has all it needs
  kDecline,           // tell the matcher that this node takes no (further) part
  kErase,             // secrets and tags of the run
  kEnded,
};
// "open", "evaluate", "upload tags", ...; for logs, journals and people.
std::string_view RunStepName(RunStep step);

// Where the matcher says that the run is; the wire's RunState without the wire.
enum class MatcherPhase : std::uint8_t {
  kEvaluating = 1,
  kIntersecting,
  kConfirming,
  kPairing,
  kEncoding,
  kMatching,
  kReferencing,
  kDone,
  kFailed,
  kCancelled,
};
std::string_view MatcherPhaseName(MatcherPhase phase);

enum class RunOutcome : std::uint8_t { kOpen = 0, kFinished, kDeclined, kFailed, kCancelled };
std::string_view RunOutcomeName(RunOutcome outcome);

// What the journal keeps of an attempt.
struct RunRecord {
  std::string manifest_hash;  // HM, 64 bytes
  RunStep step = RunStep::kOpen;
  // The manifest has a blocking plan.
  bool links_blocks = false;
  MatcherPhase phase = MatcherPhase::kEvaluating;
  RunOutcome outcome = RunOutcome::kOpen;
  // Why it was declined or failed; for people, no secret. `blamed`: an agency, or "matcher".
  std::string reason;
  std::string blamed;
  // Failures of the present step in a row, and the last one's message.
  std::uint32_t failures = 0;
  std::string last_error;
  // Void after; Unix seconds.
  std::int64_t expires_at = 0;

  friend bool operator==(const RunRecord&, const RunRecord&) = default;
};

struct RunEvent {
  enum class Kind : std::uint8_t {
    kStepDone,     // the present step has been carried out
    kStepFailed,   // `error`; `blamed` if a party is to blame
    kMatcherSaid,  // `phase`, `reason`
    kClock,        // `now`
  };
  Kind kind = Kind::kClock;
  absl::Status error;
  std::string blamed;
  MatcherPhase phase = MatcherPhase::kEvaluating;
  std::string reason;
  std::int64_t now = 0;
  // The step that the event is about: one about a step that is over says nothing any more.
  RunStep step = RunStep::kOpen;

  static RunEvent StepDone(RunStep step);
  static RunEvent StepFailed(RunStep step, absl::Status error, std::string blamed = "");
  static RunEvent MatcherSaid(MatcherPhase phase, std::string reason = "");
  static RunEvent Clock(std::int64_t now);
};

// True for what passes by itself: a peer or the matcher is down, not ready or busy.
bool IsTransient(const absl::Status& error);

// The record after the event. Total: an event that means nothing in this state leaves it as it is.
RunRecord Apply(RunRecord record, const RunEvent& event);

enum class RunAction : std::uint8_t {
  kCarryOut,  // the present step
  kWait,      // for the matcher
  kNothing,   // the attempt has ended
};
RunAction NextAction(const RunRecord& record);

// How long to wait before the present step is tried again after `failures` failures in a row:
// half a second, doubling, at most 30; in milliseconds.
std::int64_t RetryDelayMs(std::uint32_t failures);

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_RUN_MACHINE_H_
