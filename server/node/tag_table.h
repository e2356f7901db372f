// A run's tags of one type, ascending, with what only this node knows of each: the block secret L
// and the records that hold the value. Sealed under the run's key, erased with it.
//
// Each entry: tag (16) || L (32) || u32 record number, repeated.
#ifndef RAAKVLAK_SERVER_NODE_TAG_TABLE_H_
#define RAAKVLAK_SERVER_NODE_TAG_TABLE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/base/linkage_keys.h"
#include "crypto/base/secret.h"
#include "server/common/external_sort.h"
#include "server/node/record_file.h"

namespace raakvlak::node {

// Most record numbers that one entry holds (a purpose's max_records_per_value has the same bound).
inline constexpr std::uint32_t kMaxRecordsPerValue = 10'000;

// The bytes of an entry. Sorting them sorts by tag.
crypto::Bytes TagEntryBytes(const crypto::RunTag& tag, std::span<const std::uint8_t, 32> secret,
                            const std::vector<std::uint32_t>& records);
// Adds an entry to a sorter.
absl::Status AddTagEntry(common::ExternalSorter& sorter, const crypto::RunTag& tag,
                         std::span<const std::uint8_t, 32> secret,
                         const std::vector<std::uint32_t>& records);

std::string TagTablePath(const std::string& run_directory, const std::string& identifier_type);

// Strictly ascending. Not thread-safe.
class TagTableReader {
 public:
  // `seal` has the run's key.
  static absl::StatusOr<TagTableReader> Open(const SealContext& seal,
                                             const std::string& run_directory,
                                             const std::string& identifier_type);
  // False after the last entry. DataLoss if the file is damaged or does not ascend.
  absl::StatusOr<bool> Next();
  // Moves on until tag() >= `tag`; true if it is equal. Tags asked for must not descend.
  absl::StatusOr<bool> Seek(const crypto::RunTag& tag);

  const crypto::RunTag& tag() const { return tag_; }
  std::span<const std::uint8_t, 32> block_secret(crypto::SecretAccess) const;
  std::vector<std::uint32_t> records() const;

 private:
  explicit TagTableReader(std::unique_ptr<RecordFileReader> file) : file_(std::move(file)) {}
  std::unique_ptr<RecordFileReader> file_;
  crypto::RunTag tag_{};
  bool started_ = false;
  bool ended_ = false;
};

// Not thread-safe.
class TagTableWriter {
 public:
  static absl::StatusOr<TagTableWriter> Create(const SealContext& seal,
                                               const std::string& run_directory,
                                               const std::string& identifier_type);
  // Entries in ascending order.
  absl::Status Add(crypto::ByteView entry);
  absl::Status Finish();
  std::uint64_t count() const { return file_->count(); }

 private:
  explicit TagTableWriter(std::unique_ptr<RecordFileWriter> file) : file_(std::move(file)) {}
  std::unique_ptr<RecordFileWriter> file_;
  crypto::RunTag last_{};
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_TAG_TABLE_H_
