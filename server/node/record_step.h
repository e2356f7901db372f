// The records that have a confirmed shared tag, under random handles of this run: made once,
// sealed, and then uploaded as often as it takes. Sorted by handle, so that the upload shows
// nothing of the order of the agency's records.
//
// Each entry: handle (16) || u32 record number ||
//             (u8 type index || u32 counterparts || tag (16) || L (32))*
#ifndef RAAKVLAK_SERVER_NODE_RECORD_STEP_H_
#define RAAKVLAK_SERVER_NODE_RECORD_STEP_H_

#include <array>
#include <cstdint>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/base/linkage_keys.h"
#include "crypto/base/secret.h"
#include "server/node/run_files.h"

namespace raakvlak::node {

using Handle = std::array<std::uint8_t, 16>;

// Shared values of one record beyond this number are left out.
inline constexpr std::size_t kMaxSharedPerRecord = 1000;

struct SharedValue {
  std::uint8_t type_index = 0;
  // Bit i: shared with the manifest's agencies[i], confirmed.
  std::uint32_t counterparts = 0;
  crypto::RunTag tag{};
  crypto::Secret<32> block_secret;
};

struct HandledRecord {
  Handle handle{};
  std::uint32_t record = 0;
  // In order of type index, then tag.
  std::vector<SharedValue> shared;
};

struct RecordStepInput {
  // Of the manifest, in its order.
  std::vector<std::string> identifier_types;
  std::vector<std::string> agencies;
  // Counterparts whose overlaps were confirmed, for every type.
  std::set<std::string> confirmed;
  std::size_t sort_memory_bytes = std::size_t{128} << 20;
};

// Makes the file of handled records if it is not there yet; gives their number.
absl::StatusOr<std::uint64_t> MakeHandledRecords(const RecordStepInput& input,
                                                 const RunFiles& files, std::stop_token stop);

// Ascending by handle. Not thread-safe.
class HandledRecordReader {
 public:
  static absl::StatusOr<HandledRecordReader> Open(const RunFiles& files);
  absl::StatusOr<bool> Next(HandledRecord& record);

 private:
  explicit HandledRecordReader(std::unique_ptr<RecordFileReader> file) : file_(std::move(file)) {}
  std::unique_ptr<RecordFileReader> file_;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_RECORD_STEP_H_
