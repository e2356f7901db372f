// Randomness as a parameter: the system's, and a seeded one for tests.
#ifndef RAAKVLAK_CRYPTO_BASE_RANDOM_H_
#define RAAKVLAK_CRYPTO_BASE_RANDOM_H_

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>

#include "crypto/base/secret.h"

namespace raakvlak::crypto {

// A source of uniform bytes. Implementations are thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  virtual void Fill(std::span<uint8_t> out) = 0;

  template <size_t N>
  Secret<N> NewSecret() {
    Secret<N> out;
    Fill(out.Mutable(SecretAccess{}));
    return out;
  }
};

// The operating system's generator, through libsodium. Stops the process if there is none.
class SystemRandom : public Random {
 public:
  SystemRandom();
  void Fill(std::span<uint8_t> out) override;
};

// The ChaCha20 key stream of a seed: for tests only, since whoever knows the seed knows it all.
class SeededRandom : public Random {
 public:
  explicit SeededRandom(uint64_t seed);
  explicit SeededRandom(std::span<const uint8_t, 32> seed);
  void Fill(std::span<uint8_t> out) override;

 private:
  std::mutex mutex_;
  Secret<32> key_;
  uint64_t nonce_ = 0;  // one a call
};

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BASE_RANDOM_H_
