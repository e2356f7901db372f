#include "server/common/wrapping_key.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace raakvlak::common {
namespace {

using crypto::Secret;
using crypto::SecretAccess;
using crypto::SecretBytes;

constexpr size_t kKeySize = 32;
constexpr size_t kHexSize = 2 * kKeySize;
constexpr size_t kMinPassphrase = 12;

// The key in `bytes`: raw, or hexadecimal with an optional newline.
absl::StatusOr<Secret<32>> ParseKey(const SecretBytes& bytes, const std::string& what) {
  std::span<const uint8_t> text = bytes.Reveal(SecretAccess{});
  Secret<32> key;
  std::span<uint8_t, kKeySize> out = key.Mutable(SecretAccess{});
  if (text.size() == kKeySize) {
    std::copy(text.begin(), text.end(), out.begin());
  } else {
    if (text.size() == kHexSize + 1 && text.back() == '\n') text = text.first(kHexSize);
    size_t size = 0;
    // libsodium's decoder runs in constant time.
    if (text.size() != kHexSize ||
        sodium_hex2bin(out.data(), out.size(), reinterpret_cast<const char*>(text.data()),
                       text.size(), nullptr, &size, nullptr) != 0 ||
        size != kKeySize) {
      return absl::FailedPreconditionError(
          absl::StrCat(what, " must hold 32 bytes or 64 hexadecimal digits; make one with: ",
                       "head -c32 /dev/urandom > FILE && chmod 600 FILE"));
    }
  }
  if (key == Secret<32>()) {
    return absl::FailedPreconditionError(absl::StrCat(what, " holds only zeros; make a new key"));
  }
  return key;
}

// Reads at most a key's worth from an open file and closes it.
absl::StatusOr<SecretBytes> ReadShort(int fd, const std::string& path) {
  std::array<uint8_t, kHexSize + 2> buffer{};
  size_t done = 0;
  ssize_t got = 0;
  while (done < buffer.size() &&
         (got = read(fd, buffer.data() + done, buffer.size() - done)) != 0) {
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) break;
    done += static_cast<size_t>(got);
  }
  close(fd);
  SecretBytes bytes(std::span<const uint8_t>(buffer).first(done));
  sodium_memzero(buffer.data(), buffer.size());
  if (got < 0) return absl::InternalError(absl::StrCat("cannot read ", path));
  return bytes;
}

bool Inside(const std::string& path, const std::string& directory) {
  std::error_code error;
  const auto canonical_path = std::filesystem::weakly_canonical(path, error);
  if (error) return true;
  const auto canonical_directory = std::filesystem::weakly_canonical(directory, error);
  if (error) return true;
  const auto relative = canonical_path.lexically_relative(canonical_directory);
  return !relative.empty() && *relative.begin() != "..";
}

}  // namespace

absl::StatusOr<Secret<32>> WrappingKeyFromCredential(const std::string& credentials_directory,
                                                     const std::string& name) {
  if (credentials_directory.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the wrapping key is to come from the systemd credential '", name,
        "', but $CREDENTIALS_DIRECTORY is not set; start under systemd with LoadCredential=", name,
        ":/path or LoadCredentialEncrypted="));
  }
  if (name.empty() || name.find('/') != std::string::npos || name == "." || name == "..") {
    return absl::InvalidArgumentError(
        absl::StrCat("'", name, "' is not the name of a credential; leave the directory out"));
  }
  const std::string path = absl::StrCat(credentials_directory, "/", name);
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) {
    return absl::NotFoundError(
        absl::StrCat("systemd passed no credential '", name, "'; add LoadCredential= to the unit"));
  }
  absl::StatusOr<SecretBytes> bytes = ReadShort(fd, path);
  if (!bytes.ok()) return bytes.status();
  return ParseKey(*bytes, absl::StrCat("the credential '", name, "'"));
}

absl::StatusOr<Secret<32>> WrappingKeyFromFile(const std::string& path,
                                               const std::string& data_directory) {
  if (Inside(path, data_directory)) {
    return absl::FailedPreconditionError(
        absl::StrCat("the wrapping key ", path, " lies inside the data directory ", data_directory,
                     ": whoever copies the data has the key too; move it elsewhere"));
  }
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    const std::string reason = std::generic_category().message(errno);
    const std::string message = absl::StrCat("cannot open the wrapping key ", path, ": ", reason);
    return errno == ENOENT ? absl::NotFoundError(message) : absl::PermissionDeniedError(message);
  }
  struct stat info {};
  std::string wrong;
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    wrong = absl::StrCat(path, " is not a regular file");
  } else if (info.st_uid != geteuid()) {
    wrong = absl::StrCat("the wrapping key ", path, " belongs to user id ", info.st_uid,
                         ", not to the user of this program; chown it");
  } else if ((info.st_mode & 0177) != 0) {
    wrong = absl::StrCat("the wrapping key ", path,
                         " is open to others or executable; run: chmod 600 ", path);
  }
  if (!wrong.empty()) {
    close(fd);
    return absl::FailedPreconditionError(wrong);
  }
  absl::StatusOr<SecretBytes> bytes = ReadShort(fd, path);
  if (!bytes.ok()) return bytes.status();
  return ParseKey(*bytes, path);
}

absl::StatusOr<Secret<32>> WrappingKeyFromPassphrase(FileSystem& fs, const SecretBytes& passphrase,
                                                     const std::string& salt_path,
                                                     crypto::Random& random, PassphraseCost cost) {
  if (passphrase.size() < kMinPassphrase) {
    return absl::InvalidArgumentError(
        absl::StrCat("the passphrase must have at least ", kMinPassphrase, " bytes"));
  }
  std::array<uint8_t, crypto_pwhash_SALTBYTES> salt{};
  if (fs.Exists(salt_path)) {
    absl::StatusOr<std::string> text = ReadFile(fs, salt_path, 1024);
    if (!text.ok()) return text.status();
    if (text->size() != salt.size()) {
      return absl::DataLossError(
          absl::StrCat(salt_path, " must hold ", salt.size(), " bytes; restore it from a backup"));
    }
    std::copy(text->begin(), text->end(), salt.begin());
  } else {
    random.Fill(salt);
    if (absl::Status status = WriteFileAtomic(fs, salt_path, salt); !status.ok()) return status;
  }
  Secret<32> key;
  std::span<const uint8_t> text = passphrase.Reveal(SecretAccess{});
  if (crypto_pwhash(key.Mutable(SecretAccess{}).data(), kKeySize,
                    reinterpret_cast<const char*>(text.data()), text.size(), salt.data(),
                    cost.operations, static_cast<size_t>(cost.memory_bytes),
                    crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return absl::ResourceExhaustedError(absl::StrCat("deriving the wrapping key needs ",
                                                     cost.memory_bytes >> 20,
                                                     " MiB of memory, which is not there"));
  }
  return key;
}

}  // namespace raakvlak::common
