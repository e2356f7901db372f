// How records of different subjects agree: what a node learns from its own file and sends to the
// matcher (parameters only, never pairs).
//
// Two models. `Independent`: each field by itself, from random pairs. `Mixture`: a latent-class
// mixture over pairs that meet in the planned blocks although they are different subjects, whose
// agreements hang together (families, namesakes, people born on one day). Deterministic. Sources:
// Fellegi and Sunter (1969); latent classes: Goodman (1974); EM: Dempster, Laird and Rubin (1977).
#ifndef RAAKVLAK_LINKAGE_SCORE_NULL_MODEL_H_
#define RAAKVLAK_LINKAGE_SCORE_NULL_MODEL_H_

#include <cstdint>
#include <vector>

#include "linkage/score/levels.h"
#include "linkage/score/profile.h"

namespace raakvlak::linkage {

struct MixtureClass {
  double weight = 0;
  FieldChances chances;
};

struct NullModel {
  FieldChances independent;
  std::uint64_t random_pairs = 0;
  std::vector<MixtureClass> classes;  // at most 8
  std::uint64_t block_pairs = 0;      // own pairs that the classes were fitted to
  // The chance that two records of different subjects share a block at all: what `independent` must
  // be conditioned on when it is asked about pairs that do.
  double block_chance = 1;
};

// Under this many own pairs the mixture is little more than its prior.
inline constexpr std::uint64_t kFewBlockPairs = 50;

// A pattern and how often it occurs.
struct CountedPattern {
  AgreementPattern pattern;
  double count = 0;
};

// Chances of each level from patterns; `prior` of strength `strength` is mixed in.
FieldChances EstimateChances(const Profile& profile, const std::vector<CountedPattern>& patterns,
                             const FieldChances& prior, double strength);

// Groups equal patterns, most frequent first, ties by pattern.
std::vector<CountedPattern> CountPatterns(const std::vector<AgreementPattern>& patterns);

// True for own pairs that are one subject entered twice, beyond doubt: no field differs, at least
// three agree closely. They are left out of a null model.
bool SureDuplicate(const Profile& profile, const AgreementPattern& pattern);

// Fits the model to own random pairs and own pairs from the blocks; `block_chance` as above.
NullModel FitNullModel(const Profile& profile, const std::vector<AgreementPattern>& random_pairs,
                       const std::vector<AgreementPattern>& block_pairs, double block_chance);

// One model for two (or more) nodes, weighted by what each is based on.
NullModel CombineNullModels(const Profile& profile, const std::vector<NullModel>& models);

// Natural logarithms of the chance of a pattern. Missing fields say nothing.
double LogChance(const FieldChances& chances, const AgreementPattern& pattern);
double LogMixture(const std::vector<MixtureClass>& classes, const AgreementPattern& pattern);

// Log chance of a pattern among strangers that share a block: the geometric mean of mixture and
// conditioned independence. The first knows what hangs together but was fitted to few pairs, the
// second knows every level but believes that fields are independent.
double LogNull(const NullModel& model, const AgreementPattern& pattern);

// log(sum of exp), safe for very small terms.
double LogSum(const std::vector<double>& terms);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_SCORE_NULL_MODEL_H_
