// The report as it is kept and sent: v1::ReportChunk messages.
#ifndef RAAKVLAK_SERVER_MATCHER_REPORT_WIRE_H_
#define RAAKVLAK_SERVER_MATCHER_REPORT_WIRE_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "authority/manifest.h"
#include "authority/purpose.h"
#include "authority/roster.h"
#include "raakvlak/v1/common.pb.h"
#include "raakvlak/v1/coordination.pb.h"
#include "server/matcher/report.h"
#include "server/matcher/run_journal.h"

namespace raakvlak::matcher {

v1::MatchStrength ToWire(linkage::Strength strength);
// Of linkage/score/levels.h.
v1::AgreementLevel LevelToWire(std::uint8_t level);

// What a report says beside matches and counts.
struct ReportNotes {
  std::vector<std::string> warnings;
  // Where blocks are linked: for each agency of the run.
  std::vector<StoredExposure> exposure;
  // Matches left out because a steward judged them none.
  std::uint64_t dismissed = 0;
};

// The first chunk holds the header without its run (which the reader fills in, since the run is not
// DONE yet when the report is made); each further one at most 4,096 matches. `seen` gives the times
// of a reference.
absl::StatusOr<std::vector<std::string>> SerialiseReport(
    const Report& report, const authority::Roster& roster, const authority::Purpose& purpose,
    const authority::Manifest& manifest, const ReportNotes& notes,
    const std::function<absl::StatusOr<SeenTimes>(std::string_view)>& seen);

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_REPORT_WIRE_H_
