// The blocks that a run's plan makes of a dataset (linkage/fuzzy/blocks.h), grouped and sorted as
// the values of identifier types are, so that they take the same way to the run's tags.
#ifndef RAAKVLAK_SERVER_NODE_BLOCK_VALUES_H_
#define RAAKVLAK_SERVER_NODE_BLOCK_VALUES_H_

#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "linkage/fuzzy/blocks.h"
#include "server/common/fs.h"
#include "server/node/value_groups.h"

namespace raakvlak::node {

// One result a planned key, in their order, of types block-01 and on; as GroupDataset.
absl::StatusOr<std::vector<GroupedType>> GroupBlocks(
    const std::vector<linkage::Block>& blocks, std::size_t keys,
    const crypto::Secret<32>& local_key, common::FileSystem& fs, crypto::Random& random,
    const std::string& scratch, const GroupingOptions& options, std::stop_token stop);

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_BLOCK_VALUES_H_
