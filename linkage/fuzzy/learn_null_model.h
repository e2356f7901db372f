// A node's null model from its own file: how records of different subjects agree (null_model.h).
#ifndef RAAKVLAK_LINKAGE_FUZZY_LEARN_NULL_MODEL_H_
#define RAAKVLAK_LINKAGE_FUZZY_LEARN_NULL_MODEL_H_

#include <cstdint>
#include <span>
#include <vector>

#include "linkage/fuzzy/blocks.h"
#include "linkage/score/null_model.h"
#include "linkage/score/profile.h"

namespace raakvlak::linkage {

struct NullModelOptions {
  // Picks the random pairs; a node draws one a run.
  std::uint64_t seed = 1;
  std::size_t random_pairs = 10'000;
  // Own pairs that meet in blocks and are compared; of more, a random part is as good as all.
  std::size_t max_block_pairs = 50'000;
};

// From random own pairs, and from own pairs that meet in `blocks` (of `table`, MakeBlocks), are
// each other's best and no sure duplicates: as the matcher picks pairs between two files.
// `dummy_key` as in RecordEncoder. Deterministic for seed and key; linear in the blocks. A table of
// fewer than two records gives the prior.
NullModel LearnNullModel(const Profile& profile, const RecordTable& table,
                         const std::vector<Block>& blocks,
                         std::span<const std::uint8_t, 16> dummy_key,
                         const NullModelOptions& options);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_FUZZY_LEARN_NULL_MODEL_H_
