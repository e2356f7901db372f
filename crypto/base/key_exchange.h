// X25519 key agreement (RFC 7748) with ephemeral keys.
#ifndef RAAKVLAK_CRYPTO_BASE_KEY_EXCHANGE_H_
#define RAAKVLAK_CRYPTO_BASE_KEY_EXCHANGE_H_

#include <array>
#include <cstdint>
#include <span>

#include "absl/status/statusor.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"

namespace raakvlak::crypto {

using ExchangePublicKey = std::array<uint8_t, 32>;

// One side's ephemeral key. Thread-safe once made; erased with the object.
class ExchangeKey {
 public:
  static ExchangeKey Generate(Random& random);
  static ExchangeKey FromSecret(const Secret<32>& secret);

  const ExchangePublicKey& public_key() const { return public_key_; }
  // The shared secret, to be put through HKDF. InvalidArgument if the peer's key is of small order
  // (the result would be all zeros, RFC 7748 section 6.1).
  absl::StatusOr<Secret<32>> Agree(const ExchangePublicKey& peer) const;
  // For the encrypted store.
  Secret<32> PrivateKey(SecretAccess) const { return secret_.Clone(SecretAccess{}); }

 private:
  ExchangeKey() = default;
  Secret<32> secret_;
  ExchangePublicKey public_key_{};
};

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BASE_KEY_EXCHANGE_H_
