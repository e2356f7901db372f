// X25519 over libsodium.
#include "crypto/base/key_exchange.h"

#include <sodium.h>

namespace raakvlak::crypto {

ExchangeKey ExchangeKey::Generate(Random& random) { return FromSecret(random.NewSecret<32>()); }

ExchangeKey ExchangeKey::FromSecret(const Secret<32>& secret) {
  ExchangeKey key;
  key.secret_ = secret.Clone(SecretAccess{});
  crypto_scalarmult_base(key.public_key_.data(), key.secret_.Reveal(SecretAccess{}).data());
  return key;
}

absl::StatusOr<Secret<32>> ExchangeKey::Agree(const ExchangePublicKey& peer) const {
  Secret<32> out;
  const int failed = crypto_scalarmult(out.Mutable(SecretAccess{}).data(),
                                       secret_.Reveal(SecretAccess{}).data(), peer.data());
  if (failed != 0 || sodium_is_zero(out.Reveal(SecretAccess{}).data(), 32) != 0) {
    return absl::InvalidArgumentError("X25519 key of small order");
  }
  return out;
}

}  // namespace raakvlak::crypto
