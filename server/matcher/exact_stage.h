// Matching where no blocks are linked: records that hold the same value are one subject. Values and
// pairs go through bounded sorts; memory is 4 bytes a record, for the groups, and one value's
// holders.
#ifndef RAAKVLAK_SERVER_MATCHER_EXACT_STAGE_H_
#define RAAKVLAK_SERVER_MATCHER_EXACT_STAGE_H_

#include <cstdint>
#include <span>

#include "absl/status/statusor.h"
#include "crypto/base/random.h"
#include "server/common/fs.h"
#include "server/matcher/run_directory.h"
#include "server/matcher/run_records.h"

namespace raakvlak::matcher {

struct ExactOutcome {
  std::uint64_t pairs = 0;
  // Shared values that too many records of one agency hold; they count for nothing.
  std::uint64_t skipped_values = 0;
};

// Writes the file of pairs, as MatchRecords (matching_stage.h) says, for a run that links no
// blocks. May be done again.
absl::StatusOr<ExactOutcome> MatchExactly(common::FileSystem& fs, const RunDirectory& directory,
                                          const StageContext& context,
                                          std::span<const UnconfirmedPair> unconfirmed,
                                          crypto::Random& random);

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_EXACT_STAGE_H_
