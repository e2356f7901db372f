// Scoring own pairs and joining them to groups.
#include "linkage/fuzzy/own_duplicates.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "linkage/fuzzy/own_pairs.h"
#include "linkage/score/assign.h"
#include "linkage/score/score_model.h"

namespace raakvlak::linkage {

std::vector<DuplicateGroup> FindOwnDuplicates(const Profile& profile, const RecordTable& table,
                                              const std::vector<Block>& blocks,
                                              std::span<const std::uint8_t, 16> dummy_key,
                                              const NullModel& null) {
  const std::vector<OwnPair> pairs = PairsInBlocks(blocks);
  const std::vector<AgreementPattern> patterns =
      OwnComparer(profile, table, dummy_key).Compare(pairs);
  std::vector<CandidatePair> candidates;
  candidates.reserve(pairs.size());
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    candidates.push_back({pairs[i].first, pairs[i].second, patterns[i], 0});
  }
  const ScoreModel model = FitScoreModel(profile, null, &candidates);
  std::vector<ScoredLink> links;
  for (const CandidatePair& c : candidates) {
    const double score = c.score - model.threshold;
    links.push_back({{0, c.a}, {0, c.b}, score, score >= 0});
  }
  std::vector<DuplicateGroup> out;
  std::unordered_map<std::uint32_t, std::size_t> group_of;
  for (const LinkGroup& group : GroupLinks(std::move(links), false)) {
    DuplicateGroup duplicates;
    duplicates.disputed = group.disputed;
    for (const RunRecord& r : group.members) {
      duplicates.records.push_back(r.record);
      group_of[r.record] = out.size();
    }
    out.push_back(std::move(duplicates));
  }
  for (const CandidatePair& c : candidates) {
    const double score = c.score - model.threshold;
    const auto a = group_of.find(c.a);
    const auto b = group_of.find(c.b);
    if (score < 0 || a == group_of.end() || b == group_of.end() || a->second != b->second) continue;
    out[a->second].pairs.push_back({c.a, c.b, c.pattern, score});
  }
  for (DuplicateGroup& group : out) {
    std::stable_sort(
        group.pairs.begin(), group.pairs.end(),
        [](const DuplicatePair& x, const DuplicatePair& y) { return x.score > y.score; });
  }
  return out;
}

}  // namespace raakvlak::linkage
