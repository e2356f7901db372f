// A sealed file (server/common/sealed_file.h) as a sequence of byte strings: each with a four-byte
// big-endian length before it. Read as a stream, so a file may be larger than memory.
#ifndef RAAKVLAK_SERVER_NODE_RECORD_FILE_H_
#define RAAKVLAK_SERVER_NODE_RECORD_FILE_H_

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "crypto/base/bytes.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"
#include "server/common/fs.h"
#include "server/common/sealed_file.h"

namespace raakvlak::node {

// What every store of this room seals with; all must outlive the store.
struct SealContext {
  common::FileSystem* fs = nullptr;
  crypto::Random* random = nullptr;
  const crypto::Secret<32>* key = nullptr;
};

inline constexpr std::size_t kMaxRecordBytes = std::size_t{16} << 20;

// Not thread-safe. Nothing is at `path` until Finish() returns OK.
class RecordFileWriter {
 public:
  static absl::StatusOr<std::unique_ptr<RecordFileWriter>> Create(const SealContext& seal,
                                                                  const std::string& path,
                                                                  std::string_view label);
  // InvalidArgument over kMaxRecordBytes.
  absl::Status Add(crypto::ByteView record);
  // A record of parts that stand in several places.
  absl::Status AddJoined(std::initializer_list<crypto::ByteView> parts);
  absl::Status Finish(bool durable = true);
  std::uint64_t count() const { return count_; }

 private:
  explicit RecordFileWriter(std::unique_ptr<common::SealedWriter> writer)
      : writer_(std::move(writer)) {}
  std::unique_ptr<common::SealedWriter> writer_;
  std::uint64_t count_ = 0;
};

// Not thread-safe.
class RecordFileReader {
 public:
  static absl::StatusOr<std::unique_ptr<RecordFileReader>> Open(const SealContext& seal,
                                                                const std::string& path,
                                                                std::string_view label);
  // False after the last record. DataLoss if the file is not whole.
  absl::StatusOr<bool> Next();
  // The record of the last Next() that gave true; valid until the next one.
  crypto::ByteView record() const;

 private:
  explicit RecordFileReader(std::unique_ptr<common::SealedReader> reader)
      : reader_(std::move(reader)) {}
  std::unique_ptr<common::SealedReader> reader_;
  crypto::SecretBytes buffer_;
  std::size_t size_ = 0;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_RECORD_FILE_H_
