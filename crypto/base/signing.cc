// Ed25519 with a context, over libsodium.
#include "crypto/base/signing.h"

#include <sodium.h>

#include <algorithm>

namespace raakvlak::crypto {
namespace {

Bytes SignedBytes(std::string_view context, ByteView message) {
  ByteWriter writer;
  writer.Raw("raakvlak/v1 signature").Lp(context).Raw(message);
  return writer.Take();
}

}  // namespace

VerifyKey::VerifyKey(std::span<const uint8_t, kSize> bytes) {
  std::copy(bytes.begin(), bytes.end(), bytes_.begin());
}

absl::StatusOr<VerifyKey> VerifyKey::Parse(ByteView bytes) {
  if (bytes.size() != kSize) {
    return absl::InvalidArgumentError("an Ed25519 public key has 32 bytes");
  }
  return VerifyKey(bytes.first<kSize>());
}

SigningKey SigningKey::Generate(Random& random) { return FromSeed(random.NewSecret<32>()); }

SigningKey SigningKey::FromSeed(const Secret<32>& seed) {
  SigningKey key;
  std::array<uint8_t, VerifyKey::kSize> pub;
  crypto_sign_seed_keypair(pub.data(), key.expanded_.Mutable(SecretAccess{}).data(),
                           seed.Reveal(SecretAccess{}).data());
  key.verify_key_ = VerifyKey(pub);
  return key;
}

Signature SigningKey::Sign(std::string_view context, ByteView message) const {
  const Bytes bytes = SignedBytes(context, message);
  Signature out;
  crypto_sign_detached(out.data(), nullptr, bytes.data(), bytes.size(),
                       expanded_.Reveal(SecretAccess{}).data());
  return out;
}

Secret<32> SigningKey::Seed(SecretAccess) const {
  return Secret<32>(expanded_.Reveal(SecretAccess{}).first<32>());
}

absl::Status VerifySignature(const VerifyKey& key, std::string_view context, ByteView message,
                             ByteView signature) {
  if (signature.size() != kSignatureSize) {
    return absl::PermissionDeniedError("a signature has 64 bytes");
  }
  if (context.size() > kMaxLengthPrefixed) {
    return absl::InvalidArgumentError("signature context too long");
  }
  const Bytes bytes = SignedBytes(context, message);
  if (crypto_sign_verify_detached(signature.data(), bytes.data(), bytes.size(),
                                  key.bytes().data()) != 0) {
    return absl::PermissionDeniedError("the signature does not verify");
  }
  return absl::OkStatus();
}

}  // namespace raakvlak::crypto
