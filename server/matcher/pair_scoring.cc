// Files to patterns, patterns to scores.
#include "server/matcher/pair_scoring.h"

#include <string>
#include <utility>

#include "linkage/score/compare_encodings.h"
#include "server/common/null_model_wire.h"

namespace raakvlak::matcher {

absl::StatusOr<std::unique_ptr<PairScoring>> PairScoring::Open(common::FileSystem& fs,
                                                               const RunDirectory& directory,
                                                               const StageContext& context) {
  std::unique_ptr<PairScoring> scoring(new PairScoring(fs, directory, context));
  for (int agency = 0; agency < static_cast<int>(context.agencies.size()); ++agency) {
    std::string bytes;
    auto cursor = EncodingCursor::Open(fs, directory.Encodings(agency), &bytes);
    if (!cursor.ok()) return cursor.status();
    scoring->cursors_.push_back(*std::move(cursor));
    v1::NullModel message;
    if (!message.ParseFromString(bytes)) {
      return absl::DataLossError("a stored null model cannot be read");
    }
    absl::StatusOr<linkage::NullModel> model = common::NullModelFromWire(context.profile, message);
    if (!model.ok()) return absl::DataLossError("a stored null model does not fit the profile");
    scoring->null_models_.push_back(*std::move(model));
  }
  return scoring;
}

absl::StatusOr<ScoredCandidates> PairScoring::Score(int a, int b) {
  EncodingCursor& first = *cursors_[static_cast<std::size_t>(a)];
  EncodingCursor& second = *cursors_[static_cast<std::size_t>(b)];
  ScoredCandidates scored;
  std::uint32_t block = 0;
  absl::Status status = ForEachStored<StoredCandidate>(
      fs_, directory_.Candidates(a, b), kCandidatesMagic,
      [&](const StoredCandidate& candidate) -> absl::Status {
        if (candidate.block != block) {
          block = candidate.block;
          first.Forget();
          second.Forget();
        }
        absl::StatusOr<std::string_view> x = first.At(candidate.first_task);
        if (!x.ok()) return x.status();
        absl::StatusOr<std::string_view> y = second.At(candidate.second_task);
        if (!y.ok()) return y.status();
        linkage::CandidatePair pair;
        pair.a = candidate.first_record;
        pair.b = candidate.second_record;
        if (!linkage::CompareEncodings(context_.profile, *x, *y, &pair.pattern)) {
          return absl::DataLossError("a stored encoding has a wrong size");
        }
        scored.pairs.push_back(pair);
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  first.Forget();
  second.Forget();
  const linkage::NullModel null = linkage::CombineNullModels(
      context_.profile,
      {null_models_[static_cast<std::size_t>(a)], null_models_[static_cast<std::size_t>(b)]});
  const linkage::ScoreModel model = linkage::FitScoreModel(context_.profile, null, &scored.pairs);
  for (linkage::CandidatePair& pair : scored.pairs) pair.score -= model.threshold;
  scored.few_own_pairs = model.few_own_pairs && !scored.pairs.empty();
  return scored;
}

absl::Status PairScoring::Finish() {
  for (auto& cursor : cursors_) {
    if (absl::Status s = cursor->Finish(); !s.ok()) return s;
  }
  return absl::OkStatus();
}

}  // namespace raakvlak::matcher
