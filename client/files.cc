// The files that `raak` reads and writes.
#include "client/files.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "authority/key_text.h"

namespace raakvlak::client {
namespace {

constexpr size_t kPieceBytes = 256 << 10;

absl::Status FileError(const std::string& what, const std::string& path, int error) {
  const std::string message = absl::StrCat(what, " ", path, ": ", std::strerror(error));
  if (error == EEXIST) return absl::AlreadyExistsError(message);
  return absl::InvalidArgumentError(message);
}

// Closes on destruction.
class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ > STDERR_FILENO) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }
  bool ok() const { return fd_ >= 0; }

 private:
  int fd_;
};

absl::Status WriteAll(int fd, const std::string& path, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n < 0) {
      if (errno == EINTR) continue;
      return FileError("cannot write", path, errno);
    }
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  if (fsync(fd) != 0 && errno != EINVAL) return FileError("cannot write", path, errno);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes) {
  std::string contents;
  absl::Status status = ReadPieces(path, [&](std::string_view piece, uint64_t, uint64_t) {
    if (contents.size() + piece.size() > max_bytes) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, " is larger than ", max_bytes, " bytes; is it the right file?"));
    }
    contents.append(piece);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return contents;
}

absl::Status WriteFile(const std::string& path, std::string_view contents) {
  const std::string temporary = absl::StrCat(path, ".tmp", getpid());
  {
    File file(open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!file.ok()) return FileError("cannot write", path, errno);
    if (absl::Status s = WriteAll(file.fd(), path, contents); !s.ok()) {
      unlink(temporary.c_str());
      return s;
    }
  }
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    unlink(temporary.c_str());
    return FileError("cannot write", path, error);
  }
  return absl::OkStatus();
}

absl::Status WriteNewSecretFile(const std::string& path, const crypto::SecretBytes& contents) {
  File file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.ok()) return FileError("cannot make", path, errno);
  const auto bytes = contents.Reveal(crypto::SecretAccess{});
  return WriteAll(file.fd(), path,
                  std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

absl::StatusOr<crypto::SigningKey> ReadSigningKey(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return FileError("cannot read", path, errno);
  if ((info.st_mode & 077) != 0) {
    return absl::PermissionDeniedError(
        absl::StrCat(path, " can be read by others; `chmod 600 ", path, "` first"));
  }
  auto text = ReadFile(path, 4096);
  if (!text.ok()) return text.status();
  auto key = authority::ParseSigningKey(*text);
  sodium_memzero(text->data(), text->size());
  if (!key.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": ", std::string(key.status().message())));
  }
  return key;
}

absl::Status ReadPieces(const std::string& path, const PieceSink& sink) {
  File file(path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.ok()) return FileError("cannot read", DisplayName(path), errno);
  struct stat info {};
  if (fstat(file.fd(), &info) != 0) return FileError("cannot read", path, errno);
  if (S_ISDIR(info.st_mode)) return FileError("cannot read", path, EISDIR);
  const uint64_t total = S_ISREG(info.st_mode) ? static_cast<uint64_t>(info.st_size) : 0;
  std::vector<char> buffer(kPieceBytes);
  uint64_t done = 0;
  while (true) {
    const ssize_t n = read(file.fd(), buffer.data(), buffer.size());
    if (n < 0) {
      if (errno == EINTR) continue;
      return FileError("cannot read", path, errno);
    }
    if (n == 0) return absl::OkStatus();
    done += static_cast<uint64_t>(n);
    const std::string_view piece(buffer.data(), static_cast<size_t>(n));
    if (absl::Status s = sink(piece, done, total); !s.ok()) return s;
  }
}

absl::Status InFile(const std::string& path, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
}

std::string DisplayName(const std::string& path) { return path == "-" ? "standard input" : path; }

}  // namespace raakvlak::client
