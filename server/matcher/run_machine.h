// The life of a run as a pure function: (status, event) to (status, what is to be done). Nothing
// here touches disk, clock or network; the caller journals the new status before it acts.
//
//   EVALUATING -> INTERSECTING -> CONFIRMING -> MATCHING -> REFERENCING -> DONE
//
// with PAIRING -> ENCODING between CONFIRMING and MATCHING where blocks are linked, and from each
// that has not ended to FAILED or CANCELLED, or back to EVALUATING with a new attempt of fewer
// agencies.
#ifndef RAAKVLAK_SERVER_MATCHER_RUN_MACHINE_H_
#define RAAKVLAK_SERVER_MATCHER_RUN_MACHINE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "linkage/match/overlap.h"

namespace raakvlak::matcher {

using linkage::AgencyMask;

// Values are those of v1::RunState and stand in the journal.
enum class Phase : std::uint8_t {
  kEvaluating = 1,
  kIntersecting = 2,
  kConfirming = 3,
  kMatching = 4,
  kReferencing = 5,
  kDone = 6,
  kFailed = 7,
  kCancelled = 8,
  kPairing = 9,
  kEncoding = 10,
};
// "EVALUATING" and so on.
std::string_view PhaseName(Phase phase);
bool HasEnded(Phase phase);
// True if `phase` comes before `other` in the life of a run; the values do not say so.
bool ComesBefore(Phase phase, Phase other);

// What the journal keeps of a run. Agencies and types are positions in the attempt's manifest.
struct RunStatus {
  Phase phase = Phase::kEvaluating;
  std::uint32_t attempt = 1;
  int agencies = 0;
  // For each type the agencies whose tags are in.
  std::vector<AgencyMask> tags_in;
  AgencyMask records_in = 0;
  AgencyMask encodings_in = 0;
  AgencyMask references_in = 0;
  // The manifest has block types: PAIRING and ENCODING are gone through.
  bool links_blocks = false;
  // Why, when FAILED or CANCELLED.
  std::string reason;
  // Nothing of the run's tags, records and pairs is on disk any more.
  bool erased = false;

  friend bool operator==(const RunStatus&, const RunStatus&) = default;
};

RunStatus NewRun(int agencies, std::size_t types, bool links_blocks);

// What of the partnership decides whether a smaller attempt may follow.
struct RunRules {
  // Members needed for an evaluation.
  int threshold = 2;
  bool allow_smaller_attempts = true;
};

struct TagsUploaded {
  int agency = 0;
  int type = 0;
};
struct RecordsUploaded {
  int agency = 0;
};
struct EncodingsUploaded {
  int agency = 0;
};
struct ReferencesReported {
  int agency = 0;
};
// The agency cannot or will not go on; or another one says so of it.
struct AgencyLost {
  int agency = 0;
  std::string reason;
};
struct Intersected {};
struct Paired {};
struct Matched {};
struct ReportBuilt {};
struct WorkFailed {
  std::string reason;
};
struct TimedOut {};
struct Cancelled {
  std::string reason;
};
struct Erased {};
using Event = std::variant<TagsUploaded, RecordsUploaded, EncodingsUploaded, ReferencesReported,
                           AgencyLost, Intersected, Paired, Matched, ReportBuilt, WorkFailed,
                           TimedOut, Cancelled, Erased>;

enum class Work : std::uint8_t { kIntersect, kPair, kMatch, kBuildReport, kErase };
std::string_view WorkName(Work work);

// What a run in this status waits for the matcher to do. A function of the status alone, so that a
// restart finds its work again.
std::optional<Work> PendingWork(const RunStatus& status);

struct Transition {
  RunStatus status;
  // Work that the old status did not ask for.
  std::optional<Work> work;
  // A new attempt begins, without the agency at this position of the old manifest.
  std::optional<int> dropped_agency;
  // Nodes and coordinators are to be told.
  bool announce = false;
};

// FailedPrecondition when the event has no place in this phase, AlreadyExists when it has been
// taken in before, InvalidArgument for an agency or type that is not in the run. The status is then
// as before.
absl::StatusOr<Transition> Apply(const RunStatus& status, const RunRules& rules,
                                 const Event& event);

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_RUN_MACHINE_H_
