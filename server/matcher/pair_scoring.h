// Comparing and scoring the candidate pairs of a run, two agencies after two agencies, from the
// files of the run directory. Memory: 56 bytes a pair of the two agencies, and the encodings of one
// block.
#ifndef RAAKVLAK_SERVER_MATCHER_PAIR_SCORING_H_
#define RAAKVLAK_SERVER_MATCHER_PAIR_SCORING_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "linkage/score/null_model.h"
#include "linkage/score/score_model.h"
#include "server/common/fs.h"
#include "server/matcher/encoding_cursor.h"
#include "server/matcher/run_directory.h"
#include "server/matcher/run_records.h"

namespace raakvlak::matcher {

struct ScoredCandidates {
  // Of two agencies; a and b are positions among all records of the run; a score of 0 and more is a
  // match.
  std::vector<linkage::CandidatePair> pairs;
  // Too few own pairs at the two agencies to trust their null models: judged more carefully.
  bool few_own_pairs = false;
};

class PairScoring {
 public:
  static absl::StatusOr<std::unique_ptr<PairScoring>> Open(common::FileSystem& fs,
                                                           const RunDirectory& directory,
                                                           const StageContext& context);

  // To be called for every a < b, in lexicographic order: the encodings are read once, in theirs.
  absl::StatusOr<ScoredCandidates> Score(int a, int b);
  // After the last: DataLoss when there are encodings left or a digest does not fit.
  absl::Status Finish();

 private:
  PairScoring(common::FileSystem& fs, const RunDirectory& directory, const StageContext& context)
      : fs_(fs), directory_(directory), context_(context) {}

  common::FileSystem& fs_;
  const RunDirectory& directory_;
  const StageContext& context_;
  // For each agency.
  std::vector<std::unique_ptr<EncodingCursor>> cursors_;
  std::vector<linkage::NullModel> null_models_;
};

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_PAIR_SCORING_H_
