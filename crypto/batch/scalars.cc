// Arithmetic modulo the group order L.
#include "crypto/batch/scalars.h"

#include <sodium.h>

#include <array>
#include <cstring>

#include "crypto/batch/value_barrier.h"

namespace raakvlak::crypto {
namespace {

__extension__ using Wide = unsigned __int128;
using Words = std::array<uint64_t, 4>;
constexpr Words kOrder = {0x5812631a5cf5d3edu, 0x14def9dea2f79cd6u, 0, 0x1000000000000000u};

// For R = 2^256: -1/L mod 2^64, R mod L and R^2 mod L.
constexpr uint64_t kMinusInverse = 0xd2b51da312547e1bu;
constexpr Words kR = {0xd6ec31748d98951du, 0xc6ef5bf4737dcf70u, 0xfffffffffffffffeu,
                      0x0fffffffffffffffu};
constexpr Words kRSquared = {0xa40611e3449c0f01u, 0xd00e1ba768859347u, 0xceec73d217f5be65u,
                             0x0399411b7c309a3du};

Words Load(const uint8_t* bytes) {
  Words words;
  std::memcpy(words.data(), bytes, sizeof words);
  return words;
}

EncodedScalar Store(const Words& words) {
  EncodedScalar scalar;
  std::memcpy(scalar.data(), words.data(), sizeof words);
  return scalar;
}

// x - L if that is not negative, x else.
inline __attribute__((always_inline)) Words ReduceOnce(const Words& x) {
  Words difference;
  uint64_t borrow = 0;
  for (size_t i = 0; i < 4; ++i) {
    const Wide d = static_cast<Wide>(x[i]) - kOrder[i] - borrow;
    difference[i] = static_cast<uint64_t>(d);
    borrow = static_cast<uint64_t>(d >> 64) & 1;
  }
  const uint64_t keep = ValueBarrier(0 - borrow);
  Words out;
  for (size_t i = 0; i < 4; ++i) out[i] = (x[i] & keep) | (difference[i] & ~keep);
  return out;
}

// sum + a b, which must not pass 512 bits.
inline __attribute__((always_inline)) void AddProduct(std::array<uint64_t, 8>& sum, const Words& a,
                                                      const Words& b) {
  uint64_t carried = 0;
#pragma GCC unroll 4
  for (size_t i = 0; i < 4; ++i) {
    Wide carry = 0;
#pragma GCC unroll 4
    for (size_t j = 0; j < 4; ++j) {
      carry += static_cast<Wide>(a[i]) * b[j] + sum[i + j];
      sum[i + j] = static_cast<uint64_t>(carry);
      carry >>= 64;
    }
    carry += static_cast<Wide>(sum[i + 4]) + carried;
    sum[i + 4] = static_cast<uint64_t>(carry);
    carried = static_cast<uint64_t>(carry >> 64);
  }
}

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

EncodedScalar ReduceToScalar(const UniformBytes& bytes) {
  // low + high R, with low R + high R^2 reduced in Montgomery's way (1985) at once. Both products
  // are below R L, so that what is left of their sum is below 2L + L, which has 254 bits.
  std::array<uint64_t, 8> sum{};
  AddProduct(sum, Load(bytes.data()), kR);
  AddProduct(sum, Load(bytes.data() + 32), kRSquared);
  uint64_t carried = 0;
#pragma GCC unroll 4
  for (size_t i = 0; i < 4; ++i) {
    const uint64_t m = sum[i] * kMinusInverse;
    Wide carry = 0;
#pragma GCC unroll 4
    for (size_t j = 0; j < 4; ++j) {
      carry += static_cast<Wide>(m) * kOrder[j] + sum[i + j];
      sum[i + j] = static_cast<uint64_t>(carry);
      carry >>= 64;
    }
    carry += static_cast<Wide>(sum[i + 4]) + carried;
    sum[i + 4] = static_cast<uint64_t>(carry);
    carried = static_cast<uint64_t>(carry >> 64);
  }
  return Store(ReduceOnce(ReduceOnce({sum[4], sum[5], sum[6], sum[7]})));
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

}  // namespace raakvlak::crypto
