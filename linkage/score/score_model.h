// Scoring candidate pairs: the log odds that two records are one subject, learnt without labels.
//
// EM over mutual-best candidate pairs with the null models of the nodes held fixed. Deterministic.
// Linear in the number of candidates.
#ifndef RAAKVLAK_LINKAGE_SCORE_SCORE_MODEL_H_
#define RAAKVLAK_LINKAGE_SCORE_SCORE_MODEL_H_

#include <cstdint>
#include <vector>

#include "linkage/score/levels.h"
#include "linkage/score/null_model.h"
#include "linkage/score/profile.h"

namespace raakvlak::linkage {

struct CandidatePair {
  std::uint32_t a = 0;  // record (or handle) of the first agency
  std::uint32_t b = 0;  // of the second
  AgreementPattern pattern = EmptyPattern();
  double score = 0;  // natural log odds for one subject; above the threshold: a match
};

struct ScoreModel {
  FieldChances match;  // m: how one subject's records agree
  NullModel null;
  std::vector<MixtureClass> households;  // weights are shares of all mutual-best pairs
  double match_share = 0.5;
  double null_share = 0.5;
  // Scores below are no match. Above 0 where too few own pairs are known to trust the null model,
  // or hardly any pair seems a match.
  double threshold = 0;
  bool few_own_pairs = false;
  int steps = 0;  // EM steps of the last round

  double Score(const AgreementPattern& pattern) const;
};

// Before any data: how fields of one subject agree.
inline constexpr LevelChances kMatchPrior = {0.72, 0.12, 0.06, 0.04, 0.06};

// How different people at one address agree, with one surname or with another.
FieldChances HouseholdChances(const Profile& profile, const NullModel& null, bool one_surname);

// Log odds from prior agreement chances and random agreement alone; ranks pairs in the first round.
double ProvisionalScore(const NullModel& null, const AgreementPattern& pattern);

// Indices of pairs that are each other's best by score (ties: the earlier pair).
std::vector<std::size_t> MutualBest(const std::vector<CandidatePair>& pairs);

// Fits the model and writes the score of every pair.
ScoreModel FitScoreModel(const Profile& profile, const NullModel& null,
                         std::vector<CandidatePair>* pairs);

// The chance that goes with log odds.
double MatchProbability(double score);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_SCORE_SCORE_MODEL_H_
