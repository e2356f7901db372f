// Subjects that stand more than once in an agency's own file. For its stewards only: nothing of it
// leaves the node.
#ifndef RAAKVLAK_LINKAGE_FUZZY_OWN_DUPLICATES_H_
#define RAAKVLAK_LINKAGE_FUZZY_OWN_DUPLICATES_H_

#include <cstdint>
#include <span>
#include <vector>

#include "linkage/fuzzy/blocks.h"
#include "linkage/score/levels.h"
#include "linkage/score/null_model.h"
#include "linkage/score/profile.h"

namespace raakvlak::linkage {

// Two own records taken for one subject, and why.
struct DuplicatePair {
  std::uint32_t a = 0;  // a < b
  std::uint32_t b = 0;
  AgreementPattern pattern = EmptyPattern();
  double score = 0;  // log odds less the threshold, 0 and up
};

struct DuplicateGroup {
  std::vector<std::uint32_t> records;  // ascending, two or more
  std::vector<DuplicatePair> pairs;    // those that made the group, best first
  // Some two records were compared and judged different, though both resemble a third.
  bool disputed = false;
};

// Groups in the order of their first record. `blocks` are those of `table`, `null` what
// LearnNullModel made of them. Scored as pairs between agencies are, by a model fitted to the pairs
// that share a block; two changes are worth making where nothing is exposed by comparing.
// - Pairs that agree in three telling values are scored too (equal_values.h; what families share
//   counts once). A plan seldom has a key of names and telephone where families abound.
// - Of relatives those meet in blocks whose given names happen to agree, so that the model takes
//   families for rare. How many there are is counted over the whole file: pairs of one surname and
//   one address, postcode or telephone that agree in nothing else telling.
// Other pairs are not compared. Linear in the blocks and records but for sorting.
std::vector<DuplicateGroup> FindOwnDuplicates(const Profile& profile, const RecordTable& table,
                                              const std::vector<Block>& blocks,
                                              std::span<const std::uint8_t, 16> dummy_key,
                                              const NullModel& null);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_FUZZY_OWN_DUPLICATES_H_
