// The whole of fuzzy linking over several files in one process: what nodes and matcher would each
// do, with a keyed hash in place of the threshold OPRF and no network.
#ifndef RAAKVLAK_BENCH_QUALITY_PIPELINE_H_
#define RAAKVLAK_BENCH_QUALITY_PIPELINE_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "linkage/fuzzy/blocks.h"
#include "linkage/fuzzy/planner.h"
#include "linkage/score/assign.h"
#include "linkage/score/profile.h"
#include "linkage/score/score_model.h"

namespace raakvlak::bench {

// One pair of agencies.
struct PairRun {
  std::size_t first = 0;
  std::size_t second = 0;
  std::vector<linkage::CandidatePair> candidates;  // scored
  std::vector<std::size_t> accepted;               // indices, best first
  linkage::ScoreModel model;
  // Per record: the counterpart's records it shares a block with, by candidate.
  std::uint64_t shared_blocks = 0;
  std::uint64_t encodings = 0;
  std::uint64_t encoded_bytes = 0;
};

struct Run {
  linkage::BlockingPlan plan;
  std::size_t planner = 0;  // the file that planned
  std::vector<linkage::BlockCounts> counts;
  std::vector<PairRun> pairs;
  std::vector<linkage::LinkGroup> groups;
  std::uint64_t evaluations = 0;  // distinct OPRF inputs
  std::uint64_t records = 0;
};

// Runs everything. Tables have the profile's columns.
Run Link(const linkage::Profile& profile, const std::vector<linkage::RecordTable>& tables,
         std::uint64_t seed);

}  // namespace raakvlak::bench

#endif  // RAAKVLAK_BENCH_QUALITY_PIPELINE_H_
