// Attacks that need nothing but the matcher's own view: by frequency, and by graph matching.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "bench/attacks/attacks.h"
#include "bench/attacks/surname_view.h"

namespace raakvlak::bench {
namespace {

// Below, two names are alike by chance and the edge says nothing.
constexpr int kLeastStep = 8;
// Public names that the graph is laid over: pairs of them are looked at one by one.
constexpr std::size_t kGraphNames = 4'000;

// Public names and which of them are how alike.
class NameGraph {
 public:
  explicit NameGraph(const PublicNames& names) : shares_(names.shares) {
    const std::size_t n = std::min(kGraphNames, names.names.size());
    alike_.resize(n);
    // Names that have a bigram in common, by way of an index of bigrams.
    std::unordered_map<std::string, std::vector<std::uint32_t>> index;
    std::vector<std::size_t> grams(n);
    std::map<std::uint32_t, std::size_t> common;
    for (std::size_t i = 0; i < n; ++i) {
      common.clear();
      const std::vector<std::string> own = PaddedBigrams(names.names[i]);
      grams[i] = own.size();
      for (const std::string& gram : own) {
        std::vector<std::uint32_t>& bearers = index[gram];
        for (const std::uint32_t j : bearers) ++common[j];
        bearers.push_back(static_cast<std::uint32_t>(i));
      }
      for (const auto& [j, shared] : common) {
        const int step =
            static_cast<int>(std::lround(kSteps * static_cast<double>(shared) /
                                         static_cast<double>(std::max(own.size(), grams[j]))));
        if (step < kLeastStep) continue;
        alike_[i].push_back({j, step});
        alike_[j].push_back({static_cast<std::uint32_t>(i), step});
        const double chance = shares_[i] * shares_[j];
        auto& best = best_[static_cast<std::size_t>(step)];
        if (chance > best.chance) best = {chance, j, static_cast<std::uint32_t>(i)};
      }
    }
  }
  // The likeliest two names that are just so alike, within a step; the more frequent first.
  // False if there are none.
  bool LikeliestPair(int step, std::uint32_t* x, std::uint32_t* y) const {
    Best best;
    for (int s = std::max(kLeastStep, step - 1); s <= std::min(kSteps, step + 1); ++s) {
      if (best_[static_cast<std::size_t>(s)].chance > best.chance) {
        best = best_[static_cast<std::size_t>(s)];
      }
    }
    *x = best.x;
    *y = best.y;
    return best.chance > 0;
  }
  // The likeliest name that is just so alike to `known`.
  bool LikeliestNeighbour(std::uint32_t known, int step, std::uint32_t* out) const {
    double best = 0;
    for (const auto& [name, alike] : alike_[known]) {
      if (std::abs(alike - step) > 1 || shares_[name] <= best) continue;
      best = shares_[name];
      *out = name;
    }
    return best > 0;
  }

 private:
  struct Best {
    double chance = 0;
    std::uint32_t x = 0;  // more frequent
    std::uint32_t y = 0;
  };
  const std::vector<double>& shares_;
  std::vector<std::vector<std::pair<std::uint32_t, int>>> alike_;
  std::array<Best, kSteps + 1> best_{};
};

}  // namespace

std::vector<std::vector<Handle>> SurnameClusters(const Capture& capture) {
  return MakeClusters(capture).members;
}

Guesses FrequencyAttack(const Capture& capture, const PublicNames& surnames) {
  Guesses out;
  const Clusters clusters = MakeClusters(capture);
  for (std::size_t c = 0; c < clusters.members.size() && c < surnames.names.size(); ++c) {
    for (const Handle& h : clusters.members[c]) out[h] = surnames.names[c];
  }
  return out;
}

Guesses BlindGuess(const Capture& capture, const PublicNames& surnames) {
  Guesses out;
  for (const Handle& h : EncodedRecords(capture)) out[h] = surnames.names.front();
  return out;
}

Guesses GraphAttack(const Capture& capture, const PublicNames& surnames) {
  const Clusters clusters = MakeClusters(capture);
  struct Edge {
    std::size_t x = 0;  // the larger cluster
    std::size_t y = 0;
    int step = 0;
  };
  std::vector<Edge> edges;
  std::vector<std::vector<std::size_t>> touching(clusters.members.size());
  for (const CapturedPair& p : capture.pairs) {
    const int step = Alike(capture, p);
    if (step < kLeastStep || step == kSteps) continue;
    std::size_t x = clusters.of.at(p.a);
    std::size_t y = clusters.of.at(p.b);
    if (x == y) continue;
    if (x > y) std::swap(x, y);
    touching[x].push_back(edges.size());
    touching[y].push_back(edges.size());
    edges.push_back({x, y, step});
  }
  const NameGraph graph(surnames);
  constexpr std::uint32_t kUnnamed = 0xffffffff;
  std::vector<std::uint32_t> named(clusters.members.size(), kUnnamed);
  // Where most edges meet, and the most records, most can be told.
  std::vector<std::size_t> order(edges.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto knows = [&](std::size_t e) {
    return std::make_pair(touching[edges[e].x].size() + touching[edges[e].y].size(),
                          clusters.members[edges[e].x].size());
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t l, std::size_t r) { return knows(l) > knows(r); });
  for (const std::size_t seed : order) {
    const Edge& edge = edges[seed];
    if (named[edge.x] != kUnnamed || named[edge.y] != kUnnamed) continue;
    if (!graph.LikeliestPair(edge.step, &named[edge.x], &named[edge.y])) {
      named[edge.x] = named[edge.y] = kUnnamed;
      continue;
    }
    std::vector<std::size_t> open = {edge.x, edge.y};
    while (!open.empty()) {
      const std::size_t at = open.back();
      open.pop_back();
      for (const std::size_t e : touching[at]) {
        const std::size_t other = edges[e].x == at ? edges[e].y : edges[e].x;
        std::uint32_t name = kUnnamed;
        if (named[other] != kUnnamed ||
            !graph.LikeliestNeighbour(named[at], edges[e].step, &name)) {
          continue;
        }
        named[other] = name;
        open.push_back(other);
      }
    }
  }
  // What no edge tells anything of is guessed by rank.
  Guesses out;
  for (std::size_t c = 0; c < clusters.members.size(); ++c) {
    const std::size_t name = named[c] != kUnnamed ? named[c] : c;
    if (name >= surnames.names.size()) continue;
    for (const Handle& h : clusters.members[c]) out[h] = surnames.names[name];
  }
  return out;
}

}  // namespace raakvlak::bench
