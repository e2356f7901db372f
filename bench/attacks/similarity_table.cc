// Rows of similarities: those of a surname to all it was compared with, and those of public names.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <unordered_map>
#include <utility>

#include "bench/attacks/attacks.h"
#include "bench/attacks/surname_view.h"
#include "linkage/score/compare_encodings.h"

namespace raakvlak::bench {
namespace {

// Public names that a row may be of, and those that it is over.
constexpr std::size_t kTableNames = 4'000;
constexpr std::size_t kDrawnNames = 20'000;
// Slots collide and a similarity is rounded: so much of a step's chance goes to each neighbour.
constexpr double kSmear = 0.1;
constexpr double kLeastChance = 1e-6;

template <typename T>
using Row = std::array<T, kSteps + 1>;

// For each of the most frequent names the chance that one drawn at random is so many steps alike.
std::vector<Row<double>> PublicRows(const PublicNames& names) {
  const std::size_t drawn = std::min(kDrawnNames, names.names.size());
  std::unordered_map<std::string, std::vector<std::uint32_t>> bearers;
  std::vector<std::vector<std::string>> grams;
  double all = 0;
  for (std::size_t i = 0; i < drawn; ++i) {
    grams.push_back(PaddedBigrams(names.names[i]));
    for (const std::string& g : grams.back()) bearers[g].push_back(static_cast<std::uint32_t>(i));
    all += names.shares[i];
  }
  std::vector<Row<double>> out(std::min(kTableNames, names.names.size()));
  std::vector<std::uint32_t> common(drawn);
  std::vector<std::uint32_t> met;
  for (std::size_t i = 0; i < out.size(); ++i) {
    Row<double> exact{};
    double alike = 0;
    met.clear();
    for (const std::string& g : grams[i]) {
      for (const std::uint32_t j : bearers[g]) {
        if (common[j]++ == 0) met.push_back(j);
      }
    }
    for (const std::uint32_t j : met) {
      const double similarity = static_cast<double>(std::exchange(common[j], 0)) /
                                static_cast<double>(std::max(grams[i].size(), grams[j].size()));
      const long step =
          j == i ? kSteps : std::min<long>(kSteps - 1, std::lround(kSteps * similarity));
      exact[static_cast<std::size_t>(step)] += names.shares[j] / all;
      alike += names.shares[j] / all;
    }
    exact[0] += std::max(0.0, 1 - alike);
    for (std::size_t s = 0; s < kSteps; ++s) {
      out[i][s] += (1 - 2 * kSmear) * exact[s];
      out[i][s > 0 ? s - 1 : s] += kSmear * exact[s];
      out[i][s + 1 < kSteps ? s + 1 : s] += kSmear * exact[s];
    }
    out[i][kSteps] = exact[kSteps];
    for (double& chance : out[i]) chance = std::log(std::max(chance, kLeastChance));
  }
  return out;
}

// Agrees in everything: one person, whose surname says nothing of how many bear it.
bool OnePerson(const Capture& capture, const CapturedPair& pair) {
  linkage::AgreementPattern pattern;
  if (!linkage::CompareEncodings(capture.profile, pair.encoding_a, pair.encoding_b, &pattern)) {
    return false;
  }
  for (std::size_t f = 0; f < capture.profile.fields.size(); ++f) {
    if (pattern[f] != 0 && pattern[f] != linkage::kMissingLevel) return false;
  }
  return true;
}

}  // namespace

Guesses SimilarityTableAttack(const Capture& capture, const PublicNames& surnames) {
  const Clusters clusters = MakeClusters(capture);
  std::vector<Row<std::uint32_t>> rows(clusters.members.size());
  for (const CapturedPair& p : capture.pairs) {
    const int step = Alike(capture, p);
    if (step < 0 || OnePerson(capture, p)) continue;
    for (const Handle& h : {p.a, p.b}) ++rows[clusters.of.at(h)][static_cast<std::size_t>(step)];
  }
  const std::vector<Row<double>> table = PublicRows(surnames);
  std::map<Row<std::uint32_t>, std::size_t> known;  // many rows are the same
  Guesses out;
  for (std::size_t c = 0; c < rows.size(); ++c) {
    const auto [place, fresh] = known.try_emplace(rows[c], 0);
    if (fresh) {
      double best = -1e300;
      for (std::size_t n = 0; n < table.size(); ++n) {
        double likelihood = std::log(surnames.shares[n]);
        for (std::size_t s = 0; s <= kSteps; ++s) likelihood += rows[c][s] * table[n][s];
        if (likelihood <= best) continue;
        best = likelihood;
        place->second = n;
      }
    }
    for (const Handle& h : clusters.members[c]) out[h] = surnames.names[place->second];
  }
  return out;
}

}  // namespace raakvlak::bench
