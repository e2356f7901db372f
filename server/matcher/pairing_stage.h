// The pairing stage of a run that links blocks: which records meet in which block, and what each
// agency is asked to encode. Files of the run directory in, files out; may be done again.
#ifndef RAAKVLAK_SERVER_MATCHER_PAIRING_STAGE_H_
#define RAAKVLAK_SERVER_MATCHER_PAIRING_STAGE_H_

#include <cstdint>
#include <span>

#include "absl/status/statusor.h"
#include "server/common/fs.h"
#include "server/matcher/run_directory.h"
#include "server/matcher/run_records.h"

namespace raakvlak::matcher {

struct PairingOutcome {
  // Shared blocks over the cap, and pairs over the limit a record: not compared.
  std::uint64_t skipped_blocks = 0;
  std::uint64_t skipped_pairs = 0;
};

struct PairingCaps {
  std::uint32_t max_pairs_per_record = 100;
  // Of two agencies.
  std::uint64_t max_pairs = 20'000'000;
};

// Writes the candidates of each two agencies and each agency's tasks, in order of counterpart,
// type, tag and handle. ResourceExhausted, naming the two agencies, for more candidates than the
// cap.
absl::StatusOr<PairingOutcome> PairBlocks(common::FileSystem& fs, const RunDirectory& directory,
                                          const StageContext& context,
                                          std::span<const UnconfirmedPair> unconfirmed,
                                          const PairingCaps& caps);

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_PAIRING_STAGE_H_
