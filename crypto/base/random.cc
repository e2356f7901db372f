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
  // The kernel's generator gives some 300 MB a second, ChaCha20 in here several times as much: what
  // is long is the stream of a fresh seed, which is forgotten at once.
  constexpr size_t kLong = 1024;
  if (out.empty()) return;
  if (out.size() < kLong) {
    randombytes_buf(out.data(), out.size());
    return;
  }
  std::array<uint8_t, randombytes_SEEDBYTES> seed;
  randombytes_buf(seed.data(), seed.size());
  randombytes_buf_deterministic(out.data(), out.size(), seed.data());
  sodium_memzero(seed.data(), seed.size());
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
