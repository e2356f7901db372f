// Which blocks a record sits in: the values of the planned compound keys.
//
// The texts made here are inputs of the OPRF (one identifier type a key); they never leave the
// node. Thread safe after construction.
#ifndef RAAKVLAK_LINKAGE_FUZZY_BLOCKS_H_
#define RAAKVLAK_LINKAGE_FUZZY_BLOCKS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "linkage/fuzzy/planner.h"
#include "linkage/score/profile.h"

namespace raakvlak::linkage {

// One distinct value of one planned key, and the records that have it (1 to Profile::block_cap).
struct Block {
  std::uint16_t key = 0;
  // To be evaluated: 16 bytes that stand for KeyDefinition, then the key's components with length
  // prefixes. So outputs kept from a run with another plan never answer for another meaning.
  std::string input;
  std::vector<std::uint32_t> records;
};

// What was left out, for the report.
struct BlockCounts {
  std::uint64_t too_large = 0;    // blocks over the cap
  std::uint64_t too_common = 0;   // record-key pairs whose value is not rare enough
  std::uint64_t no_value = 0;     // record-key pairs with a missing component
  std::uint64_t evaluations = 0;  // record-key pairs that stay (before deduplication)
};

// All blocks of `table` under `plan`, in the order of key and then of first record. O(rows x keys).
std::vector<Block> MakeBlocks(const Profile& profile, const BlockingPlan& plan,
                              const RecordTable& table, BlockCounts* counts);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_FUZZY_BLOCKS_H_
