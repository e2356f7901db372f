// One identifier type of a run, from sorted values to the table of run tags: what the cache knows
// is taken from it, the rest is evaluated, everything is tagged. Memory is bounded.
#ifndef RAAKVLAK_SERVER_NODE_TAG_STEP_H_
#define RAAKVLAK_SERVER_NODE_TAG_STEP_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "absl/status/statusor.h"
#include "crypto/oprf/output_keys.h"
#include "server/common/external_sort.h"
#include "server/node/evaluation_pipeline.h"
#include "server/node/output_cache.h"
#include "server/node/run_files.h"

namespace raakvlak::node {

struct TagStepOptions {
  EvaluationOptions evaluation;
  // Outputs a segment of the cache: at most so many are paid for again after a kill.
  std::uint64_t segment_values = 262'144;
  // Memory for sorting the tags.
  std::size_t sort_memory_bytes = std::size_t{128} << 20;
};

struct TagStepResult {
  std::uint64_t distinct = 0;    // values in the dataset
  std::uint64_t evaluated = 0;   // of them, asked of the committee in this call
  std::uint64_t cached = 0;      // known before
  std::uint64_t tags = 0;        // in the table
  std::uint64_t too_common = 0;  // held by more records than the purpose lets; not uploaded
};

// Makes the type's tag table (tag_table.h) in `files`; at once if it is there already.
// `evaluation` comes without source and sink, which are this step's own.
absl::StatusOr<TagStepResult> MakeTagTable(std::unique_ptr<common::SortedReader> sorted_values,
                                           std::uint32_t max_records_per_value,
                                           EvaluationParameters evaluation,
                                           const crypto::RunTagger& tagger, OutputCache& cache,
                                           const RunFiles& files, const TagStepOptions& options,
                                           std::stop_token stop);

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_TAG_STEP_H_
