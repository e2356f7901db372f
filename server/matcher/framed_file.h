// Immutable files of length-prefixed frames with a count and a digest: records, pairs and
// references of a run.
//
// Format: 8 bytes of magic || frames (u32 length, big-endian, then the bytes) || u32 0xffffffff ||
// u64 number of frames || SHA-512 over all before it.
#ifndef RAAKVLAK_SERVER_MATCHER_FRAMED_FILE_H_
#define RAAKVLAK_SERVER_MATCHER_FRAMED_FILE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/base/bytes.h"
#include "crypto/base/hash.h"
#include "server/common/fs.h"

namespace raakvlak::matcher {

inline constexpr std::size_t kMaxFrameBytes = 1 << 20;

// Not thread-safe. Until Finish() returns OK there is only `path`.tmp, which goes away with a
// writer that was not finished.
class FramedWriter {
 public:
  // `magic` is 8 characters.
  static absl::StatusOr<std::unique_ptr<FramedWriter>> Create(common::FileSystem& fs,
                                                              const std::string& path,
                                                              std::string_view magic);
  ~FramedWriter();

  // InvalidArgument for a frame over kMaxFrameBytes.
  absl::Status Add(crypto::ByteView frame);
  // Syncs and renames into place; gives the digest.
  absl::StatusOr<crypto::Digest> Finish();

  std::uint64_t count() const { return count_; }

 private:
  FramedWriter(common::FileSystem& fs, std::string path) : fs_(fs), path_(std::move(path)) {}
  absl::Status Append(crypto::ByteView bytes);
  absl::Status Flush();

  common::FileSystem& fs_;
  std::string path_;
  std::unique_ptr<common::WritableFile> file_;
  std::vector<std::uint8_t> buffer_;
  crypto::Sha512Hasher hasher_;
  std::uint64_t count_ = 0;
  bool finished_ = false;
};

// Not thread-safe.
class FramedReader {
 public:
  // DataLoss when the magic is another.
  static absl::StatusOr<std::unique_ptr<FramedReader>> Open(common::FileSystem& fs,
                                                            const std::string& path,
                                                            std::string_view magic);

  // The next frame, valid until the next call; nullopt at the end, when count and digest have been
  // checked too. DataLoss if anything does not fit.
  absl::StatusOr<std::optional<crypto::ByteView>> Next();

 private:
  explicit FramedReader(std::string path) : path_(std::move(path)) {}
  // Puts the next `size` bytes at the front of the buffer.
  absl::Status Fill(std::size_t size);
  absl::Status Damaged() const;

  std::string path_;
  std::unique_ptr<common::ReadableFile> file_;
  std::vector<std::uint8_t> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  crypto::Sha512Hasher hasher_;
  std::uint64_t count_ = 0;
};

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_FRAMED_FILE_H_
