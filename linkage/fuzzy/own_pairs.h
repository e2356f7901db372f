// Pairs of a node's own records: which meet in blocks of the own file or hold two equal values, and
// how they agree.
//
// Nothing of it leaves the node. Thread safe after construction.
#ifndef RAAKVLAK_LINKAGE_FUZZY_OWN_PAIRS_H_
#define RAAKVLAK_LINKAGE_FUZZY_OWN_PAIRS_H_

#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "linkage/fuzzy/blocks.h"
#include "linkage/fuzzy/encoder.h"
#include "linkage/fuzzy/equal_values.h"
#include "linkage/score/levels.h"
#include "linkage/score/profile.h"

namespace raakvlak::linkage {

// Two rows of one table, the lesser first.
using OwnPair = std::pair<std::uint32_t, std::uint32_t>;

// The pairs that share at least one block, each once, in ascending order. As blocks are capped
// (Profile::block_cap), linear in the records: at most keys x (cap - 1) / 2 a record.
std::vector<OwnPair> PairsInBlocks(const std::vector<Block>& blocks);

// The pairs that hold two equal telling values (equal_values.h), whether they share a block or not;
// each once, in ascending order. Within the node nothing is exposed by comparing them.
std::vector<OwnPair> PairsOfEqualValues(const std::vector<WholeValues>& fields);

// Compares own records by the same encodings that the matcher sees, so that what a node learns of
// agreement holds there; under a key that is used for nothing else.
class OwnComparer {
 public:
  // `table` must outlive the comparer. `dummy_key`: 16 random bytes, never shared.
  OwnComparer(const Profile& profile, const RecordTable& table,
              std::span<const std::uint8_t, 16> dummy_key);

  // One pattern a pair, in order. Each record is encoded once.
  std::vector<AgreementPattern> Compare(const std::vector<OwnPair>& pairs) const;

 private:
  const Profile profile_;
  const RecordTable& table_;
  RecordEncoder encoder_;
  BlockKey key_{};
};

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_FUZZY_OWN_PAIRS_H_
