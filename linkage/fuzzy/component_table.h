// All components of an agency's records at once: a hash of each value and how rare the value is.
//
// Local to one agency; nothing of it leaves the node but the rounded collision entropies. Immutable
// after construction, thread safe as such. Time O(rows log rows) a component.
#ifndef RAAKVLAK_LINKAGE_FUZZY_COMPONENT_TABLE_H_
#define RAAKVLAK_LINKAGE_FUZZY_COMPONENT_TABLE_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "linkage/fuzzy/component.h"
#include "linkage/score/profile.h"

namespace raakvlak::linkage {

// One component over all rows.
struct ComponentColumn {
  // Hash of the value, 0 where the record has none. Not keyed: never leaves the process.
  std::vector<std::uint64_t> hash;
  // -log2 of the chance that a record of another subject holds the same value, estimated from how
  // many others here do; 0 where there is no value.
  std::vector<float> bits;
  // -log2 of the chance that two records that have a value agree (order-2 Renyi entropy).
  double collision_bits = 0;
  // What one more holder adds to that chance.
  double chance_a_holder = 0;
  // Share of records with a value.
  double present = 0;
};

// 64-bit FNV-1a, finished with a mixer; never 0.
std::uint64_t LocalHash(std::string_view value);

// Columns for the first `max_rows` records. `repeated`: as for EstimateRarity.
ComponentColumn MakeComponentColumn(const Profile& profile, const RecordTable& table,
                                    const Component& component, std::size_t max_rows,
                                    const std::vector<std::uint8_t>& repeated = {});

// Fills `bits`, `collision_bits` and `present` from `hash`. Records with a 1 in `repeated` (empty:
// none) have bits, but do not count as holders: they are one of the others entered again.
//
// How often others hold a value is taken as Poisson around a chance that itself varies over values
// (Gamma, matched to the observed mean and variance): a value seen once in a file of 5,000 is rarer
// than 1 in 5,000 where values are spread evenly (dates), and not where a few dominate (surnames).
void EstimateRarity(ComponentColumn& column, const std::vector<std::uint8_t>& repeated = {});

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_FUZZY_COMPONENT_TABLE_H_
