#include "linkage/match/suppression.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

namespace raakvlak::linkage {
namespace {

using Counts = std::vector<std::uint64_t>;

// The smallest and largest value of every suppressed count over all whole, non-negative tables
// that agree with what is published. Tries every table with counts up to `bound`.
struct Range {
  std::uint64_t low = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t high = 0;
};

std::vector<Range> BruteForce(const Counts& counts, const std::vector<KnownSum>& sums,
                              const std::vector<bool>& suppressed, std::uint64_t bound) {
  std::vector<std::size_t> unknown;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (suppressed[i]) unknown.push_back(i);
  }
  auto value = [](const KnownSum& sum, const Counts& c) {
    std::int64_t total = 0;
    for (const auto& [i, weight] : sum.terms) total += weight * static_cast<std::int64_t>(c[i]);
    return total;
  };
  std::vector<std::int64_t> known;
  known.reserve(sums.size());
  for (const KnownSum& sum : sums) known.push_back(value(sum, counts));
  std::vector<Range> ranges(counts.size());
  Counts trial = counts;
  for (std::size_t i : unknown) trial[i] = 0;
  while (true) {
    bool fits = true;
    for (std::size_t s = 0; fits && s < sums.size(); ++s) fits = value(sums[s], trial) == known[s];
    if (fits) {
      for (std::size_t i : unknown) {
        ranges[i].low = std::min(ranges[i].low, trial[i]);
        ranges[i].high = std::max(ranges[i].high, trial[i]);
      }
    }
    std::size_t digit = 0;
    while (digit < unknown.size() && ++trial[unknown[digit]] > bound) trial[unknown[digit++]] = 0;
    if (digit == unknown.size()) break;
  }
  return ranges;
}

void ExpectProtected(const Counts& counts, const std::vector<KnownSum>& sums,
                     const std::vector<bool>& suppressed, std::uint64_t minimum,
                     std::uint64_t bound) {
  const std::vector<Range> ranges = BruteForce(counts, sums, suppressed, bound);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] < minimum) {
      ASSERT_TRUE(suppressed[i]);
      EXPECT_GE(ranges[i].high - ranges[i].low, minimum);
    } else if (suppressed[i]) {
      EXPECT_GT(ranges[i].high, ranges[i].low);
    }
  }
}

TEST(SuppressionTest, WithoutSumsOnlySmallCountsGo) {
  const Counts counts = {3, 10, 0, 9, 400};
  EXPECT_EQ(Suppress(counts, {}, 10), (std::vector<bool>{true, false, true, true, false}));
  EXPECT_EQ(Suppress(counts, {}, 0), (std::vector<bool>(5, false)));
}

TEST(SuppressionTest, AKnownTotalCostsASecondCount) {
  // 3 + 20 + 50 with the total known: without a second one, 3 is the difference.
  const std::vector<KnownSum> sums = {{{{0, 1}, {1, 1}, {2, 1}}}};
  EXPECT_EQ(Suppress(Counts{3, 20, 50}, sums, 10), (std::vector<bool>{true, true, false}));
}

TEST(SuppressionTest, ASmallTotalThatIsKnownGivesEverythingAway) {
  const std::vector<KnownSum> sums = {{{{0, 1}, {1, 1}}}};
  EXPECT_EQ(Suppress(Counts{0, 0}, sums, 10), std::nullopt);
  EXPECT_EQ(Suppress(Counts{4, 5}, sums, 10), std::nullopt);
}

TEST(SuppressionTest, ALoneCountInAKnownSumCannotBeHidden) {
  EXPECT_EQ(Suppress(Counts{4}, std::vector<KnownSum>{{{{0, 1}}}}, 10), std::nullopt);
}

TEST(SuppressionTest, TooLargeATableIsNotPublished) {
  Counts counts(kMaxRelatedCounts + 1, 100);
  KnownSum all;
  for (std::size_t i = 0; i < counts.size(); ++i) all.terms.emplace_back(i, 1);
  EXPECT_TRUE(Suppress(counts, std::vector<KnownSum>{all}, 10).has_value());
  counts[5] = 1;
  EXPECT_EQ(Suppress(counts, std::vector<KnownSum>{all}, 10), std::nullopt);
}

TEST(SuppressionTest, ThePatternsOfThreeAgencies) {
  // Groups AB, AC, BC, ABC; the pairs of each two agencies are known. A small ABC costs all.
  const std::vector<KnownSum> sums = {{{{0, 1}, {3, 1}}}, {{{1, 1}, {3, 1}}}, {{{2, 1}, {3, 1}}}};
  EXPECT_EQ(Suppress(Counts{50, 40, 60, 3}, sums, 10), (std::vector<bool>(4, true)));
  EXPECT_EQ(Suppress(Counts{50, 40, 60, 30}, sums, 10), (std::vector<bool>(4, false)));
}

TEST(SuppressionTest, BruteForceOverPatternsOfThreeAgencies) {
  const std::vector<KnownSum> sums = {{{{0, 1}, {3, 1}}}, {{{1, 1}, {3, 1}}}, {{{2, 1}, {3, 1}}}};
  int published = 0;
  for (std::uint64_t code = 0; code < 6 * 6 * 6 * 6; ++code) {
    const Counts counts = {code % 6, code / 6 % 6, code / 36 % 6, code / 216};
    const auto suppressed = Suppress(counts, sums, 2);
    if (!suppressed) continue;
    ++published;
    ExpectProtected(counts, sums, *suppressed, 2, 10);
  }
  EXPECT_GT(published, 500);
}

TEST(SuppressionTest, KnowingThatSomethingOccursNarrowsTheRange) {
  // AB and ABC, one each, two pairs of A and B: if both occur, each is one.
  const std::vector<KnownSum> sums = {{{{0, 1}, {1, 1}}}};
  EXPECT_EQ(Suppress(Counts{1, 1}, sums, 2, 0), (std::vector<bool>{true, true}));
  EXPECT_EQ(Suppress(Counts{1, 1}, sums, 2, 1), std::nullopt);
  EXPECT_EQ(Suppress(Counts{1, 9}, sums, 2, 1), (std::vector<bool>{true, true}));
}

// Tables of rows x columns with known row and column totals.
void BruteForceMargins(std::size_t rows, std::size_t columns, int rounds, bool totals_are_counts) {
  std::mt19937 random(static_cast<std::uint32_t>(rows * 100 + columns));
  const std::uint64_t minimum = 2;
  int published = 0;
  for (int round = 0; round < rounds; ++round) {
    Counts counts(rows * columns);
    for (std::uint64_t& count : counts) count = random() % 5;
    std::vector<KnownSum> sums(rows + columns);
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t c = 0; c < columns; ++c) {
        sums[r].terms.emplace_back(r * columns + c, 1);
        sums[rows + c].terms.emplace_back(r * columns + c, 1);
      }
    }
    if (totals_are_counts) {
      for (KnownSum& sum : sums) {
        std::uint64_t total = 0;
        for (const auto& [i, weight] : sum.terms) total += counts[i];
        sum.terms.emplace_back(counts.size(), -1);
        counts.push_back(total);
      }
    }
    const auto suppressed = Suppress(counts, sums, minimum);
    if (!suppressed) continue;
    const auto unknown = std::count(suppressed->begin(), suppressed->end(), true);
    if (unknown > 6) continue;  // Too many tables to try them all.
    ++published;
    ExpectProtected(counts, sums, *suppressed, minimum, 8);
  }
  EXPECT_GT(published, rounds / 20);
}

TEST(SuppressionTest, BruteForceWithKnownMargins) {
  BruteForceMargins(2, 2, 300, false);
  BruteForceMargins(2, 3, 200, false);
  BruteForceMargins(3, 3, 100, false);
}

TEST(SuppressionTest, BruteForceWithPublishedMargins) { BruteForceMargins(2, 2, 100, true); }

TEST(SuppressionTest, TheBruteForceFindsAnUnprotectedTable) {
  // Guards the guard: primary suppression alone is found wanting.
  const Counts counts = {1, 4, 3, 4};
  const std::vector<KnownSum> sums = {{{{0, 1}, {1, 1}}}, {{{2, 1}, {3, 1}}}};
  const std::vector<Range> ranges = BruteForce(counts, sums, {true, false, false, false}, 8);
  EXPECT_EQ(ranges[0].low, ranges[0].high);
}

}  // namespace
}  // namespace raakvlak::linkage
