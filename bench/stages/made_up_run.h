// A run of made-up persons, as its files lie at the matcher: records with shared block tags, and
// encodings for the tasks that pairing asks for. Every value is a function of the seed, so nothing
// is kept in memory.
#ifndef RAAKVLAK_BENCH_STAGES_MADE_UP_RUN_H_
#define RAAKVLAK_BENCH_STAGES_MADE_UP_RUN_H_

#include <cstdint>

#include "absl/status/status.h"
#include "server/common/fs.h"
#include "server/matcher/run_directory.h"
#include "server/matcher/run_records.h"

namespace raakvlak::bench {

struct MadeUpRun {
  int agencies = 3;
  std::uint64_t records = 100'000;
  // Of an agency's records: persons whom all agencies have.
  double common = 0.6;
  // Share of the others that fall into a block of such a person all the same.
  double strays = 0.1;
  int keys = 16;
  // A planned key of a person that survives the damage to both records, and a field that does.
  double key_kept = 0.7;
  double field_kept = 0.85;
  std::uint64_t seed = 1;
};

// Agencies, block types and a profile of five fields.
matcher::StageContext ContextOf(const MadeUpRun& run);
absl::Status WriteRecords(common::FileSystem& fs, const matcher::RunDirectory& directory,
                          const MadeUpRun& run);
// After pairing.
absl::Status WriteEncodings(common::FileSystem& fs, const matcher::RunDirectory& directory,
                            const MadeUpRun& run);

}  // namespace raakvlak::bench

#endif  // RAAKVLAK_BENCH_STAGES_MADE_UP_RUN_H_
