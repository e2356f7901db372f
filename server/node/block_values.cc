#include "server/node/block_values.h"

#include <memory>
#include <utility>

#include "linkage/types/identifier_type.h"
#include "server/node/status_macros.h"

namespace raakvlak::node {

absl::StatusOr<std::vector<GroupedType>> GroupBlocks(
    const std::vector<linkage::Block>& blocks, std::size_t keys,
    const crypto::Secret<32>& local_key, common::FileSystem& fs, crypto::Random& random,
    const std::string& scratch, const GroupingOptions& options, std::stop_token stop) {
  common::SortOptions sort;
  sort.memory_bytes = SortMemoryEach(options, keys);
  std::vector<std::string> types;
  std::vector<std::unique_ptr<common::ExternalSorter>> sorters;
  for (std::size_t key = 0; key < keys; ++key) {
    types.emplace_back(linkage::IdentifierTypeName(linkage::BlockType(key)));
    NODE_ASSIGN_OR_RETURN(auto sorter, common::ExternalSorter::Create(
                                           fs, scratch + "/values-" + types.back(), random, sort));
    sorters.push_back(std::move(sorter));
  }
  for (const linkage::Block& block : blocks) {
    if (stop.stop_requested()) return absl::CancelledError("stopped");
    if (block.key >= keys) return absl::InternalError("a block of a key that is not planned");
    for (const std::uint32_t record : block.records) {
      NODE_RETURN_IF_ERROR(
          AddValue(*sorters[block.key], local_key, types[block.key], block.input, record));
    }
  }
  std::vector<GroupedType> grouped;
  for (std::size_t key = 0; key < keys; ++key) {
    GroupedType result;
    result.identifier_type = types[key];
    result.values = sorters[key]->count();
    NODE_ASSIGN_OR_RETURN(result.sorted, sorters[key]->Sort());
    grouped.push_back(std::move(result));
  }
  return grouped;
}

}  // namespace raakvlak::node
