// What a node can tell a matcher that it colludes with, written down for the programs that attack
// (bench/attacks): which record is which, and the keys of its blocks. Test builds only: the daemon
// has this if it was configured with -DRAAKVLAK_CAPTURE=ON, and tests/matcher_edge looks for it in
// the one that is shipped.
#ifndef RAAKVLAK_SERVER_NODE_CAPTURE_H_
#define RAAKVLAK_SERVER_NODE_CAPTURE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "linkage/fuzzy/encoder.h"
#include "server/common/fs.h"
#include "server/node/encoding_tasks.h"
#include "server/node/run_files.h"

namespace raakvlak::node {

// One JSON object a line for each encoding that was asked for:
//   {"handle": "<hex>", "record": 17, "counterpart": 1, "key": 3, "tag": "<hex>",
//    "block_key": "<hex>"}
// `record` is the number in the dataset, `counterpart` the place among the manifest's agencies,
// `key` counts the planned keys from 0. In memory until it is written. Not thread-safe.
class TaskCapture {
 public:
  // `type` is the identifier type of the task's block.
  void Add(std::string_view handle, std::string_view type, const CheckedTask& task,
           const linkage::BlockKey& key);
  // Beside the run's directory, "<directory>-capture.jsonl", so that it outlives the run.
  absl::Status Write(const RunFiles& files) const;

 private:
  std::string lines_;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_CAPTURE_H_
