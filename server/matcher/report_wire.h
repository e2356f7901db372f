// The report as it is kept and sent: v1::ReportChunk messages.
#ifndef RAAKVLAK_SERVER_MATCHER_REPORT_WIRE_H_
#define RAAKVLAK_SERVER_MATCHER_REPORT_WIRE_H_

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "authority/manifest.h"
#include "authority/purpose.h"
#include "authority/roster.h"
#include "raakvlak/v1/authority.pb.h"
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
};

// The first chunk, with the header but for its run (which the reader fills in, since the run is not
// DONE yet when the report is made).
std::string SerialiseReportHeader(const Report& report, const authority::Roster& roster,
                                  const authority::Purpose& purpose,
                                  const authority::Manifest& manifest, const ReportNotes& notes);

// The further chunks: at most 4,096 matches each, and at most a frame (framed_file.h). Not
// thread-safe.
class ReportChunks {
 public:
  // `sink` gets each chunk, serialised; its error is that of what made it.
  ReportChunks(const v1::ComparisonProfile& profile, const v1::RunManifest& manifest,
               std::function<absl::Status(const std::string&)> sink)
      : profile_(profile), manifest_(manifest), sink_(std::move(sink)) {}

  absl::Status Add(const Report::Match& match, const SeenTimes& seen);
  // Gives the last chunk.
  absl::Status Finish();

 private:
  absl::Status Send();

  const v1::ComparisonProfile& profile_;
  const v1::RunManifest& manifest_;
  const std::function<absl::Status(const std::string&)> sink_;
  v1::ReportChunk chunk_;
  std::size_t bytes_ = 0;
};

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_REPORT_WIRE_H_
