// The whole of fuzzy linking over several files in one process: what nodes and matcher would each
// do, with a keyed hash in place of the threshold OPRF and no network.
#ifndef RAAKVLAK_BENCH_QUALITY_PIPELINE_H_
#define RAAKVLAK_BENCH_QUALITY_PIPELINE_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "linkage/fuzzy/blocks.h"
#include "linkage/fuzzy/encoder.h"
#include "linkage/fuzzy/planner.h"
#include "linkage/score/assign.h"
#include "linkage/score/candidates.h"
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
  // More candidates than a matcher takes: nothing was compared.
  bool too_many = false;
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

// What the matcher holds in the course of a run, as it comes by; for the attacks of bench/attacks.
// Records are named by row, which the matcher would know as a handle that says nothing.
class MatcherView {
 public:
  virtual ~MatcherView() = default;
  // The members of all blocks that two agencies share.
  virtual void Shared(std::size_t first, std::size_t second,
                      const std::vector<linkage::BlockMember>& a,
                      const std::vector<linkage::BlockMember>& b) = 0;
  // A candidate pair and its encodings.
  virtual void Compared(std::size_t first, std::size_t second, const linkage::BlockPair& pair,
                        std::string_view a, std::string_view b) = 0;
  // The key of a block's encodings, which the matcher has not: both agencies do, and one of them
  // may collude with it.
  virtual void Keyed(std::size_t first, std::size_t second, const linkage::BlockId& block,
                     const linkage::BlockKey& key) = 0;
};

// Runs everything. Tables have the profile's columns. `view` may be null.
Run Link(const linkage::Profile& profile, const std::vector<linkage::RecordTable>& tables,
         std::uint64_t seed, MatcherView* view = nullptr);

}  // namespace raakvlak::bench

#endif  // RAAKVLAK_BENCH_QUALITY_PIPELINE_H_
