// Scalars modulo L over libsodium.
#include "crypto/oprf/scalar.h"

#include <sodium.h>

#include <algorithm>

namespace raakvlak::crypto {
namespace {

// L = 2^252 + 27742317777372353535851937790883648493, little-endian.
constexpr std::array<uint8_t, 32> kOrder = {
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

// Whether `bytes` is below L, without branching on it (libsodium 1.0.18 has no such check).
bool BelowOrder(std::span<const uint8_t, 32> bytes) {
  // The borrow of bytes - L, byte by byte from the bottom.
  uint32_t borrow = 0;
  for (size_t i = 0; i < 32; ++i) {
    const uint32_t difference = uint32_t{bytes[i]} - kOrder[i] - borrow;
    borrow = (difference >> 8) & 1;
  }
  return borrow == 1;
}

absl::Status CheckScalar(ByteView bytes) {
  if (bytes.size() != kScalarSize) return absl::InvalidArgumentError("a scalar has 32 bytes");
  if (!BelowOrder(bytes.first<kScalarSize>())) {
    return absl::InvalidArgumentError("scalar not below the group order");
  }
  return absl::OkStatus();
}

}  // namespace

Scalar Scalar::FromUint(uint64_t value) {
  Scalar out;
  for (size_t i = 0; i < 8; ++i) out.bytes_[i] = static_cast<uint8_t>(value >> (8 * i));
  return out;
}

absl::StatusOr<Scalar> Scalar::Parse(ByteView bytes) {
  if (absl::Status status = CheckScalar(bytes); !status.ok()) return status;
  Scalar out;
  std::copy(bytes.begin(), bytes.end(), out.bytes_.begin());
  return out;
}

Scalar Scalar::FromUniform(std::span<const uint8_t, 64> bytes) {
  Scalar out;
  crypto_core_ristretto255_scalar_reduce(out.bytes_.data(), bytes.data());
  return out;
}

bool Scalar::IsZero() const { return sodium_is_zero(bytes_.data(), bytes_.size()) != 0; }

Scalar operator+(const Scalar& a, const Scalar& b) {
  Scalar out;
  crypto_core_ristretto255_scalar_add(out.bytes_.data(), a.bytes_.data(), b.bytes_.data());
  return out;
}

Scalar operator-(const Scalar& a, const Scalar& b) {
  Scalar out;
  crypto_core_ristretto255_scalar_sub(out.bytes_.data(), a.bytes_.data(), b.bytes_.data());
  return out;
}

Scalar operator*(const Scalar& a, const Scalar& b) {
  Scalar out;
  crypto_core_ristretto255_scalar_mul(out.bytes_.data(), a.bytes_.data(), b.bytes_.data());
  return out;
}

absl::StatusOr<Scalar> Scalar::Inverse() const {
  Scalar out;
  if (IsZero() || crypto_core_ristretto255_scalar_invert(out.bytes_.data(), bytes_.data()) != 0) {
    return absl::FailedPreconditionError("zero has no inverse");
  }
  return out;
}

SecretScalar SecretScalar::Generate(Random& random) {
  SecretScalar out;
  do {
    const Secret<64> wide = random.NewSecret<64>();
    out = FromUniform(wide.Reveal(SecretAccess{}));
  } while (out.IsZero());
  return out;
}

absl::StatusOr<SecretScalar> SecretScalar::Parse(ByteView bytes) {
  if (absl::Status status = CheckScalar(bytes); !status.ok()) return status;
  SecretScalar out;
  out.value_ = Secret<kScalarSize>(bytes.first<kScalarSize>());
  return out;
}

SecretScalar SecretScalar::FromUniform(std::span<const uint8_t, 64> bytes) {
  SecretScalar out;
  crypto_core_ristretto255_scalar_reduce(out.value_.Mutable(SecretAccess{}).data(), bytes.data());
  return out;
}

SecretScalar SecretScalar::Clone(SecretAccess token) const {
  SecretScalar out;
  out.value_ = value_.Clone(token);
  return out;
}

Scalar SecretScalar::Publish(SecretAccess token) const {
  Scalar out;
  auto bytes = value_.Reveal(token);
  std::copy(bytes.begin(), bytes.end(), out.bytes_.begin());
  return out;
}

bool SecretScalar::IsZero() const {
  return sodium_is_zero(value_.Reveal(SecretAccess{}).data(), kScalarSize) != 0;
}

SecretScalar SecretScalar::Plus(const SecretScalar& other) const {
  SecretScalar out;
  crypto_core_ristretto255_scalar_add(out.value_.Mutable(SecretAccess{}).data(),
                                      value_.Reveal(SecretAccess{}).data(),
                                      other.value_.Reveal(SecretAccess{}).data());
  return out;
}

SecretScalar SecretScalar::Minus(const SecretScalar& other) const {
  SecretScalar out;
  crypto_core_ristretto255_scalar_sub(out.value_.Mutable(SecretAccess{}).data(),
                                      value_.Reveal(SecretAccess{}).data(),
                                      other.value_.Reveal(SecretAccess{}).data());
  return out;
}

SecretScalar SecretScalar::Times(const SecretScalar& other) const {
  SecretScalar out;
  crypto_core_ristretto255_scalar_mul(out.value_.Mutable(SecretAccess{}).data(),
                                      value_.Reveal(SecretAccess{}).data(),
                                      other.value_.Reveal(SecretAccess{}).data());
  return out;
}

SecretScalar SecretScalar::Times(const Scalar& other) const {
  SecretScalar out;
  crypto_core_ristretto255_scalar_mul(out.value_.Mutable(SecretAccess{}).data(),
                                      value_.Reveal(SecretAccess{}).data(), other.bytes_.data());
  return out;
}

absl::StatusOr<SecretScalar> SecretScalar::Inverse() const {
  SecretScalar out;
  if (IsZero() ||
      crypto_core_ristretto255_scalar_invert(out.value_.Mutable(SecretAccess{}).data(),
                                             value_.Reveal(SecretAccess{}).data()) != 0) {
    return absl::FailedPreconditionError("zero has no inverse");
  }
  return out;
}

}  // namespace raakvlak::crypto
