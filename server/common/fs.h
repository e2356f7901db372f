// The file system behind one seam, so that tests can make any step of it fail.
#ifndef RAAKVLAK_SERVER_COMMON_FS_H_
#define RAAKVLAK_SERVER_COMMON_FS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace raakvlak::common {

// A file being written. Not thread-safe. Going away without Close() closes it silently.
class WritableFile {
 public:
  virtual ~WritableFile() = default;
  // All of the bytes or an error; after an error the file's content is unknown.
  virtual absl::Status Append(std::span<const uint8_t> bytes) = 0;
  // What was appended survives a power failure once this returns OK.
  virtual absl::Status Sync() = 0;
  virtual absl::Status Close() = 0;
};

// A file being read. Not thread-safe.
class ReadableFile {
 public:
  virtual ~ReadableFile() = default;
  // Fills `out` as far as the file goes and returns how much: less than asked only at the end.
  virtual absl::StatusOr<size_t> Read(std::span<uint8_t> out) = 0;
  // The next Read() starts `offset` bytes from the beginning.
  virtual absl::Status Seek(uint64_t offset) = 0;
  // Size when it was opened, in bytes.
  virtual uint64_t size() const = 0;
};

// Thread-safe. Errors name the path and the reason: NotFound, PermissionDenied, AlreadyExists,
// ResourceExhausted (disk full), else Internal.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // A new, empty file with mode 0600; an existing one is emptied.
  virtual absl::StatusOr<std::unique_ptr<WritableFile>> Create(const std::string& path) = 0;
  // Writes go to the end; made with mode 0600 if it is not there.
  virtual absl::StatusOr<std::unique_ptr<WritableFile>> OpenAppend(const std::string& path) = 0;
  virtual absl::StatusOr<std::unique_ptr<ReadableFile>> OpenRead(const std::string& path) = 0;
  // Replaces `to` in one step.
  virtual absl::Status Rename(const std::string& from, const std::string& to) = 0;
  // Cuts a file to `size` bytes and syncs it.
  virtual absl::Status Truncate(const std::string& path, uint64_t size) = 0;
  // A file; OK if it was not there.
  virtual absl::Status Remove(const std::string& path) = 0;
  // A directory with all that is in it, following no symbolic link; OK if it was not there.
  virtual absl::Status RemoveTree(const std::string& path) = 0;
  // Makes creations, renames and removals in a directory survive a power failure.
  virtual absl::Status SyncDirectory(const std::string& path) = 0;
  // Makes a directory (and its parents) with mode 0700. If it is there already it must belong to
  // this user and be closed to others, else FailedPrecondition.
  virtual absl::Status MakePrivateDirectory(const std::string& path) = 0;
  // Names (not paths) in a directory, sorted, without . and ..
  virtual absl::StatusOr<std::vector<std::string>> List(const std::string& path) = 0;
  virtual bool Exists(const std::string& path) = 0;
};

// The operating system's. Holds no state; make one in main and pass it on.
class PosixFileSystem : public FileSystem {
 public:
  absl::StatusOr<std::unique_ptr<WritableFile>> Create(const std::string& path) override;
  absl::StatusOr<std::unique_ptr<WritableFile>> OpenAppend(const std::string& path) override;
  absl::StatusOr<std::unique_ptr<ReadableFile>> OpenRead(const std::string& path) override;
  absl::Status Rename(const std::string& from, const std::string& to) override;
  absl::Status Truncate(const std::string& path, uint64_t size) override;
  absl::Status Remove(const std::string& path) override;
  absl::Status RemoveTree(const std::string& path) override;
  absl::Status SyncDirectory(const std::string& path) override;
  absl::Status MakePrivateDirectory(const std::string& path) override;
  absl::StatusOr<std::vector<std::string>> List(const std::string& path) override;
  bool Exists(const std::string& path) override;
};

// "a/b.txt" -> "a"; "b.txt" -> "."; "/b" -> "/".
std::string DirectoryOf(const std::string& path);

// Writes beside the target, syncs, renames, syncs the directory: after a crash the file holds
// either the old or the new bytes. Mode 0600. `path` + ".tmp" is used on the way.
absl::Status WriteFileAtomic(FileSystem& fs, const std::string& path,
                             std::span<const uint8_t> bytes);
absl::Status WriteFileAtomic(FileSystem& fs, const std::string& path, std::string_view text);

// The whole file; ResourceExhausted if it is larger than `max_bytes`.
absl::StatusOr<std::string> ReadFile(FileSystem& fs, const std::string& path, uint64_t max_bytes);

}  // namespace raakvlak::common

#endif  // RAAKVLAK_SERVER_COMMON_FS_H_
