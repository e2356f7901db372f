// Where the key comes from that wraps everything secret on this machine: outside the data
// directory, so that a copy of the data directory alone opens nothing.
#ifndef RAAKVLAK_SERVER_COMMON_WRAPPING_KEY_H_
#define RAAKVLAK_SERVER_COMMON_WRAPPING_KEY_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"
#include "server/common/fs.h"

namespace raakvlak::common {

// Key files hold 32 bytes, or 64 hexadecimal digits with an optional newline
// (`head -c32 /dev/urandom > file`). Errors say which file and what to do; never what is in it.

// A systemd credential (LoadCredential=, LoadCredentialEncrypted=): `name` in
// `credentials_directory`, the value of $CREDENTIALS_DIRECTORY. A name with a slash is refused.
absl::StatusOr<crypto::Secret<32>> WrappingKeyFromCredential(
    const std::string& credentials_directory, const std::string& name);

// A file that belongs to this user, has mode 0600 or 0400 and does not lie inside
// `data_directory` (symbolic links resolved); anything else is FailedPrecondition.
absl::StatusOr<crypto::Secret<32>> WrappingKeyFromFile(const std::string& path,
                                                       const std::string& data_directory);

struct PassphraseCost {
  uint64_t operations = 3;               // passes over the memory
  uint64_t memory_bytes = 256ull << 20;  // libsodium's MODERATE
};
// Argon2id (RFC 9106) of a passphrase of at least 12 bytes. The salt (16 random bytes, not secret)
// stands in `salt_path` and is made at the first call.
absl::StatusOr<crypto::Secret<32>> WrappingKeyFromPassphrase(FileSystem& fs,
                                                             const crypto::SecretBytes& passphrase,
                                                             const std::string& salt_path,
                                                             crypto::Random& random,
                                                             PassphraseCost cost = {});

}  // namespace raakvlak::common

#endif  // RAAKVLAK_SERVER_COMMON_WRAPPING_KEY_H_
