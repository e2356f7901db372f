// Whole values of an agency's own records: how much each field says, and which records hold two
// equal ones. Nothing of it leaves the node. Pure, thread safe.
#ifndef RAAKVLAK_LINKAGE_FUZZY_EQUAL_VALUES_H_
#define RAAKVLAK_LINKAGE_FUZZY_EQUAL_VALUES_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "linkage/fuzzy/component_table.h"
#include "linkage/score/profile.h"

namespace raakvlak::linkage {

// A field of every record as one value.
struct WholeValues {
  std::size_t field = 0;  // of the profile
  ComponentColumn column;
  // An equal value is worth counting: namesakes born on one day have one gender, mostly.
  bool telling = false;
  // Families share it: address, phone, postcode, place.
  bool family = false;
};

// Of the first `rows` records of `table` (or all), the field that says most first.
std::vector<WholeValues> MakeWholeValues(const Profile& profile, const RecordTable& table,
                                         std::size_t rows);
// Estimates anew how rare the values are, as EstimateRarity does, and orders accordingly.
void EstimateRarities(std::vector<WholeValues>& fields, const std::vector<std::uint8_t>& repeated);

// Calls `visit` with the rows, ascending, that hold the same values in two telling fields, at least
// one of which families do not share: for any two of the six fields that say most, each set of two
// to ten rows. More holders are no sign of anything. Rows with a 1 in `left_out` take no part.
// O(rows log rows).
void ForEachAgreeing(const std::vector<WholeValues>& fields,
                     const std::vector<std::uint8_t>& left_out,
                     const std::function<void(std::span<const std::uint32_t>)>& visit);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_FUZZY_EQUAL_VALUES_H_
