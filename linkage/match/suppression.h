// Suppression of small counts in published tables, such that subtraction does not bring them back.
//
// A count below the minimum is suppressed (primary). Where other published figures would still pin
// it down, further counts are suppressed with it (secondary). The attacker of this file knows every
// published count, every relation between the counts, and that counts are not negative; protection
// is judged by the exact range of values that each suppressed count can then still have, found by
// linear programming. (Method: Cox, "Suppression methodology and statistical disclosure control",
// JASA 75, 1980; Willenborg and De Waal, "Elements of Statistical Disclosure Control", 2001.)
#ifndef RAAKVLAK_LINKAGE_MATCH_SUPPRESSION_H_
#define RAAKVLAK_LINKAGE_MATCH_SUPPRESSION_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace raakvlak::linkage {

// A weighted sum of counts whose value outsiders know. A total that is published beside its parts
// is {parts with 1, total with -1}: it may then be suppressed itself. A total that is known anyway
// is {parts with 1}.
struct KnownSum {
  // Position of the count, weight.
  std::vector<std::pair<std::size_t, int>> terms;
};

// Tables with more counts than this that have a small one and relations are not published at all:
// the price of an exact answer would be too high.
inline constexpr std::size_t kMaxRelatedCounts = 128;

// Which counts to suppress. Every count below `minimum` is; each of them can then still have
// values over a range at least `minimum` wide, and every other suppressed count at least two
// values. nullopt when even suppressing everything does not reach that, or the table is too large:
// then the known sums themselves give too much away, and nothing may be published.
// `floor` is what everybody knows a suppressed count to be at least: 1 where only counts of things
// that occur are listed. No count may be below it.
std::optional<std::vector<bool>> Suppress(std::span<const std::uint64_t> counts,
                                          std::span<const KnownSum> sums, std::uint64_t minimum,
                                          std::uint64_t floor = 0);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_MATCH_SUPPRESSION_H_
