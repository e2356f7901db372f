// Damages copies of records the way people and systems do, so that a blocking plan can be judged
// without labels. Deterministic for a seed.
#ifndef RAAKVLAK_LINKAGE_FUZZY_CORRUPT_H_
#define RAAKVLAK_LINKAGE_FUZZY_CORRUPT_H_

#include <cstddef>
#include <vector>

#include "linkage/fuzzy/seeded_random.h"
#include "linkage/score/profile.h"

namespace raakvlak::linkage {

struct CorruptionRates {
  double typo = 0.30;           // a field
  double missing = 0.05;        // a field
  double moved = 0.08;          // a record: postcode, town, address and phone of somebody else
  double crossed = 0.02;        // a record: given name and surname in each other's place
  double crossed_lines = 0.04;  // a record: two lines of an address next to each other
};

// Damaged copies of `rows`, in that order. An own value is replaced by another record's where the
// subject moved.
RecordTable CorruptRecords(const Profile& profile, const RecordTable& table,
                           const std::vector<std::size_t>& rows, const CorruptionRates& rates,
                           SeededRandom& random);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_FUZZY_CORRUPT_H_
