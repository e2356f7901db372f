// Scalars into the digits that the vector backends work with.
#ifndef RAAKVLAK_CRYPTO_BATCH_RECODE_H_
#define RAAKVLAK_CRYPTO_BATCH_RECODE_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "crypto/batch/types.h"

namespace raakvlak::crypto {

// Writes the canonical `scalar`, or scalar + L when that is the odd one, as four words `stride`
// words apart: a multiple of L is the identity in ristretto255. Constant time.
void MakeOdd(const EncodedScalar& scalar, size_t stride, uint64_t* words);

// Writes 32 signed digits of 8 bits, in [-128, 127], as two's complement.
void RecodeSigned(const EncodedScalar& scalar, uint8_t* digits);

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_RECODE_H_
