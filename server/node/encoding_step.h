// The encodings that a run asks of this node, in the order of the matcher's tasks, behind the
// node's null model: made once and sealed with the run's key, then uploaded as often as it takes.
// The same bytes every time, since another dummy key would show which parts are dummies.
#ifndef RAAKVLAK_SERVER_NODE_ENCODING_STEP_H_
#define RAAKVLAK_SERVER_NODE_ENCODING_STEP_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/base/secret.h"
#include "linkage/fuzzy/blocks.h"
#include "linkage/score/profile.h"
#include "raakvlak/v1/submission.pb.h"
#include "server/node/record_file.h"
#include "server/node/run_files.h"

namespace raakvlak::node {

struct EncodingStepInput {
  // Of the manifest, in its order.
  std::vector<std::string> identifier_types;
  std::vector<std::string> agencies;
  // What was evaluated: the dataset's compared values and its blocks under the run's plan.
  linkage::Profile profile;
  const linkage::RecordTable* table = nullptr;
  const std::vector<linkage::Block>* blocks = nullptr;
  // The key of a block shared with `counterpart` (crypto/oprf/output_keys.h, DeriveBlockKey).
  std::function<absl::StatusOr<crypto::Secret<64>>(const std::string& counterpart,
                                                   const std::string& identifier_type,
                                                   std::span<const std::uint8_t, 32> block_secret)>
      block_key;
  // Gives every chunk of tasks to its argument, in the order in which the matcher sends them.
  std::function<absl::Status(const std::function<absl::Status(const v1::EncodingTaskChunk&)>&)>
      fetch_tasks;
  std::size_t sort_memory_bytes = std::size_t{64} << 20;
};

// True once MakeEncodings has gone through.
bool HaveEncodings(const RunFiles& files);

// Makes the file. Errors blame the matcher for a task that was not to be (encoding_tasks.h); then
// there is no file, and nothing of it leaves the node.
absl::Status MakeEncodings(const EncodingStepInput& input, const RunFiles& files,
                           std::stop_token stop);

// Not thread-safe.
class EncodingReader {
 public:
  static absl::StatusOr<EncodingReader> Open(const RunFiles& files);
  const v1::NullModel& null_model() const { return null_model_; }
  // False after the last.
  absl::StatusOr<bool> Next();
  // Valid until the next Next().
  crypto::ByteView encoding() const { return file_->record(); }

 private:
  explicit EncodingReader(std::unique_ptr<RecordFileReader> file) : file_(std::move(file)) {}
  std::unique_ptr<RecordFileReader> file_;
  v1::NullModel null_model_;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_ENCODING_STEP_H_
