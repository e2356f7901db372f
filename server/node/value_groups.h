// From records to distinct values: for each identifier type of a run, every distinct value once,
// with the numbers of the records that hold it, sorted by a keyed hash of the value. Memory is
// bounded by a budget, whatever the size of the dataset.
#ifndef RAAKVLAK_SERVER_NODE_VALUE_GROUPS_H_
#define RAAKVLAK_SERVER_NODE_VALUE_GROUPS_H_

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/base/secret.h"
#include "server/common/external_sort.h"
#include "server/node/dataset_file.h"

namespace raakvlak::node {

// How a node finds a value again without keeping it: BLAKE2b (RFC 7693) of the normalised value
// under a random key of the epoch, which never leaves the node.
using ValueKey = std::array<std::uint8_t, 32>;
ValueKey KeyOfValue(const crypto::Secret<32>& local_key, std::string_view identifier_type,
                    std::string_view value);

// One distinct value.
struct ValueGroup {
  ValueKey key{};
  std::string value;
  // How many records hold it, and which, ascending; left out where there are more than the
  // reader's limit.
  std::uint64_t count = 0;
  std::vector<std::uint32_t> records;
};

// Ascending by key. Not thread-safe.
class ValueGroupReader {
 public:
  // `max_records`: above it, a group's record numbers are left out.
  ValueGroupReader(std::unique_ptr<common::SortedReader> sorted, std::uint32_t max_records)
      : sorted_(std::move(sorted)), max_records_(max_records) {}
  // False after the last group.
  absl::StatusOr<bool> Next(ValueGroup& group);

 private:
  std::unique_ptr<common::SortedReader> sorted_;
  std::uint32_t max_records_;
  bool started_ = false;
  bool pending_ = false;  // the sorter stands on the first record of the next group
};

struct GroupingOptions {
  // Sorting memory of all types together; each has at least 1 MiB.
  std::size_t memory_bytes = std::size_t{256} << 20;
};

// Reads the dataset once and sorts each type's values. `scratch` is a directory of this call's
// alone. The result has one reader a type, in the order of `types`, over sealed spill files.
// `progress` is told the number of records read now and then.
struct GroupedType {
  std::string identifier_type;
  std::uint64_t values = 0;  // with repetitions
  std::unique_ptr<common::SortedReader> sorted;
};
absl::StatusOr<std::vector<GroupedType>> GroupDataset(
    DatasetFileReader& dataset, const std::vector<std::string>& types,
    const crypto::Secret<32>& local_key, common::FileSystem& fs, crypto::Random& random,
    const std::string& scratch, const GroupingOptions& options, std::stop_token stop,
    const std::function<void(std::uint64_t)>& progress);

// Adds one value of a record to a sorter, as GroupDataset does.
absl::Status AddValue(common::ExternalSorter& sorter, const crypto::Secret<32>& local_key,
                      std::string_view identifier_type, std::string_view value,
                      std::uint32_t record);
// Memory for each of so many sorters.
std::size_t SortMemoryEach(const GroupingOptions& options, std::size_t sorters);

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_VALUE_GROUPS_H_
