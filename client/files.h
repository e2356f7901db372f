// The files that `raak` reads and writes, with errors that name them.
#ifndef RAAKVLAK_CLIENT_FILES_H_
#define RAAKVLAK_CLIENT_FILES_H_

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/base/secret.h"
#include "crypto/base/signing.h"

namespace raakvlak::client {

// A small file whole; at most `max_bytes`.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes = 4 << 20);

// Replaces the file at once or not at all.
absl::Status WriteFile(const std::string& path, std::string_view contents);

// A new file of mode 0600; AlreadyExists if there is one: a key is never overwritten.
absl::Status WriteNewSecretFile(const std::string& path, const crypto::SecretBytes& contents);

// A signing key; refused when others may read the file.
absl::StatusOr<crypto::SigningKey> ReadSigningKey(const std::string& path);

// Hands the file to `sink` in pieces of at most 256 KiB; `sink` also gets the bytes so far and in
// all (0 in all when it is a pipe). "-" is standard input.
using PieceSink =
    std::function<absl::Status(std::string_view piece, uint64_t done, uint64_t total)>;
absl::Status ReadPieces(const std::string& path, const PieceSink& sink);

// Puts an error behind the file's name; OK stays OK.
absl::Status InFile(const std::string& path, const absl::Status& status);

// What messages call the file: its path, or "standard input".
std::string DisplayName(const std::string& path);

}  // namespace raakvlak::client

#endif  // RAAKVLAK_CLIENT_FILES_H_
