// Random pairs, pairs in blocks, and what is fitted to them.
#include "linkage/fuzzy/learn_null_model.h"

#include <algorithm>
#include <utility>

#include "linkage/fuzzy/own_pairs.h"
#include "linkage/fuzzy/seeded_random.h"
#include "linkage/score/score_model.h"

namespace raakvlak::linkage {
namespace {

std::vector<OwnPair> RandomPairs(std::size_t rows, std::size_t count, SeededRandom& random) {
  std::vector<OwnPair> pairs;
  if (rows < 2) return pairs;
  for (std::size_t i = 0; i < count; ++i) {
    const auto a = static_cast<std::uint32_t>(random.Below(rows));
    const auto b = static_cast<std::uint32_t>(random.Below(rows));
    if (a != b) pairs.emplace_back(a, b);
  }
  return pairs;
}

// The first `count` places hold a random part of `pairs`, which is cut to them.
void Sample(std::vector<OwnPair>& pairs, std::size_t count, SeededRandom& random) {
  if (pairs.size() <= count) return;
  for (std::size_t i = 0; i < count; ++i) {
    std::swap(pairs[i], pairs[i + random.Below(pairs.size() - i)]);
  }
  pairs.resize(count);
}

}  // namespace

NullModel LearnNullModel(const Profile& profile, const RecordTable& table,
                         const std::vector<Block>& blocks,
                         std::span<const std::uint8_t, 16> dummy_key,
                         const NullModelOptions& options) {
  const OwnComparer comparer(profile, table, dummy_key);
  SeededRandom random(options.seed);
  const std::size_t rows = table.rows();
  const std::vector<AgreementPattern> by_chance =
      comparer.Compare(RandomPairs(rows, options.random_pairs, random));
  std::vector<OwnPair> pairs = PairsInBlocks(blocks);
  const double all_pairs = static_cast<double>(rows) * (static_cast<double>(rows) - 1) / 2;
  const double block_chance = (static_cast<double>(pairs.size()) + 1) / (all_pairs + 1);
  Sample(pairs, options.max_block_pairs, random);
  const std::vector<AgreementPattern> patterns = comparer.Compare(pairs);
  const NullModel provisional = FitNullModel(profile, by_chance, {}, 1);
  std::vector<CandidatePair> candidates;
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    if (SureDuplicate(profile, patterns[i])) continue;
    const double score = ProvisionalScore(provisional, patterns[i]);
    // Both ways round, so that a record's best counts whichever side it stands on.
    candidates.push_back({pairs[i].first, pairs[i].second, patterns[i], score});
    candidates.push_back({pairs[i].second, pairs[i].first, patterns[i], score});
  }
  std::vector<AgreementPattern> best;
  for (const std::size_t i : MutualBest(candidates)) {
    if (candidates[i].a < candidates[i].b) best.push_back(candidates[i].pattern);
  }
  return FitNullModel(profile, by_chance, best, block_chance);
}

}  // namespace raakvlak::linkage
