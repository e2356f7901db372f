// One program at a time in a data directory: two daemons over one directory would count budgets,
// journal and erase behind each other's back.
#ifndef RAAKVLAK_SERVER_COMMON_DIRECTORY_LOCK_H_
#define RAAKVLAK_SERVER_COMMON_DIRECTORY_LOCK_H_

#include <string>

#include "absl/status/statusor.h"

namespace raakvlak::common {

// Holds `directory` until destroyed; the kernel lets go of it when the process ends, however it
// ends. Movable, not copyable. Not on the FileSystem seam: a lock is the kernel's, not a file's.
class DirectoryLock {
 public:
  // The directory must be there. FailedPrecondition if another holder has it; Internal if the lock
  // file cannot be made.
  static absl::StatusOr<DirectoryLock> Take(const std::string& directory);

  // Holds nothing.
  DirectoryLock() = default;
  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&& other) noexcept;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace raakvlak::common

#endif  // RAAKVLAK_SERVER_COMMON_DIRECTORY_LOCK_H_
