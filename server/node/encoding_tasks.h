// What the matcher asks this node to encode, held against what the node confirmed: a record is
// encoded for a counterpart only in a block that the record sits in and that was confirmed to be
// shared with that very counterpart. Any other task blames the matcher.
#ifndef RAAKVLAK_SERVER_NODE_ENCODING_TASKS_H_
#define RAAKVLAK_SERVER_NODE_ENCODING_TASKS_H_

#include <array>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/base/linkage_keys.h"
#include "crypto/base/secret.h"
#include "raakvlak/v1/submission.pb.h"
#include "server/common/external_sort.h"
#include "server/node/run_files.h"

namespace raakvlak::node {

struct CheckedTask {
  std::uint8_t counterpart = 0;  // place among the manifest's agencies
  std::uint8_t type_index = 0;   // place among the manifest's identifier types
  crypto::RunTag tag{};
  std::uint32_t record = 0;  // number in the dataset
  crypto::Secret<32> block_secret;
};

// Not thread-safe. Memory is bounded: both sides come in one order.
class TaskChecker {
 public:
  // Of the manifest, in its order. Reads the run's handled records (record_step.h).
  static absl::StatusOr<std::unique_ptr<TaskChecker>> Create(
      const std::vector<std::string>& identifier_types, const std::vector<std::string>& agencies,
      const RunFiles& files, std::size_t sort_memory_bytes, std::stop_token stop);
  // To be called for each task as the matcher sends them. PermissionDenied, blaming the matcher,
  // for a task of a record, block or counterpart that was not confirmed, for one that stands twice,
  // and for one out of order. So there are never more tasks than what was confirmed.
  absl::StatusOr<CheckedTask> Check(const v1::EncodingTask& task);

 private:
  explicit TaskChecker(std::unique_ptr<common::SortedReader> confirmed)
      : confirmed_(std::move(confirmed)) {}

  // Counterpart, type, tag and handle: what tasks are in the order of.
  static constexpr std::size_t kKeySize = 1 + 1 + 16 + 16;
  using Key = std::array<std::uint8_t, kKeySize>;

  std::unique_ptr<common::SortedReader> confirmed_;
  bool started_ = false;
  bool more_ = false;
  bool any_ = false;
  Key last_{};
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_ENCODING_TASKS_H_
