// What a node shares with one counterpart, after the matcher's word for it has been checked: the
// shared tags of a type with their block secrets, sealed under the run's key.
#ifndef RAAKVLAK_SERVER_NODE_SHARED_FILE_H_
#define RAAKVLAK_SERVER_NODE_SHARED_FILE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "crypto/base/linkage_keys.h"
#include "crypto/oprf/output_keys.h"
#include "server/node/run_files.h"

namespace raakvlak::node {

// Shared tags of one counterpart and type, ascending: tag (16) || L (32) an entry.
std::string SharedFilePath(const std::string& run_directory, const std::string& identifier_type,
                           const std::string& counterpart);

// Tags in ascending order. Not thread-safe.
class SharedWriter {
 public:
  static absl::StatusOr<SharedWriter> Create(const RunFiles& files,
                                             const std::string& identifier_type,
                                             const std::string& counterpart);
  absl::Status Add(const crypto::RunTag& tag, crypto::BlockSecretView block_secret);
  absl::Status Finish() { return file_->Finish(); }

 private:
  explicit SharedWriter(std::unique_ptr<RecordFileWriter> file) : file_(std::move(file)) {}
  std::unique_ptr<RecordFileWriter> file_;
};

// Not thread-safe.
class SharedReader {
 public:
  static absl::StatusOr<SharedReader> Open(const RunFiles& files,
                                           const std::string& identifier_type,
                                           const std::string& counterpart);
  absl::StatusOr<bool> Next();
  const crypto::RunTag& tag() const { return tag_; }
  crypto::BlockSecretView block_secret() const;

 private:
  explicit SharedReader(std::unique_ptr<RecordFileReader> file) : file_(std::move(file)) {}
  std::unique_ptr<RecordFileReader> file_;
  crypto::RunTag tag_{};
};

// The confirmation over a counterpart's shared file.
absl::StatusOr<crypto::Confirmation> ConfirmationOf(const RunFiles& files,
                                                    const std::string& identifier_type,
                                                    const std::string& counterpart);

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_SHARED_FILE_H_
