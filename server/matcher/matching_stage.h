// The matching stage of a run: which records are one subject, by equal identifiers and, where
// blocks are linked, by likeness. Files of the run directory in, the file of pairs out; may be done
// again.
//
// - Records that agree exactly on an identifier are a match by that alone, as strong as the type.
// - Records that were compared are one subject where their score says so (linkage/score). Where
//   datasets are deduplicated each record is then in one match of two agencies only, and a checked
//   number comes first: a record that agrees on one is not matched to another by likeness.
// - A match by likeness that would join two groups of records whose members were judged different
// is
//   left out (the chain effect); where it stays, the report marks the group as chained.
#ifndef RAAKVLAK_SERVER_MATCHER_MATCHING_STAGE_H_
#define RAAKVLAK_SERVER_MATCHER_MATCHING_STAGE_H_

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/base/random.h"
#include "server/common/fs.h"
#include "server/matcher/run_directory.h"
#include "server/matcher/run_records.h"

namespace raakvlak::matcher {

struct MatchOutcome {
  std::uint64_t pairs = 0;
  // Shared values that too many records of one agency hold.
  std::uint64_t skipped_values = 0;
  // Matches by likeness that were left out because they chain what was judged different.
  std::uint64_t refused_chains = 0;
  // Positions of two agencies whose null models rest on too little, and who were judged more
  // carefully.
  std::vector<std::pair<int, int>> few_own_pairs;
};

// Matches the records, groups the matches and writes them in the order of their random ids, which
// tells neither side anything of the order in which the other has its records.
absl::StatusOr<MatchOutcome> MatchRecords(common::FileSystem& fs, const RunDirectory& directory,
                                          const StageContext& context,
                                          std::span<const UnconfirmedPair> unconfirmed,
                                          crypto::Random& random);

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_MATCHING_STAGE_H_
