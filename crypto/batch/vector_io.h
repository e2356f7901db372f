// Elements between bytes and lanes; wiping.
#ifndef RAAKVLAK_CRYPTO_BATCH_VECTOR_IO_H_
#define RAAKVLAK_CRYPTO_BATCH_VECTOR_IO_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "crypto/batch/force_inline.h"

namespace raakvlak::crypto {

template <typename F>
struct VectorIo {
  static constexpr size_t kLanes = F::kLanes;

  static constexpr size_t Groups(size_t n) { return (n + kLanes - 1) / kLanes; }

  // Elements first .. first + kLanes - 1 of n, `stride` bytes apart; zero beyond the end.
  static RAAKVLAK_INLINE F LoadElements(const uint8_t* in, size_t stride, size_t first, size_t n) {
    alignas(64) uint64_t words[4][kLanes] = {};
    for (size_t l = 0; l < kLanes && first + l < n; ++l) {
      for (size_t w = 0; w < 4; ++w) {
        std::memcpy(&words[w][l], in + (first + l) * stride + 8 * w, 8);
      }
    }
    return F::FromWords(words);
  }

  static RAAKVLAK_INLINE void StoreElements(const typename F::Canonical& c, uint8_t* out,
                                            size_t first, size_t n) {
    alignas(64) uint64_t words[4][kLanes];
    c.Words(words);
    for (size_t l = 0; l < kLanes && first + l < n; ++l) {
      for (size_t w = 0; w < 4; ++w) std::memcpy(out + (first + l) * 32 + 8 * w, &words[w][l], 8);
    }
  }

  static RAAKVLAK_INLINE void Wipe(void* p, size_t bytes) {
    std::memset(p, 0, bytes);
    __asm__ __volatile__("" : : "r"(p) : "memory");
  }
};

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_VECTOR_IO_H_
