// Randomness: the system's and a seeded stream.
#include "crypto/base/random.h"

#include <sodium.h>

#include <array>
#include <cstdio>
#include <cstdlib>

namespace raakvlak::crypto {

SystemRandom::SystemRandom() {
  if (sodium_init() < 0) {
    std::fprintf(stderr, "raakvlak: libsodium could not be initialised\n");
    std::abort();
  }
}

void SystemRandom::Fill(std::span<uint8_t> out) {
  if (!out.empty()) randombytes_buf(out.data(), out.size());
}

SeededRandom::SeededRandom(uint64_t seed) {
  auto key = key_.Mutable(SecretAccess{});
  for (size_t i = 0; i < 8; ++i) key[i] = static_cast<uint8_t>(seed >> (8 * i));
}

SeededRandom::SeededRandom(std::span<const uint8_t, 32> seed) : key_(seed) {}

void SeededRandom::Fill(std::span<uint8_t> out) {
  if (out.empty()) return;
  std::lock_guard<std::mutex> lock(mutex_);
  std::array<uint8_t, crypto_stream_chacha20_NONCEBYTES> nonce{};
  static_assert(crypto_stream_chacha20_NONCEBYTES == 8);
  for (size_t i = 0; i < 8; ++i) nonce[i] = static_cast<uint8_t>(nonce_ >> (8 * i));
  ++nonce_;
  crypto_stream_chacha20(out.data(), out.size(), nonce.data(), key_.Reveal(SecretAccess{}).data());
}

}  // namespace raakvlak::crypto
