// What the tests of the batch kernels share: deterministic inputs and libsodium's answers.
#ifndef RAAKVLAK_CRYPTO_BATCH_TEST_UTIL_H_
#define RAAKVLAK_CRYPTO_BATCH_TEST_UTIL_H_

#include <sodium.h>

#include <cstring>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "crypto/batch/types.h"

namespace raakvlak::crypto {

// The order L and its predecessor, little-endian.
inline constexpr EncodedScalar kTestOrder = {
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

inline EncodedScalar OrderPlus(int delta) {
  EncodedScalar s = kTestOrder;
  s[0] = static_cast<uint8_t>(s[0] + delta);
  return s;
}

template <size_t N>
std::array<uint8_t, N> FromHex(std::string_view hex) {
  std::array<uint8_t, N> out{};
  size_t length = 0;
  if (sodium_hex2bin(out.data(), N, hex.data(), hex.size(), nullptr, &length, nullptr) != 0 ||
      length != N) {
    out.fill(0xaa);
  }
  return out;
}

inline std::string ToHex(ByteView bytes) {
  std::string hex(bytes.size() * 2 + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), bytes.data(), bytes.size());
  hex.pop_back();
  return hex;
}

// A stream of bytes that depends on its seed alone.
class TestRandom {
 public:
  explicit TestRandom(uint64_t seed) { std::memcpy(seed_.data(), &seed, sizeof seed); }

  template <size_t N>
  std::array<uint8_t, N> Bytes() {
    std::array<uint8_t, N> out;
    const uint64_t counter = counter_++;
    std::memcpy(seed_.data() + 8, &counter, sizeof counter);
    randombytes_buf_deterministic(out.data(), N, seed_.data());
    return out;
  }

  EncodedScalar Scalar() {
    const auto wide = Bytes<64>();
    EncodedScalar s;
    crypto_core_ristretto255_scalar_reduce(s.data(), wide.data());
    return s;
  }

  EncodedElement Element() {
    const auto wide = Bytes<64>();
    EncodedElement e;
    crypto_core_ristretto255_from_hash(e.data(), wide.data());
    return e;
  }

  std::vector<EncodedScalar> Scalars(size_t n) {
    std::vector<EncodedScalar> v(n);
    for (auto& s : v) s = Scalar();
    return v;
  }

  std::vector<EncodedElement> Elements(size_t n) {
    std::vector<EncodedElement> v(n);
    for (auto& e : v) e = Element();
    return v;
  }

 private:
  std::array<uint8_t, randombytes_SEEDBYTES> seed_{};
  uint64_t counter_ = 0;
};

inline EncodedElement SodiumMultiply(const EncodedScalar& s, const EncodedElement& e) {
  EncodedElement out{};
  std::ignore = crypto_scalarmult_ristretto255(out.data(), s.data(), e.data());
  return out;
}

inline EncodedElement SodiumBase(const EncodedScalar& s) {
  EncodedElement out{};
  std::ignore = crypto_scalarmult_ristretto255_base(out.data(), s.data());
  return out;
}

inline EncodedElement SodiumAdd(const EncodedElement& a, const EncodedElement& b) {
  EncodedElement out{};
  std::ignore = crypto_core_ristretto255_add(out.data(), a.data(), b.data());
  return out;
}

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_TEST_UTIL_H_
