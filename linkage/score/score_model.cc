// EM with a fixed null, household classes beside it.
#include "linkage/score/score_model.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace raakvlak::linkage {
namespace {

constexpr double kMatchPriorStrength = 50;
constexpr double kMatchPseudo = 1;
constexpr double kHouseholdPseudo = 0.5;
constexpr double kNullPseudo = 10;
constexpr int kMaxSteps = 200;
constexpr double kTolerance = 1e-5;
constexpr int kRounds = 4;
constexpr double kCautiousThreshold = 3;
// Where fewer of the pairs that are each other's best seem matches, the files are hardly related:
// what looks like a match may be what the null model misses, and there is little to learn m from.
constexpr double kFewMatches = 0.1;
constexpr LevelChances kHouseholdAgrees = {0.90, 0.04, 0.02, 0.01, 0.03};

bool LivesTogether(FieldKind kind) {
  return kind == FieldKind::kAddress || kind == FieldKind::kPhone || kind == FieldKind::kPostcode ||
         kind == FieldKind::kPlace;
}

// People at one address, with one surname or with another, where it can be told from a town.
std::vector<MixtureClass> HouseholdClasses(const Profile& profile, const NullModel& null) {
  std::size_t shared = 0;
  for (const ComparedField& f : profile.fields) {
    shared += f.kind == FieldKind::kAddress || f.kind == FieldKind::kPhone ? 1 : 0;
  }
  if (shared == 0) return {};
  std::vector<MixtureClass> out;
  for (const bool surname : {true, false}) {
    out.push_back({0.02, HouseholdChances(profile, null, surname)});
  }
  return out;
}

}  // namespace

FieldChances HouseholdChances(const Profile& profile, const NullModel& null, bool one_surname) {
  FieldChances chances = null.independent;
  for (std::size_t f = 0; f < profile.fields.size(); ++f) {
    const FieldKind kind = profile.fields[f].kind;
    if (LivesTogether(kind) || (one_surname && kind == FieldKind::kSurname)) {
      chances[f] = kHouseholdAgrees;
    }
  }
  return chances;
}

double ProvisionalScore(const NullModel& null, const AgreementPattern& pattern) {
  double sum = 0;
  for (std::size_t f = 0; f < null.independent.size(); ++f) {
    if (pattern[f] >= kLevels) continue;
    sum += std::log(kMatchPrior[pattern[f]] / null.independent[f][pattern[f]]);
  }
  return sum;
}

double MatchProbability(double score) { return 1 / (1 + std::exp(-score)); }

std::vector<std::size_t> MutualBest(const std::vector<CandidatePair>& pairs) {
  std::unordered_map<std::uint32_t, std::size_t> best_a;
  std::unordered_map<std::uint32_t, std::size_t> best_b;
  const auto offer = [&](auto& best, std::uint32_t record, std::size_t i) {
    const auto [it, fresh] = best.try_emplace(record, i);
    if (!fresh && pairs[i].score > pairs[it->second].score) it->second = i;
  };
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    offer(best_a, pairs[i].a, i);
    offer(best_b, pairs[i].b, i);
  }
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (best_a[pairs[i].a] == i && best_b[pairs[i].b] == i) out.push_back(i);
  }
  return out;
}

double ScoreModel::Score(const AgreementPattern& pattern) const {
  const double matched = std::log(match_share) + LogChance(match, pattern);
  std::vector<double> others;
  others.push_back(std::log(null_share) + LogNull(null, pattern));
  for (const MixtureClass& c : households) {
    others.push_back(std::log(c.weight) + LogChance(c.chances, pattern));
  }
  return matched - LogSum(others);
}

ScoreModel FitScoreModel(const Profile& profile, const NullModel& null,
                         std::vector<CandidatePair>* pairs) {
  const std::size_t fields = profile.fields.size();
  ScoreModel model;
  model.null = null;
  const FieldChances prior(fields, kMatchPrior);
  model.match = prior;
  model.households = HouseholdClasses(profile, null);
  model.few_own_pairs = null.block_pairs < kFewBlockPairs;
  for (CandidatePair& p : *pairs) p.score = ProvisionalScore(null, p.pattern);
  for (int round = 0; round < kRounds; ++round) {
    std::vector<AgreementPattern> best;
    for (std::size_t i : MutualBest(*pairs)) best.push_back((*pairs)[i].pattern);
    const std::vector<CountedPattern> patterns = CountPatterns(best);
    const std::size_t classes = 2 + model.households.size();
    std::vector<std::vector<double>> fixed(patterns.size(), std::vector<double>(classes));
    double total = 0;
    for (std::size_t i = 0; i < patterns.size(); ++i) {
      fixed[i][1] = LogMixture(null.classes, patterns[i].pattern);
      for (std::size_t h = 0; h < model.households.size(); ++h) {
        fixed[i][2 + h] = LogChance(model.households[h].chances, patterns[i].pattern);
      }
      total += patterns[i].count;
    }
    std::vector<CountedPattern> matched = patterns;
    double last = -1e300;
    for (model.steps = 0; model.steps < kMaxSteps; ++model.steps) {
      std::vector<double> pseudo(classes, kHouseholdPseudo);
      pseudo[0] = kMatchPseudo;
      pseudo[1] = kNullPseudo;
      std::vector<double> counts = pseudo;
      std::vector<double> terms(classes);
      double likelihood = 0;
      for (std::size_t i = 0; i < patterns.size(); ++i) {
        terms[0] = std::log(model.match_share) + LogChance(model.match, patterns[i].pattern);
        terms[1] = std::log(model.null_share) + fixed[i][1];
        for (std::size_t h = 0; h < model.households.size(); ++h) {
          terms[2 + h] = std::log(model.households[h].weight) + fixed[i][2 + h];
        }
        const double all = LogSum(terms);
        likelihood += patterns[i].count * all;
        for (std::size_t c = 0; c < classes; ++c) {
          counts[c] += patterns[i].count * std::exp(terms[c] - all);
        }
        matched[i].count = patterns[i].count * std::exp(terms[0] - all);
      }
      double all_pseudo = 0;
      for (double p : pseudo) all_pseudo += p;
      model.match_share = counts[0] / (total + all_pseudo);
      model.null_share = counts[1] / (total + all_pseudo);
      for (std::size_t h = 0; h < model.households.size(); ++h) {
        model.households[h].weight = counts[2 + h] / (total + all_pseudo);
      }
      model.match = EstimateChances(profile, matched, prior, kMatchPriorStrength);
      if (patterns.empty() || likelihood - last < kTolerance * std::abs(likelihood)) break;
      last = likelihood;
    }
    for (CandidatePair& p : *pairs) p.score = model.Score(p.pattern);
  }
  const bool cautious = model.few_own_pairs || model.match_share < kFewMatches;
  model.threshold = cautious ? kCautiousThreshold : 0;
  return model;
}

}  // namespace raakvlak::linkage
