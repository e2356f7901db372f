// Figures of a run.
#include "bench/quality/measure.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace raakvlak::bench {
namespace {

using linkage::CandidatePair;
constexpr std::uint64_t kEnoughUnmatched = 100;

struct Ratio {
  double precision = 0;
  double recall = 0;
};

struct Tally {
  std::uint64_t of = 0;
  std::uint64_t hits = 0;
  void Add(bool hit) {
    ++of;
    hits += hit ? 1 : 0;
  }
  double Share() const { return of == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(of); }
};

Ratio Rates(double right, double found, double total) {
  return {found > 0 ? right / found : (total > 0 ? 0.0 : 1.0), total > 0 ? right / total : 1.0};
}

}  // namespace

double F1(double precision, double recall) {
  return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0;
}

double BestF1(const std::vector<std::uint8_t>& right, double total) {
  double best = 0;
  double hits = 0;
  for (std::size_t i = 0; i < right.size(); ++i) {
    hits += right[i];
    const Ratio r = Rates(hits, static_cast<double>(i + 1), total);
    best = std::max(best, F1(r.precision, r.recall));
  }
  return best;
}

std::vector<PairFigures> Measure(const Run& run, const Truth& truth) {
  const std::size_t files = truth.size();
  std::vector<std::unordered_map<std::string, std::uint64_t>> entities(files);
  for (std::size_t f = 0; f < files; ++f) {
    for (const std::string& e : truth[f]) {
      if (!e.empty()) ++entities[f][e];
    }
  }
  const auto same = [&](std::size_t fa, std::uint32_t a, std::size_t fb, std::uint32_t b) {
    return !truth[fa][a].empty() && truth[fa][a] == truth[fb][b];
  };
  // Reported links by pair of files.
  std::map<std::pair<std::size_t, std::size_t>, std::pair<double, double>> grouped;
  for (const linkage::LinkGroup& g : run.groups) {
    for (std::size_t x = 0; x < g.members.size(); ++x) {
      for (std::size_t y = x + 1; y < g.members.size(); ++y) {
        if (g.members[x].agency == g.members[y].agency) continue;
        auto& [right, found] = grouped[{g.members[x].agency, g.members[y].agency}];
        found += 1;
        right +=
            same(g.members[x].agency, g.members[x].record, g.members[y].agency, g.members[y].record)
                ? 1
                : 0;
      }
    }
  }
  std::vector<PairFigures> out;
  for (const PairRun& pair : run.pairs) {
    PairFigures figures;
    figures.first = pair.first;
    figures.second = pair.second;
    figures.few_own_pairs = pair.model.few_own_pairs;
    const auto is_true = [&](const CandidatePair& c) {
      return same(pair.first, c.a, pair.second, c.b);
    };
    for (const auto& [entity, count] : entities[pair.first]) {
      const auto it = entities[pair.second].find(entity);
      if (it != entities[pair.second].end()) figures.true_pairs += count * it->second;
    }
    const auto total = static_cast<double>(figures.true_pairs);
    double right = 0;
    for (std::size_t i : pair.accepted) right += is_true(pair.candidates[i]) ? 1 : 0;
    const Ratio direct = Rates(right, static_cast<double>(pair.accepted.size()), total);
    figures.direct_precision = direct.precision;
    figures.direct_recall = direct.recall;
    figures.direct_f1 = F1(direct.precision, direct.recall);
    const auto& [group_right, group_found] = grouped[{pair.first, pair.second}];
    const Ratio reported = Rates(group_right, group_found, total);
    figures.precision = reported.precision;
    figures.recall = reported.recall;
    figures.f1 = F1(reported.precision, reported.recall);
    std::vector<std::uint8_t> ranked;
    for (std::size_t i : linkage::Assign(pair.candidates, -1e300, true)) {
      ranked.push_back(is_true(pair.candidates[i]) ? 1 : 0);
    }
    figures.f1_best = std::max(figures.f1, BestF1(ranked, total));
    figures.candidate_pairs = pair.candidates.size();
    std::unordered_set<std::uint32_t> met_a;
    std::unordered_set<std::uint32_t> met_b;
    double met_true = 0;
    for (const CandidatePair& c : pair.candidates) {
      if (is_true(c)) {
        met_true += 1;
      } else {
        met_a.insert(c.a);
        met_b.insert(c.b);
      }
    }
    figures.blocking_recall = total > 0 ? met_true / total : 1;
    Tally without;
    const auto tally = [&](std::size_t own, std::size_t other, const auto& met) {
      for (std::uint32_t r = 0; r < truth[own].size(); ++r) {
        if (!truth[own][r].empty() && entities[other].contains(truth[own][r])) continue;
        without.Add(met.contains(r));
      }
    };
    tally(pair.first, pair.second, met_a);
    tally(pair.second, pair.first, met_b);
    if (without.of < kEnoughUnmatched) {
      without = {truth[pair.first].size() + truth[pair.second].size(), met_a.size() + met_b.size()};
    }
    figures.exposed_share = without.Share();
    out.push_back(figures);
  }
  return out;
}

double ExposedToAny(const Run& run, const Truth& truth) {
  std::map<std::string, std::set<std::size_t>> files_of;
  std::vector<std::vector<std::uint8_t>> met(truth.size());
  for (std::size_t f = 0; f < truth.size(); ++f) {
    met[f].resize(truth[f].size());
    for (const std::string& e : truth[f]) files_of[e].insert(f);
  }
  for (const PairRun& pair : run.pairs) {
    for (const CandidatePair& c : pair.candidates) {
      const std::string& entity = truth[pair.first][c.a];
      if (!entity.empty() && entity == truth[pair.second][c.b]) continue;
      met[pair.first][c.a] = 1;
      met[pair.second][c.b] = 1;
    }
  }
  Tally all;
  Tally without;
  for (std::size_t f = 0; f < truth.size(); ++f) {
    for (std::size_t r = 0; r < truth[f].size(); ++r) {
      all.Add(met[f][r] != 0);
      const std::string& entity = truth[f][r];
      if (entity.empty() || files_of.at(entity).size() == 1) without.Add(met[f][r] != 0);
    }
  }
  return without.of < kEnoughUnmatched ? all.Share() : without.Share();
}

}  // namespace raakvlak::bench
