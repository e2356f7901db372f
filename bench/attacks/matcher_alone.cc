// Attacks that need nothing but the matcher's own view: by frequency, and by graph matching.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <set>
#include <unordered_map>
#include <utility>

#include "bench/attacks/attacks.h"
#include "linkage/fuzzy/encoder.h"
#include "linkage/score/compare_encodings.h"

namespace raakvlak::bench {
namespace {

using linkage::FieldKind;

// Similarities are seen in so many steps (slots of a name).
constexpr int kSteps = 24;
// Below, two names are alike by chance and the edge says nothing.
constexpr int kLeastStep = 8;
// Public names that the graph is laid over: pairs of them are looked at one by one.
constexpr std::size_t kGraphNames = 4'000;

std::vector<Handle> Encoded(const Capture& capture) {
  std::set<Handle> out;
  for (const CapturedPair& p : capture.pairs) {
    out.insert(p.a);
    out.insert(p.b);
  }
  return {out.begin(), out.end()};
}

// A pair's surnames: how many steps alike, kSteps for equal ones; -1 where one is missing.
int Alike(const Capture& capture, const CapturedPair& pair) {
  const auto surname = capture.profile.Find(FieldKind::kSurname);
  linkage::AgreementPattern pattern;
  if (!surname ||
      !linkage::CompareEncodings(capture.profile, pair.encoding_a, pair.encoding_b, &pattern)) {
    return -1;
  }
  if (pattern[*surname] == linkage::kMissingLevel) return -1;
  if (pattern[*surname] == 0) return kSteps;
  return std::min(kSteps - 1,
                  static_cast<int>(std::lround(
                      kSteps * linkage::EncodedSimilarity(capture.profile, pair.encoding_a,
                                                          pair.encoding_b, *surname))));
}

struct Clusters {
  std::vector<std::vector<Handle>> members;  // largest first
  std::map<Handle, std::size_t> of;
};

Clusters MakeClusters(const Capture& capture) {
  const std::vector<Handle> handles = Encoded(capture);
  std::map<Handle, std::size_t> index;
  for (std::size_t i = 0; i < handles.size(); ++i) index[handles[i]] = i;
  std::vector<std::size_t> parent(handles.size());
  std::iota(parent.begin(), parent.end(), std::size_t{0});
  const auto root = [&](std::size_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
  };
  for (const CapturedPair& p : capture.pairs) {
    if (Alike(capture, p) == kSteps) parent[root(index[p.a])] = root(index[p.b]);
  }
  std::map<std::size_t, std::vector<Handle>> groups;
  for (std::size_t i = 0; i < handles.size(); ++i) groups[root(i)].push_back(handles[i]);
  Clusters out;
  for (auto& [r, members] : groups) out.members.push_back(std::move(members));
  std::stable_sort(out.members.begin(), out.members.end(),
                   [](const auto& x, const auto& y) { return x.size() > y.size(); });
  for (std::size_t c = 0; c < out.members.size(); ++c) {
    for (const Handle& h : out.members[c]) out.of[h] = c;
  }
  return out;
}

// Public names and which of them are how alike.
class NameGraph {
 public:
  explicit NameGraph(const PublicNames& names) : shares_(names.shares) {
    const std::size_t n = std::min(kGraphNames, names.names.size());
    alike_.resize(n);
    // Names that have a bigram in common, by way of an index of bigrams.
    std::unordered_map<std::string, std::vector<std::uint32_t>> index;
    for (std::size_t i = 0; i < n; ++i) {
      const std::string padded = "<" + names.names[i] + ">";
      std::set<std::uint32_t> met;
      for (std::size_t at = 0; at + 1 < padded.size(); ++at) {
        std::vector<std::uint32_t>& bearers = index[padded.substr(at, 2)];
        met.insert(bearers.begin(), bearers.end());
        bearers.push_back(static_cast<std::uint32_t>(i));
      }
      for (const std::uint32_t j : met) {
        if (j == i) continue;
        const int step = static_cast<int>(
            std::lround(kSteps * linkage::BigramOverlap(names.names[i], names.names[j])));
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
  for (const Handle& h : Encoded(capture)) out[h] = surnames.names.front();
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
