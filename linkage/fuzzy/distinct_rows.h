// Leaving out own records that plainly are another one entered again, before anything is counted of
// the file: they are no strangers to each other, and a few in a hundred would make every blocking
// key look as if it exposed everybody.
#ifndef RAAKVLAK_LINKAGE_FUZZY_DISTINCT_ROWS_H_
#define RAAKVLAK_LINKAGE_FUZZY_DISTINCT_ROWS_H_

#include <cstddef>

#include "linkage/score/profile.h"

namespace raakvlak::linkage {

// The first `max_rows` records of `table` without those of which three whole values agree with an
// earlier record's: at least two of them not of the kind that families share (address, phone,
// postcode, place), and together too rare for chance. Pure, thread safe; O(rows log rows).
RecordTable DistinctRows(const Profile& profile, const RecordTable& table, std::size_t max_rows);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_FUZZY_DISTINCT_ROWS_H_
