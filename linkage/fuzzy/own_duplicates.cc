// Scoring own pairs, correcting for the families that blocks do not show, and joining to groups.
#include "linkage/fuzzy/own_duplicates.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <utility>

#include "linkage/fuzzy/equal_values.h"
#include "linkage/fuzzy/own_pairs.h"
#include "linkage/score/assign.h"
#include "linkage/score/score_model.h"

namespace raakvlak::linkage {
namespace {

// Equal telling values that a pair has at least to be compared without a block.
constexpr int kLeastEqual = 3;

std::vector<CandidatePair> Compare(const OwnComparer& comparer, const std::vector<OwnPair>& pairs) {
  const std::vector<AgreementPattern> patterns = comparer.Compare(pairs);
  std::vector<CandidatePair> out;
  out.reserve(pairs.size());
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    out.push_back({pairs[i].first, pairs[i].second, patterns[i], 0});
  }
  return out;
}

// Of what families share one value counts.
bool AgreesInThree(const std::vector<WholeValues>& fields, const AgreementPattern& pattern) {
  int own = 0;
  int family = 0;
  for (const WholeValues& f : fields) {
    if (!f.telling || pattern[f.field] != 0) continue;
    ++(f.family ? family : own);
  }
  return own + std::min(family, 1) >= kLeastEqual;
}

// One surname at one address; not to be asked of pairs that agree in three values.
bool AreRelatives(const Profile& profile, const AgreementPattern& pattern) {
  bool surname = false;
  bool address = false;
  for (std::size_t f = 0; f < profile.fields.size(); ++f) {
    if (pattern[f] != 0) continue;
    const FieldKind kind = profile.fields[f].kind;
    surname |= kind == FieldKind::kSurname;
    address |=
        kind == FieldKind::kAddress || kind == FieldKind::kPhone || kind == FieldKind::kPostcode;
  }
  return surname && address;
}

}  // namespace

std::vector<DuplicateGroup> FindOwnDuplicates(const Profile& profile, const RecordTable& table,
                                              const std::vector<Block>& blocks,
                                              std::span<const std::uint8_t, 16> dummy_key,
                                              const NullModel& null) {
  const OwnComparer comparer(profile, table, dummy_key);
  const std::vector<OwnPair> in_blocks = PairsInBlocks(blocks);
  std::vector<CandidatePair> candidates = Compare(comparer, in_blocks);
  ScoreModel model = FitScoreModel(profile, null, &candidates);

  const std::vector<WholeValues> fields = MakeWholeValues(profile, table, table.rows());
  std::vector<OwnPair> beside;
  std::ranges::set_difference(PairsOfEqualValues(fields), in_blocks, std::back_inserter(beside));
  std::size_t relatives = 0;
  for (const CandidatePair& pair : Compare(comparer, beside)) {
    if (AgreesInThree(fields, pair.pattern)) {
      candidates.push_back(pair);
    } else if (AreRelatives(profile, pair.pattern)) {
      ++relatives;
    }
  }
  // Weights are shares of the pairs that are each other's best.
  const double best = static_cast<double>(MutualBest(candidates).size());
  if (relatives > 0 && best > 0) {
    if (model.households.empty()) {
      model.households.push_back({0, HouseholdChances(profile, null, /*one_surname=*/true)});
    }
    double& weight = model.households.front().weight;
    weight = std::max(weight, static_cast<double>(relatives) / best);
  }
  for (CandidatePair& pair : candidates) pair.score = model.Score(pair.pattern);
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
