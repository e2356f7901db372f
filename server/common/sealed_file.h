// A file as a sequence of sealed blocks: it can be written and read as a stream, and nothing in it
// can be altered, cut off, reordered or brought over from another file without being refused.
//
// Format: header = "RVSEAL01" || 16 random bytes of file id; then blocks, each
// nonce (24) || ciphertext || tag (16) of XChaCha20-Poly1305 over 64 KiB of plaintext (the last one
// 0 to 64 KiB), with associated data
//   lp("raakvlak/v1 sealed file") || lp(label) || header || u64 block number || u8 last block or
//   not.
// (The construction of STREAM, Hoang, Reyhanitabar, Rogaway, Vizar 2015, with random nonces.)
#ifndef RAAKVLAK_SERVER_COMMON_SEALED_FILE_H_
#define RAAKVLAK_SERVER_COMMON_SEALED_FILE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "crypto/base/bytes.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"
#include "server/common/fs.h"

namespace raakvlak::common {

inline constexpr size_t kSealedBlockSize = 64 * 1024;
inline constexpr size_t kSealedHeaderSize = 24;

// Not thread-safe. Until Finish() returns OK there is only `path`.tmp, which goes away with a
// writer that was not finished.
class SealedWriter {
 public:
  // `label` says what the file is (e.g. "evaluation cache"); reading needs the same one. `fs` and
  // `random` must outlive the writer.
  static absl::StatusOr<std::unique_ptr<SealedWriter>> Create(FileSystem& fs,
                                                              const std::string& path,
                                                              const crypto::Secret<32>& key,
                                                              std::string_view label,
                                                              crypto::Random& random);
  ~SealedWriter();

  absl::Status Write(crypto::ByteView bytes);
  // Seals the last block, syncs, renames into place, syncs the directory. `durable` false leaves
  // the syncs out: for scratch files that die with the process.
  absl::Status Finish(bool durable = true);

 private:
  SealedWriter(FileSystem& fs, std::string path, crypto::Secret<32> key, std::string label,
               crypto::Random& random);
  absl::Status Flush(bool last);

  FileSystem& fs_;
  std::string path_;
  crypto::Secret<32> key_;
  std::string label_;
  crypto::Random& random_;
  std::array<uint8_t, kSealedHeaderSize> header_{};
  std::unique_ptr<WritableFile> file_;
  crypto::SecretBytes box_;  // with room around the plaintext, which is sealed where it stands
  size_t buffered_ = 0;      // bytes of plaintext
  uint64_t block_ = 0;
  bool finished_ = false;
};

// Not thread-safe. Every byte given out has been authenticated; the whole file has once Read()
// returned 0.
class SealedReader {
 public:
  // DataLoss if the header or the size cannot be right.
  static absl::StatusOr<std::unique_ptr<SealedReader>> Open(FileSystem& fs, const std::string& path,
                                                            const crypto::Secret<32>& key,
                                                            std::string_view label);

  // Fills `out`; less than asked only at the end of the file, 0 at the end. DataLoss if the file
  // was altered, cut off or is not of this key and label.
  absl::StatusOr<size_t> Read(std::span<uint8_t> out);
  // All of `out`, or DataLoss if the file ends before.
  absl::Status ReadExactly(std::span<uint8_t> out);

 private:
  SealedReader(std::string path, crypto::Secret<32> key, std::string label);
  absl::Status NextBlock();

  std::string path_;
  crypto::Secret<32> key_;
  std::string label_;
  std::array<uint8_t, kSealedHeaderSize> header_{};
  std::unique_ptr<ReadableFile> file_;
  uint64_t remaining_ = 0;  // sealed bytes not yet read
  uint64_t block_ = 0;
  crypto::SecretBytes box_;  // a block, opened where it stands
  crypto::ByteView unread_;  // what is left of its plaintext
  bool last_ = false;
};

// Small secrets in one go.
absl::Status WriteSealedFile(FileSystem& fs, const std::string& path, const crypto::Secret<32>& key,
                             std::string_view label, crypto::ByteView bytes,
                             crypto::Random& random);
// ResourceExhausted over `max_bytes` of plaintext.
absl::StatusOr<crypto::SecretBytes> ReadSealedFile(FileSystem& fs, const std::string& path,
                                                   const crypto::Secret<32>& key,
                                                   std::string_view label, uint64_t max_bytes);

}  // namespace raakvlak::common

#endif  // RAAKVLAK_SERVER_COMMON_SEALED_FILE_H_
