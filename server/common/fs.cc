#include "server/common/fs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace raakvlak::common {
namespace {

std::string Reason(int error) { return std::generic_category().message(error); }

absl::Status Failure(int error, std::string_view doing, const std::string& path) {
  const std::string message =
      absl::StrCat("cannot ", std::string(doing), " ", path, ": ", Reason(error));
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return absl::NotFoundError(message);
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::PermissionDeniedError(message);
    case EEXIST:
      return absl::AlreadyExistsError(message);
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
      return absl::ResourceExhaustedError(message);
    default:
      return absl::InternalError(message);
  }
}

class PosixWritableFile : public WritableFile {
 public:
  PosixWritableFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~PosixWritableFile() override {
    if (fd_ >= 0) close(fd_);
  }

  absl::Status Append(std::span<const uint8_t> bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = write(fd_, bytes.data(), bytes.size());
      if (written < 0) {
        if (errno == EINTR) continue;
        return Failure(errno, "write", path_);
      }
      bytes = bytes.subspan(static_cast<size_t>(written));
    }
    return absl::OkStatus();
  }
  absl::Status Sync() override {
    if (fsync(fd_) != 0) return Failure(errno, "sync", path_);
    return absl::OkStatus();
  }
  absl::Status Close() override {
    const int fd = std::exchange(fd_, -1);
    if (fd >= 0 && close(fd) != 0) return Failure(errno, "close", path_);
    return absl::OkStatus();
  }

 private:
  int fd_;
  std::string path_;
};

class PosixReadableFile : public ReadableFile {
 public:
  PosixReadableFile(int fd, uint64_t size, std::string path)
      : fd_(fd), size_(size), path_(std::move(path)) {}
  ~PosixReadableFile() override { close(fd_); }

  absl::StatusOr<size_t> Read(std::span<uint8_t> out) override {
    size_t done = 0;
    while (done < out.size()) {
      const ssize_t got = read(fd_, out.data() + done, out.size() - done);
      if (got < 0) {
        if (errno == EINTR) continue;
        return Failure(errno, "read", path_);
      }
      if (got == 0) break;
      done += static_cast<size_t>(got);
    }
    return done;
  }
  absl::Status Seek(uint64_t offset) override {
    if (lseek(fd_, static_cast<off_t>(offset), SEEK_SET) < 0) return Failure(errno, "seek", path_);
    return absl::OkStatus();
  }
  uint64_t size() const override { return size_; }

 private:
  const int fd_;
  const uint64_t size_;
  const std::string path_;
};

absl::StatusOr<std::unique_ptr<WritableFile>> OpenWritable(const std::string& path, int flags) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
  if (fd < 0) return Failure(errno, "open for writing", path);
  return std::make_unique<PosixWritableFile>(fd, path);
}

absl::Status CheckPrivate(const std::string& path) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) return Failure(errno, "look at", path);
  if (!S_ISDIR(info.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat(path, " is not a directory"));
  }
  if (info.st_uid != geteuid()) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " belongs to user id ", info.st_uid, ", not to us; chown it"));
  }
  if ((info.st_mode & 077) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is open to other users; run: chmod 700 ", path));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<WritableFile>> PosixFileSystem::Create(const std::string& path) {
  return OpenWritable(path, O_TRUNC);
}

absl::StatusOr<std::unique_ptr<WritableFile>> PosixFileSystem::OpenAppend(const std::string& path) {
  return OpenWritable(path, O_APPEND);
}

absl::StatusOr<std::unique_ptr<ReadableFile>> PosixFileSystem::OpenRead(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Failure(errno, "open", path);
  struct stat info {};
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    close(fd);
    return absl::InternalError(absl::StrCat("cannot read ", path, ": not a regular file"));
  }
  return std::make_unique<PosixReadableFile>(fd, static_cast<uint64_t>(info.st_size), path);
}

absl::Status PosixFileSystem::Rename(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) != 0) return Failure(errno, "rename to", to);
  return absl::OkStatus();
}

absl::Status PosixFileSystem::Truncate(const std::string& path, uint64_t size) {
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return Failure(errno, "open for writing", path);
  const bool done = ftruncate(fd, static_cast<off_t>(size)) == 0 && fsync(fd) == 0;
  const int error = errno;
  close(fd);
  if (!done) return Failure(error, "cut", path);
  return absl::OkStatus();
}

absl::Status PosixFileSystem::Remove(const std::string& path) {
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return Failure(errno, "remove", path);
  return absl::OkStatus();
}

absl::Status PosixFileSystem::RemoveTree(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return Failure(error.value(), "remove", path);
  return absl::OkStatus();
}

absl::Status PosixFileSystem::SyncDirectory(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return Failure(errno, "open", path);
  const bool done = fsync(fd) == 0;
  const int error = errno;
  close(fd);
  if (!done) return Failure(error, "sync", path);
  return absl::OkStatus();
}

absl::Status PosixFileSystem::MakePrivateDirectory(const std::string& path) {
  if (mkdir(path.c_str(), 0700) == 0) return absl::OkStatus();
  if (errno == EEXIST) return CheckPrivate(path);
  if (errno != ENOENT) return Failure(errno, "make the directory", path);
  const std::string parent = DirectoryOf(path);
  if (parent == path || parent == ".") return Failure(ENOENT, "make the directory", path);
  if (!Exists(parent)) {
    if (absl::Status status = MakePrivateDirectory(parent); !status.ok()) return status;
  }
  if (mkdir(path.c_str(), 0700) != 0) return Failure(errno, "make the directory", path);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> PosixFileSystem::List(const std::string& path) {
  std::error_code error;
  std::vector<std::string> names;
  std::filesystem::directory_iterator at(path, error);
  const std::filesystem::directory_iterator end;
  while (!error && at != end) {
    names.push_back(at->path().filename().string());
    at.increment(error);
  }
  if (error) return Failure(error.value(), "list", path);
  std::sort(names.begin(), names.end());
  return names;
}

bool PosixFileSystem::Exists(const std::string& path) {
  struct stat info {};
  return lstat(path.c_str(), &info) == 0;
}

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

absl::Status WriteFileAtomic(FileSystem& fs, const std::string& path,
                             std::span<const uint8_t> bytes) {
  const std::string temporary = path + ".tmp";
  const auto write = [&]() -> absl::Status {
    absl::StatusOr<std::unique_ptr<WritableFile>> file = fs.Create(temporary);
    if (!file.ok()) return file.status();
    if (absl::Status status = (*file)->Append(bytes); !status.ok()) return status;
    if (absl::Status status = (*file)->Sync(); !status.ok()) return status;
    if (absl::Status status = (*file)->Close(); !status.ok()) return status;
    return fs.Rename(temporary, path);
  };
  if (absl::Status status = write(); !status.ok()) {
    fs.Remove(temporary).IgnoreError();
    return status;
  }
  return fs.SyncDirectory(DirectoryOf(path));
}

absl::Status WriteFileAtomic(FileSystem& fs, const std::string& path, std::string_view text) {
  return WriteFileAtomic(
      fs, path,
      std::span<const uint8_t>(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
}

absl::StatusOr<std::string> ReadFile(FileSystem& fs, const std::string& path, uint64_t max_bytes) {
  absl::StatusOr<std::unique_ptr<ReadableFile>> file = fs.OpenRead(path);
  if (!file.ok()) return file.status();
  if ((*file)->size() > max_bytes) {
    return absl::ResourceExhaustedError(absl::StrCat(
        path, " has ", (*file)->size(), " bytes; at most ", max_bytes, " are accepted"));
  }
  std::string text(static_cast<size_t>((*file)->size()), '\0');
  absl::StatusOr<size_t> got =
      (*file)->Read(std::span<uint8_t>(reinterpret_cast<uint8_t*>(text.data()), text.size()));
  if (!got.ok()) return got.status();
  text.resize(*got);
  return text;
}

}  // namespace raakvlak::common
