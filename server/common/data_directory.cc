// lstat(2) and faccessat(2), from the directory upwards.
#include "server/common/data_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/common/fs.h"

namespace raakvlak::common {
namespace {

template <typename... Parts>
absl::Status Wrong(const std::string& path, const Parts&... parts) {
  return absl::FailedPreconditionError(absl::StrCat("data directory ", path, ": ", parts...));
}

// As the effective user; also false on a file system that is mounted read-only.
bool CanWrite(const std::string& directory) {
  return faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) == 0;
}

std::string Us() { return absl::StrCat("the user it runs as (user id ", geteuid(), ")"); }

absl::Status CheckPresent(const std::string& path, const struct stat& info) {
  if (!S_ISDIR(info.st_mode)) {
    return Wrong(path, "it is not a directory; remove it, or name another one in data_dir");
  }
  if (info.st_uid != geteuid()) {
    return Wrong(path, "it belongs to user id ", info.st_uid, ", not to ", Us(), "; chown it, or ",
                 "run the daemon and this check as its owner");
  }
  if ((info.st_mode & 077) != 0) {
    return Wrong(path, "it is open to other users; run: chmod 700 ", path);
  }
  if (!CanWrite(path)) {
    return Wrong(path, "it cannot be written (", std::strerror(errno), "); run: chmod 700 ", path,
                 ", or mount its file system for writing");
  }
  PosixFileSystem fs;
  absl::StatusOr<std::vector<std::string>> names = fs.List(path);
  if (!names.ok()) return Wrong(path, names.status().message());
  for (const std::string& name : *names) {
    struct stat held {};
    // What goes away meanwhile is a running daemon's.
    if (lstat(absl::StrCat(path, "/", name).c_str(), &held) != 0) continue;
    if (held.st_uid != geteuid()) {
      return Wrong(path, name, " in it belongs to user id ", held.st_uid, ", not to ", Us(),
                   ", as after a start under another user; run: chown -R ", geteuid(), " ", path);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> CheckDataDirectory(const std::string& path) {
  struct stat info {};
  if (lstat(path.c_str(), &info) == 0) {
    if (absl::Status s = CheckPresent(path, info); !s.ok()) return s;
    return std::string();
  }
  // Not there: the nearest parent that is must let the others be made.
  int error = errno;
  std::vector<std::string> missing;
  std::string parent = DirectoryOf(path);
  // Parents, unlike the directory itself, may be symbolic links.
  while (error == ENOENT && stat(parent.c_str(), &info) != 0) {
    error = errno;
    if (error != ENOENT) break;
    missing.insert(missing.begin(), parent);
    parent = DirectoryOf(parent);
  }
  if (error == ENOTDIR || (error == ENOENT && !S_ISDIR(info.st_mode))) {
    return Wrong(path, "a parent of it is not a directory; name another one in data_dir");
  }
  if (error != ENOENT) {
    return Wrong(path, "a parent of it cannot be looked into (", std::strerror(error), "); let ",
                 Us(), " pass through all of them");
  }
  if (!CanWrite(parent)) {
    return Wrong(path, missing.empty() ? "it" : missing.front(), " is not there, and ", Us(),
                 " may not make it in ", parent, " (", std::strerror(errno),
                 "); make it with: install -d -m 700 -o ", geteuid(), " ", path);
  }
  return missing.empty()
             ? absl::StrCat("data directory ", path, " is not there yet; the start makes it")
             : absl::StrCat("data directory ", path, " is not there yet, nor is ",
                            absl::StrJoin(missing, ", "),
                            " above it; the start makes them: is the path as meant?");
}

}  // namespace raakvlak::common
