// Fitting and combining models of chance agreement.
#include "linkage/score/null_model.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace raakvlak::linkage {
namespace {

constexpr std::size_t kMaxClasses = 8;
constexpr int kMaxSteps = 200;
constexpr double kTolerance = 1e-5;
// Strength of the prior of each class, in pairs.
constexpr double kClassPrior = 10;
constexpr double kPairsPerClass = 25;
// Before anything is seen: fields of strangers differ.
constexpr LevelChances kStrangers = {0.05, 0.02, 0.04, 0.09, 0.80};

// Which fields agree (levels 0 to 2): pairs of one signature start in one class.
std::uint32_t Signature(const AgreementPattern& pattern) {
  std::uint32_t mask = 0;
  for (std::size_t f = 0; f < pattern.size(); ++f) {
    if (pattern[f] <= 2) mask |= 1u << f;
  }
  return mask;
}

}  // namespace

double LogSum(const std::vector<double>& terms) {
  const double top = *std::max_element(terms.begin(), terms.end());
  double sum = 0;
  for (double t : terms) sum += std::exp(t - top);
  return top + std::log(sum);
}

double LogChance(const FieldChances& chances, const AgreementPattern& pattern) {
  double sum = 0;
  for (std::size_t f = 0; f < chances.size(); ++f) {
    if (pattern[f] < kLevels) sum += std::log(chances[f][pattern[f]]);
  }
  return sum;
}

double LogMixture(const std::vector<MixtureClass>& classes, const AgreementPattern& pattern) {
  std::vector<double> terms;
  terms.reserve(classes.size());
  for (const MixtureClass& c : classes) {
    terms.push_back(std::log(c.weight) + LogChance(c.chances, pattern));
  }
  return LogSum(terms);
}

double LogNull(const NullModel& model, const AgreementPattern& pattern) {
  const double apart =
      std::min(0.0, LogChance(model.independent, pattern) - std::log(model.block_chance));
  return (LogMixture(model.classes, pattern) + apart) / 2;
}

FieldChances EstimateChances(const Profile& profile, const std::vector<CountedPattern>& patterns,
                             const FieldChances& prior, double strength) {
  FieldChances out = prior;
  for (std::size_t f = 0; f < profile.fields.size(); ++f) {
    double total = strength;
    for (double& p : out[f]) p *= strength;
    for (const CountedPattern& p : patterns) {
      if (p.pattern[f] >= kLevels) continue;
      out[f][p.pattern[f]] += p.count;
      total += p.count;
    }
    for (double& p : out[f]) p /= total;
  }
  return out;
}

std::vector<CountedPattern> CountPatterns(const std::vector<AgreementPattern>& patterns) {
  std::map<AgreementPattern, double> counts;
  for (const AgreementPattern& p : patterns) counts[p] += 1;
  std::vector<CountedPattern> out;
  out.reserve(counts.size());
  for (const auto& [pattern, count] : counts) out.push_back({pattern, count});
  std::stable_sort(out.begin(), out.end(), [](const CountedPattern& a, const CountedPattern& b) {
    return a.count > b.count;
  });
  return out;
}

bool SureDuplicate(const Profile& profile, const AgreementPattern& pattern) {
  std::size_t close = 0;
  for (std::size_t f = 0; f < profile.fields.size(); ++f) {
    if (pattern[f] == kMissingLevel) continue;
    if (pattern[f] > 2) return false;
    close += pattern[f] <= 1 ? 1 : 0;
  }
  return close >= 3;
}

NullModel FitNullModel(const Profile& profile, const std::vector<AgreementPattern>& random_pairs,
                       const std::vector<AgreementPattern>& block_pairs, double block_chance) {
  const std::size_t fields = profile.fields.size();
  NullModel model;
  model.random_pairs = random_pairs.size();
  model.block_chance = std::clamp(block_chance, 1e-15, 1.0);
  model.independent =
      EstimateChances(profile, CountPatterns(random_pairs), FieldChances(fields, kStrangers), 5);
  std::vector<AgreementPattern> strangers;
  for (const AgreementPattern& p : block_pairs) {
    if (!SureDuplicate(profile, p)) strangers.push_back(p);
  }
  model.block_pairs = strangers.size();
  const std::vector<CountedPattern> patterns = CountPatterns(strangers);
  // The prior of every class: half chance agreement, half what block pairs look like on the whole.
  const FieldChances overall = EstimateChances(profile, patterns, model.independent, 5);
  FieldChances prior = overall;
  for (std::size_t f = 0; f < fields; ++f) {
    for (std::size_t l = 0; l < kLevels; ++l) {
      prior[f][l] = (overall[f][l] + model.independent[f][l]) / 2;
    }
  }
  std::map<std::uint32_t, double> signatures;
  for (const CountedPattern& p : patterns) signatures[Signature(p.pattern)] += p.count;
  std::vector<std::pair<double, std::uint32_t>> ranked;
  ranked.reserve(signatures.size());
  for (const auto& [mask, count] : signatures) ranked.emplace_back(-count, mask);
  std::sort(ranked.begin(), ranked.end());
  const std::size_t classes = std::clamp<std::size_t>(
      static_cast<std::size_t>(static_cast<double>(strangers.size()) / kPairsPerClass), 1,
      std::min(kMaxClasses, std::max<std::size_t>(ranked.size(), 1)));
  for (std::size_t c = 0; c < classes; ++c) {
    MixtureClass cls;
    cls.weight = 1.0 / static_cast<double>(classes);
    std::vector<CountedPattern> own;
    for (const CountedPattern& p : patterns) {
      if (classes == 1 || Signature(p.pattern) == ranked[c].second) own.push_back(p);
    }
    cls.chances = EstimateChances(profile, own, prior, kClassPrior);
    model.classes.push_back(std::move(cls));
  }
  double last = -1e300;
  std::vector<std::vector<CountedPattern>> shares(classes, patterns);
  for (int step = 0; step < kMaxSteps && !patterns.empty(); ++step) {
    double likelihood = 0;
    double total = 0;
    std::vector<double> terms(classes);
    std::vector<double> weights(classes, 1.0);
    for (std::size_t i = 0; i < patterns.size(); ++i) {
      for (std::size_t c = 0; c < classes; ++c) {
        terms[c] = std::log(model.classes[c].weight) +
                   LogChance(model.classes[c].chances, patterns[i].pattern);
      }
      const double all = LogSum(terms);
      likelihood += patterns[i].count * all;
      total += patterns[i].count;
      for (std::size_t c = 0; c < classes; ++c) {
        shares[c][i].count = patterns[i].count * std::exp(terms[c] - all);
        weights[c] += shares[c][i].count;
      }
    }
    for (std::size_t c = 0; c < classes; ++c) {
      model.classes[c].weight = weights[c] / (total + static_cast<double>(classes));
      model.classes[c].chances = EstimateChances(profile, shares[c], prior, kClassPrior);
    }
    if (likelihood - last < kTolerance * std::abs(likelihood)) break;
    last = likelihood;
  }
  return model;
}

NullModel CombineNullModels(const Profile& profile, const std::vector<NullModel>& models) {
  NullModel out;
  const std::size_t fields = profile.fields.size();
  double random_total = 0;
  double block_total = 0;
  for (const NullModel& m : models) {
    random_total += static_cast<double>(m.random_pairs) + 1;
    block_total += static_cast<double>(m.block_pairs) + 1;
  }
  out.independent.assign(fields, LevelChances{});
  out.block_chance = 0;
  for (const NullModel& m : models) {
    out.block_chance += m.block_chance / static_cast<double>(models.size());
  }
  for (const NullModel& m : models) {
    const double share = (static_cast<double>(m.random_pairs) + 1) / random_total;
    for (std::size_t f = 0; f < fields; ++f) {
      for (std::size_t l = 0; l < kLevels; ++l) {
        out.independent[f][l] += share * m.independent[f][l];
      }
    }
    for (MixtureClass c : m.classes) {
      c.weight *= (static_cast<double>(m.block_pairs) + 1) / block_total;
      out.classes.push_back(std::move(c));
    }
    out.random_pairs += m.random_pairs;
    out.block_pairs += m.block_pairs;
  }
  return out;
}

}  // namespace raakvlak::linkage
