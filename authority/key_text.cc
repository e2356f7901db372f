// Reading and writing the file form of signing keys.
#include "authority/key_text.h"

#include <sodium.h>

#include <vector>

#include "absl/strings/ascii.h"

namespace raakvlak::authority {
namespace {

constexpr std::string_view kHeader = "raakvlak signing key v1\n";
constexpr size_t kSeedDigits = 64;

absl::Status NotAKey() {
  return absl::InvalidArgumentError(
      "this is not a signing key of Raakvlak; make one with `raak keys new`");
}

}  // namespace

crypto::SecretBytes FormatSigningKey(const crypto::SigningKey& key) {
  const crypto::Secret<32> seed = key.Seed(crypto::SecretAccess{});
  crypto::SecretBytes text(kHeader.size() + kSeedDigits + 1);
  auto out = text.Mutable(crypto::SecretAccess{});
  std::copy(kHeader.begin(), kHeader.end(), out.begin());
  // sodium_bin2hex is constant time; it ends with a NUL where the newline goes.
  sodium_bin2hex(reinterpret_cast<char*>(out.data() + kHeader.size()), kSeedDigits + 1,
                 seed.Reveal(crypto::SecretAccess{}).data(), crypto::Secret<32>::kSize);
  out[out.size() - 1] = '\n';
  return text;
}

absl::StatusOr<crypto::SigningKey> ParseSigningKey(std::string_view text) {
  if (text.substr(0, kHeader.size()) != kHeader) return NotAKey();
  text.remove_prefix(kHeader.size());
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  if (text.size() != kSeedDigits) return NotAKey();
  crypto::Secret<32> seed;
  size_t size = 0;
  if (sodium_hex2bin(seed.Mutable(crypto::SecretAccess{}).data(), 32, text.data(), text.size(),
                     nullptr, &size, nullptr) != 0 ||
      size != 32) {
    return NotAKey();
  }
  return crypto::SigningKey::FromSeed(seed);
}

std::string FormatVerifyKey(const crypto::VerifyKey& key) { return crypto::ToHex(key.bytes()); }

absl::StatusOr<crypto::VerifyKey> ParseVerifyKey(std::string_view text) {
  auto bytes = crypto::FromHex(text);
  if (!bytes.ok() || bytes->size() != crypto::VerifyKey::kSize) {
    return absl::InvalidArgumentError("a public key must be 64 hexadecimal digits");
  }
  return crypto::VerifyKey::Parse(*bytes);
}

}  // namespace raakvlak::authority
