// Ed25519 signatures (RFC 8032) over a context and a message, so that a signature made for one
// purpose is worth nothing for another.
#ifndef RAAKVLAK_CRYPTO_BASE_SIGNING_H_
#define RAAKVLAK_CRYPTO_BASE_SIGNING_H_

#include <array>
#include <compare>
#include <cstdint>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/base/bytes.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"

namespace raakvlak::crypto {

inline constexpr size_t kSignatureSize = 64;
using Signature = std::array<uint8_t, kSignatureSize>;

// A public key, 32 bytes; the contents are checked when a signature is verified.
class VerifyKey {
 public:
  static constexpr size_t kSize = 32;
  VerifyKey() = default;
  explicit VerifyKey(std::span<const uint8_t, kSize> bytes);
  // InvalidArgument unless exactly 32 bytes.
  static absl::StatusOr<VerifyKey> Parse(ByteView bytes);

  std::span<const uint8_t, kSize> bytes() const { return bytes_; }
  friend auto operator<=>(const VerifyKey&, const VerifyKey&) = default;

 private:
  std::array<uint8_t, kSize> bytes_{};
};

// A private key, kept as its 32-byte seed and the expanded form. Thread-safe once made.
class SigningKey {
 public:
  static SigningKey Generate(Random& random);
  static SigningKey FromSeed(const Secret<32>& seed);

  const VerifyKey& verify_key() const { return verify_key_; }
  // Signs "raakvlak/v1 signature" || lp(context) || message. The context names what is signed,
  // for example "run manifest"; at most 65,535 bytes.
  Signature Sign(std::string_view context, ByteView message) const;
  // For the encrypted store.
  Secret<32> Seed(SecretAccess) const;

 private:
  SigningKey() = default;
  Secret<64> expanded_;
  VerifyKey verify_key_;
};

// PermissionDenied if the signature is not good (or not canonical, or the key is of small order).
absl::Status VerifySignature(const VerifyKey& key, std::string_view context, ByteView message,
                             ByteView signature);

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BASE_SIGNING_H_
