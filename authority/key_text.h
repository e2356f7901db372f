// The file form of a signing key (an officer's, a node's roster key, the matcher's): one line that
// names it and one with the seed in hexadecimal. The file must be readable by its owner alone.
#ifndef RAAKVLAK_AUTHORITY_KEY_TEXT_H_
#define RAAKVLAK_AUTHORITY_KEY_TEXT_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "crypto/base/signing.h"

namespace raakvlak::authority {

// The text holds the secret; the caller wipes what it no longer needs (crypto::SecretBytes).
crypto::SecretBytes FormatSigningKey(const crypto::SigningKey& key);

// InvalidArgument when the text is no such key; the error never quotes it.
absl::StatusOr<crypto::SigningKey> ParseSigningKey(std::string_view text);

// A public key as people pass it on and configuration files hold it: 64 hexadecimal digits.
std::string FormatVerifyKey(const crypto::VerifyKey& key);
absl::StatusOr<crypto::VerifyKey> ParseVerifyKey(std::string_view text);

}  // namespace raakvlak::authority

#endif  // RAAKVLAK_AUTHORITY_KEY_TEXT_H_
