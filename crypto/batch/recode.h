// Scalars into the digits that the vector backends work with.
#ifndef RAAKVLAK_CRYPTO_BATCH_RECODE_H_
#define RAAKVLAK_CRYPTO_BATCH_RECODE_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "crypto/batch/types.h"

namespace raakvlak::crypto {

// Writes the codes (vector_ops.h) of `count` digits of `window` bits, `stride` bytes apart, the
// lowest digit first. The digits are odd and add up to the canonical `scalar`, or to scalar + L
// when that is the odd one: a multiple of L is the identity in ristretto255. `count` digits must
// reach 2^254. Constant time.
void RecodeOdd(const EncodedScalar& scalar, int window, size_t count, size_t stride,
               uint8_t* codes);

// Writes 32 signed digits of 8 bits, in [-128, 127], as two's complement.
void RecodeSigned(const EncodedScalar& scalar, uint8_t* digits);

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_RECODE_H_
