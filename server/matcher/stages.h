// The first and the last of the matcher's own work in a run: intersecting tag sets, joining
// references (between them: pairing_stage.h, matching_stage.h). Files of the run directory in,
// files or values out; nothing is journaled here, and each stage may be done again from its start.
#ifndef RAAKVLAK_SERVER_MATCHER_STAGES_H_
#define RAAKVLAK_SERVER_MATCHER_STAGES_H_

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/common/fs.h"
#include "server/matcher/report.h"
#include "server/matcher/run_directory.h"
#include "server/matcher/run_records.h"

namespace raakvlak::matcher {

// Merges the tag sets of each type and writes the shared tags of each two agencies. Memory: one
// buffer a file. FailedPrecondition when a pair shares more than the ceiling: then nobody is
// answered.
absl::Status IntersectTags(common::FileSystem& fs, const RunDirectory& directory,
                           const StageContext& context);

struct JoinedReferences {
  // For each agency.
  std::vector<StoredExposure> exposure;
  // Positions of agencies with pairs that were left out, each pair once, in order.
  std::vector<std::pair<int, int>> disputed;
};

// Joins the pairs with what both sides reported on them and visits those that both accepted with
// the same reference, in order of pair id; an error of `visit` ends it. Memory: a buffer a file.
absl::StatusOr<JoinedReferences> JoinReferences(
    common::FileSystem& fs, const RunDirectory& directory, int agencies,
    const std::function<absl::Status(const AgreedMatch&)>& visit);

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_STAGES_H_
