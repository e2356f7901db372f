// Sets of 16-byte tags as sorted, immutable files: strictly ascending, counted, with a digest.
//
// Format: "RVTAGS01" || the tags || u64 count (big-endian) || SHA-512 over all before it.
#ifndef RAAKVLAK_SERVER_COMMON_SORTED_FILE_H_
#define RAAKVLAK_SERVER_COMMON_SORTED_FILE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/base/hash.h"
#include "server/common/fs.h"

namespace raakvlak::common {

inline constexpr size_t kSortedFileTagSize = 16;
using FileTag = std::array<uint8_t, kSortedFileTagSize>;

// Not thread-safe. Until Finish() returns OK there is only `path`.tmp, which goes away with a
// writer that was not finished.
class SortedFileWriter {
 public:
  static absl::StatusOr<std::unique_ptr<SortedFileWriter>> Create(FileSystem& fs,
                                                                  const std::string& path);
  ~SortedFileWriter();

  // InvalidArgument unless it is greater than the tag before: unsorted and duplicate are refused.
  absl::Status Add(const FileTag& tag);
  // A run of packed tags, as they come over the wire; InvalidArgument unless whole tags. After an
  // error the file is good for nothing.
  absl::Status AddPacked(std::span<const uint8_t> tags);
  // Syncs and renames into place; gives the digest.
  absl::StatusOr<crypto::Digest> Finish();

  uint64_t count() const { return count_; }

 private:
  SortedFileWriter(FileSystem& fs, std::string path);
  absl::Status Flush();

  FileSystem& fs_;
  std::string path_;
  std::unique_ptr<WritableFile> file_;
  std::vector<uint8_t> buffer_;
  crypto::Sha512Hasher hasher_;
  FileTag last_{};
  uint64_t count_ = 0;
  bool finished_ = false;
};

// Streams a file with 64 KiB of buffer. Not thread-safe.
class SortedFileReader {
 public:
  // DataLoss if magic, size or count do not fit together.
  static absl::StatusOr<std::unique_ptr<SortedFileReader>> Open(FileSystem& fs,
                                                                const std::string& path);

  // False after the last tag; then the digest has been checked too (DataLoss if it differs).
  absl::StatusOr<bool> Next();
  // The tag of the last Next() that gave true.
  const FileTag& tag() const { return tag_; }

  uint64_t count() const { return count_; }
  // As the file states it.
  const crypto::Digest& digest() const { return digest_; }

 private:
  explicit SortedFileReader(std::string path) : path_(std::move(path)) {}

  std::string path_;
  std::unique_ptr<ReadableFile> file_;
  std::vector<uint8_t> buffer_;
  size_t used_ = 0;
  crypto::Sha512Hasher hasher_;
  crypto::Digest digest_{};
  FileTag tag_{};
  uint64_t count_ = 0;
  uint64_t read_ = 0;  // tags taken from the file into the buffer
  uint64_t given_ = 0;
  bool checked_ = false;
};

}  // namespace raakvlak::common

#endif  // RAAKVLAK_SERVER_COMMON_SORTED_FILE_H_
