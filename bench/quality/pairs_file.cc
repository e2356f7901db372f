// Scoring a file of name pairs.
#include "bench/quality/pairs_file.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/quality/labelled_file.h"
#include "bench/quality/measure.h"

namespace raakvlak::bench {
namespace {

constexpr std::size_t kExamples = 30;

bool IsTrue(std::string label) {
  for (char& c : label) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  for (std::string_view yes : {"1", "1.0", "true", "yes", "y", "t", "same", "match"}) {
    if (label == yes) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<PairsFigures> MeasurePairs(const std::string& path, const std::string& left,
                                          const std::string& right, const std::string& label,
                                          linkage::NameKind kind) {
  const auto csv = ReadCsv(path);
  if (!csv.ok()) return csv.status();
  std::vector<std::size_t> columns;
  for (const std::string& name : {left, right, label}) {
    const auto column = csv->Column(name);
    if (!column.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": ", column.status().message()));
    }
    columns.push_back(*column);
  }
  const std::vector<std::string>& a = csv->columns[columns[0]];
  const std::vector<std::string>& b = csv->columns[columns[1]];
  const std::vector<linkage::NamePairScore> scores = linkage::ScoreNamePairs(a, b, kind);
  PairsFigures out;
  out.pairs = scores.size();
  out.plot.title = "Name pairs";
  out.plot.weight_name = "similarity";
  out.plot.threshold = linkage::kNamePairThreshold;
  double found = 0;
  double right_found = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const bool truth = IsTrue(csv->columns[columns[2]][i]);
    const bool linked = scores[i].score >= linkage::kNamePairThreshold;
    out.true_pairs += truth ? 1 : 0;
    found += linked ? 1 : 0;
    right_found += linked && truth ? 1 : 0;
    out.plot.ranked.push_back({scores[i].score, truth});
    if (linked != truth && out.plot.mistakes.size() < kExamples) {
      out.plot.mistakes.push_back({linked ? "false link" : "scored too low", a[i], b[i],
                                   std::to_string(scores[i].score).substr(0, 5)});
    }
  }
  std::stable_sort(out.plot.ranked.begin(), out.plot.ranked.end(),
                   [](const WeighedPair& x, const WeighedPair& y) { return x.weight > y.weight; });
  out.plot.true_pairs = static_cast<double>(out.true_pairs);
  out.precision = found > 0 ? right_found / found : (out.true_pairs > 0 ? 0.0 : 1.0);
  out.recall = out.true_pairs > 0 ? right_found / out.plot.true_pairs : 1.0;
  out.f1 = F1(out.precision, out.recall);
  // The best cut lies between different scores, so ties are taken whole.
  double hits = 0;
  if (out.true_pairs == 0) out.f1_best = out.f1;
  for (std::size_t i = 0; i < out.plot.ranked.size(); ++i) {
    hits += out.plot.ranked[i].right ? 1 : 0;
    const bool tie = i + 1 < out.plot.ranked.size() &&
                     out.plot.ranked[i + 1].weight == out.plot.ranked[i].weight;
    if (tie || out.plot.true_pairs == 0) continue;
    out.f1_best =
        std::max(out.f1_best, F1(hits / static_cast<double>(i + 1), hits / out.plot.true_pairs));
  }
  return out;
}

}  // namespace raakvlak::bench
