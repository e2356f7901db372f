// ValueBarrier: a mask made of a secret, opaque to the compiler, which else may see that it is all
// zeros or all ones and branch on it (gcc 12 does).
#ifndef RAAKVLAK_CRYPTO_BATCH_VALUE_BARRIER_H_
#define RAAKVLAK_CRYPTO_BATCH_VALUE_BARRIER_H_

#include <cstdint>

namespace raakvlak::crypto {

inline uint64_t ValueBarrier(uint64_t x) {
  __asm__("" : "+r"(x));
  return x;
}

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_VALUE_BARRIER_H_
