// Scalars into odd signed digits, a scalar in every lane. Constant time.
#ifndef RAAKVLAK_CRYPTO_BATCH_RECODE_LANES_H_
#define RAAKVLAK_CRYPTO_BATCH_RECODE_LANES_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace raakvlak::crypto {

template <size_t kLanes>
struct RecodeLanes {
  // The compiler's own vectors: what is needed of them is the same for every instruction set.
  using Words [[gnu::vector_size(8 * kLanes)]] = uint64_t;

  // As VectorOps::recode.
  static void Recode(const uint64_t* words, int window, size_t digits, uint8_t* codes) {
    Words s[5];
    std::memcpy(s, words, sizeof s);
    const uint64_t half = uint64_t{1} << window;
    size_t position = 0;
    for (size_t i = 0; i < digits; ++i, position += static_cast<size_t>(window)) {
      // The window and the bit above it, with the lowest bit set: an odd number below 2^(w+1).
      const size_t word = position / 64;
      const size_t shift = position % 64;
      Words bits = s[word] >> shift;
      if (shift + static_cast<size_t>(window) >= 64) bits |= s[word + 1] << (64 - shift);
      bits = (bits & (2 * half - 1)) | 1;
      Words negative = {};
      Words magnitude = bits;
      // The digit is bits - 2^w, but for the last one, which is bits itself (and below 2^w).
      if (i + 1 < digits) {
        negative = (bits >> window) ^ 1;
        // bits - 2^w, or 2^w - bits, as the mask says.
        magnitude = ((bits - half) ^ (0 - negative)) + negative;
      }
      const Words code = ((magnitude - 1) >> 1) | (negative << 7);
      alignas(64) uint64_t each[kLanes];
      std::memcpy(each, &code, sizeof each);
      for (size_t l = 0; l < kLanes; ++l) codes[i * kLanes + l] = static_cast<uint8_t>(each[l]);
    }
    std::memset(s, 0, sizeof s);
    __asm__ __volatile__("" : : "r"(s) : "memory");
  }
};

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_RECODE_LANES_H_
