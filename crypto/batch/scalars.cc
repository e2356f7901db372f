// Arithmetic modulo the group order L.
#include "crypto/batch/scalars.h"

#include <sodium.h>

#include <array>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crypto/batch/value_barrier.h"

namespace raakvlak::crypto {
namespace {

__extension__ typedef unsigned __int128 Wide;
using Words = std::array<uint64_t, 4>;
constexpr Words kOrder = {0x5812631a5cf5d3edu, 0x14def9dea2f79cd6u, 0, 0x1000000000000000u};

}  // namespace

bool IsCanonicalScalar(const EncodedScalar& scalar) {
  Words words;
  std::memcpy(words.data(), scalar.data(), sizeof words);
  // The borrow of scalar - L is 1 exactly when scalar < L.
  uint64_t borrow = 0;
  for (size_t i = 0; i < words.size(); ++i) {
    const Wide difference = static_cast<Wide>(words[i]) - kOrder[i] - borrow;
    borrow = static_cast<uint64_t>(difference >> 64) & 1;
  }
  return borrow == 1;
}

EncodedScalar HalveScalar(const EncodedScalar& scalar) {
  Words words;
  std::memcpy(words.data(), scalar.data(), sizeof words);
  // An odd scalar gets L (odd) added first. scalar + L < 2^254, so nothing is lost.
  const uint64_t mask = ValueBarrier(0 - (words[0] & 1));
  uint64_t carry = 0;
  for (size_t i = 0; i < words.size(); ++i) {
    const Wide sum = static_cast<Wide>(words[i]) + (kOrder[i] & mask) + carry;
    words[i] = static_cast<uint64_t>(sum);
    carry = static_cast<uint64_t>(sum >> 64);
  }
  for (size_t i = 0; i + 1 < words.size(); ++i) words[i] = words[i] >> 1 | words[i + 1] << 63;
  words[3] >>= 1;
  EncodedScalar half;
  std::memcpy(half.data(), words.data(), sizeof words);
  sodium_memzero(words.data(), sizeof words);
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
