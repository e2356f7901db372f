// Collecting ranked pairs and examples of mistakes.
#include "bench/quality/report.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "linkage/score/strength.h"

namespace raakvlak::bench {
namespace {

constexpr std::size_t kExamples = 20;  // of each kind

std::string Values(const linkage::RecordTable& table, std::uint32_t row) {
  std::string out;
  for (std::size_t f = 0; f < table.columns.size(); ++f) {
    const std::string& value = table.columns[f][row];
    out += (f == 0 ? "" : " | ") + (value.empty() ? std::string("\u2013") : value);
  }
  return out;
}

}  // namespace

PlotData MakePlotData(const linkage::Profile& profile,
                      const std::vector<linkage::RecordTable>& tables, const Run& run,
                      const Truth& truth) {
  PlotData data;
  data.title = "Linkage quality";
  data.weight_name = "match weight (bits)";
  std::map<std::string, std::size_t> shown;
  const auto example = [&](const char* kind, const PairRun& pair, std::uint32_t a, std::uint32_t b,
                           std::string detail) {
    if (++shown[kind] > kExamples) return;
    data.mistakes.push_back(
        {kind, Values(tables[pair.first], a), Values(tables[pair.second], b), std::move(detail)});
  };
  for (const PairRun& pair : run.pairs) {
    data.threshold = pair.model.threshold / std::log(2.0);
    const auto right = [&](std::uint32_t a, std::uint32_t b) {
      return !truth[pair.first][a].empty() && truth[pair.first][a] == truth[pair.second][b];
    };
    std::set<std::size_t> accepted(pair.accepted.begin(), pair.accepted.end());
    std::set<std::pair<std::uint32_t, std::uint32_t>> compared;
    for (std::size_t i = 0; i < pair.candidates.size(); ++i) {
      const linkage::CandidatePair& c = pair.candidates[i];
      const bool is_true = right(c.a, c.b);
      if (is_true) compared.emplace(c.a, c.b);
      std::string detail = linkage::ExplainAgreement(profile, c.pattern) + " (weight " +
                           std::to_string(c.score / std::log(2.0)).substr(0, 5) + ")";
      if (accepted.contains(i) && !is_true) example("false link", pair, c.a, c.b, detail);
      if (!accepted.contains(i) && is_true) example("scored too low", pair, c.a, c.b, detail);
    }
    for (std::size_t i : linkage::Assign(pair.candidates, -1e300, true)) {
      const linkage::CandidatePair& c = pair.candidates[i];
      data.ranked.push_back({c.score / std::log(2.0), right(c.a, c.b)});
    }
    std::unordered_map<std::string, std::uint32_t> second;
    for (std::uint32_t r = 0; r < truth[pair.second].size(); ++r) {
      if (!truth[pair.second][r].empty()) second.emplace(truth[pair.second][r], r);
    }
    for (std::uint32_t r = 0; r < truth[pair.first].size(); ++r) {
      const auto it = second.find(truth[pair.first][r]);
      if (it == second.end()) continue;
      data.true_pairs += 1;
      if (!compared.contains({r, it->second})) {
        example("never compared", pair, r, it->second, "no shared block");
      }
    }
  }
  std::sort(data.ranked.begin(), data.ranked.end(),
            [](const WeighedPair& a, const WeighedPair& b) { return a.weight > b.weight; });
  std::stable_sort(data.mistakes.begin(), data.mistakes.end(),
                   [](const Mistake& a, const Mistake& b) { return a.kind < b.kind; });
  data.plan = run.plan.Explain(profile);
  return data;
}

}  // namespace raakvlak::bench
