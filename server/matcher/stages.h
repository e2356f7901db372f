// The matcher's own work in a run: intersecting tag sets, pairing records, joining references.
// Files of the run directory in, files or values out; nothing is journaled here, and each stage may
// be done again from its start.
#ifndef RAAKVLAK_SERVER_MATCHER_STAGES_H_
#define RAAKVLAK_SERVER_MATCHER_STAGES_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/base/random.h"
#include "linkage/types/identifier_type.h"
#include "server/common/fs.h"
#include "server/matcher/report.h"
#include "server/matcher/run_directory.h"

namespace raakvlak::matcher {

// What the stages know of the attempt. Names for messages; positions are those of the manifest.
struct StageContext {
  std::vector<std::string> agencies;
  std::vector<std::string> type_names;
  std::vector<linkage::IdentifierType> types;
  // For each type.
  std::vector<std::uint32_t> max_records_per_value;
  // 0 for none.
  std::uint64_t overlap_ceiling = 0;
};

// Merges the tag sets of each type and writes the shared tags of each two agencies. Memory: one
// buffer a file. FailedPrecondition when a pair shares more than the ceiling: then nobody is
// answered.
absl::Status IntersectTags(common::FileSystem& fs, const RunDirectory& directory,
                           const StageContext& context);

// Two agencies one of which could not confirm a type.
struct UnconfirmedPair {
  int first = 0;
  int second = 0;
  int type = 0;
};

struct MatchOutcome {
  std::uint64_t pairs = 0;
  std::uint64_t skipped_values = 0;
};

// Pairs the records, groups the pairs and writes them in the order of their random ids, which tells
// neither side anything of the order in which the other has its records.
absl::StatusOr<MatchOutcome> MatchRecords(common::FileSystem& fs, const RunDirectory& directory,
                                          const StageContext& context,
                                          std::span<const UnconfirmedPair> unconfirmed,
                                          crypto::Random& random);

struct JoinedReferences {
  // Pairs that both sides accepted with the same reference.
  std::vector<AgreedMatch> matches;
  // Positions of agencies with pairs that were left out, each pair once, in order.
  std::vector<std::pair<int, int>> disputed;
};

// Joins the pairs with what both sides reported on them.
absl::StatusOr<JoinedReferences> JoinReferences(common::FileSystem& fs,
                                                const RunDirectory& directory, int agencies);

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_STAGES_H_
