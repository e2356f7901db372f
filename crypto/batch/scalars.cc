// Arithmetic modulo the group order L.
#include "crypto/batch/scalars.h"

#include <sodium.h>

#include <vector>

#include "absl/strings/str_cat.h"

namespace raakvlak::crypto {
namespace {

constexpr EncodedScalar kOrder = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                  0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                                  0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

}  // namespace

bool IsCanonicalScalar(const EncodedScalar& scalar) {
  // The borrow of scalar - L is 1 exactly when scalar < L.
  uint32_t borrow = 0;
  for (size_t i = 0; i < scalar.size(); ++i) {
    const uint32_t difference = uint32_t{scalar[i]} - uint32_t{kOrder[i]} - borrow;
    borrow = (difference >> 8) & 1;
  }
  return borrow == 1;
}

EncodedScalar HalveScalar(const EncodedScalar& scalar) {
  // An odd scalar gets L (odd) added first. scalar + L < 2^254, so nothing is lost.
  const uint32_t mask = 0u - (scalar[0] & 1u);
  std::array<uint8_t, 33> sum{};
  uint32_t carry = 0;
  for (size_t i = 0; i < scalar.size(); ++i) {
    carry += uint32_t{scalar[i]} + (uint32_t{kOrder[i]} & mask);
    sum[i] = static_cast<uint8_t>(carry & 0xff);
    carry >>= 8;
  }
  sum[32] = static_cast<uint8_t>(carry);
  EncodedScalar half;
  for (size_t i = 0; i < half.size(); ++i) {
    half[i] = static_cast<uint8_t>((sum[i] >> 1) | ((sum[i + 1] & 1) << 7));
  }
  sodium_memzero(sum.data(), sum.size());
  return half;
}

__attribute__((noinline)) absl::Status InvertScalars(std::span<EncodedScalar> scalars) {
  for (size_t i = 0; i < scalars.size(); ++i) {
    if (!IsCanonicalScalar(scalars[i]) || sodium_is_zero(scalars[i].data(), 32)) {
      return absl::InvalidArgumentError(
          absl::StrCat("scalar ", i, " is zero or not reduced modulo the group order"));
    }
  }
  if (scalars.empty()) return absl::OkStatus();
  // prefix[i] = scalars[0] * .. * scalars[i-1].
  std::vector<EncodedScalar> prefix(scalars.size());
  EncodedScalar running = {1};
  for (size_t i = 0; i < scalars.size(); ++i) {
    prefix[i] = running;
    crypto_core_ristretto255_scalar_mul(running.data(), running.data(), scalars[i].data());
  }
  EncodedScalar inverse;
  crypto_core_ristretto255_scalar_invert(inverse.data(), running.data());
  for (size_t i = scalars.size(); i-- > 0;) {
    EncodedScalar next;
    crypto_core_ristretto255_scalar_mul(next.data(), inverse.data(), scalars[i].data());
    crypto_core_ristretto255_scalar_mul(scalars[i].data(), inverse.data(), prefix[i].data());
    inverse = next;
  }
  sodium_memzero(prefix.data(), prefix.size() * sizeof(EncodedScalar));
  sodium_memzero(running.data(), running.size());
  sodium_memzero(inverse.data(), inverse.size());
  return absl::OkStatus();
}

}  // namespace raakvlak::crypto
