// Leaving out own records that plainly are another one entered again, before anything is counted of
// the file: they are no strangers to each other, and a few in a hundred would make every blocking
// key look as if it exposed everybody.
#ifndef RAAKVLAK_LINKAGE_FUZZY_DISTINCT_ROWS_H_
#define RAAKVLAK_LINKAGE_FUZZY_DISTINCT_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "linkage/score/profile.h"

namespace raakvlak::linkage {

// One byte for each of the first `max_rows` records of `table`: 1 where it agrees with an earlier
// one too closely for chance. All values are equal, in however many records, or two whole values
// are, in up to ten; a third is equal or alike, and what all fields say for and against one
// subject, in bits, is far above the size of the file. Of the kinds that families share (address,
// phone, postcode, place) one value counts. Copies count once when it is estimated how rare values
// are. Pure, thread safe; O(rows log rows).
std::vector<std::uint8_t> RepeatedRows(const Profile& profile, const RecordTable& table,
                                       std::size_t max_rows);

// The first `max_rows` records of `table` without those.
RecordTable DistinctRows(const Profile& profile, const RecordTable& table, std::size_t max_rows);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_FUZZY_DISTINCT_ROWS_H_
