// Arithmetic modulo the group order L that the batch kernels and their callers share.
#ifndef RAAKVLAK_CRYPTO_BATCH_SCALARS_H_
#define RAAKVLAK_CRYPTO_BATCH_SCALARS_H_

#include "crypto/batch/types.h"

namespace raakvlak::crypto {

// Whether `scalar` is below L. Constant time but for the answer.
bool IsCanonicalScalar(const EncodedScalar& scalar);

// 64 bytes, little-endian, modulo L. Constant time.
EncodedScalar ReduceToScalar(const UniformBytes& bytes);

// scalar / 2 mod L, of a canonical scalar. Constant time.
EncodedScalar HalveScalar(const EncodedScalar& scalar);

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_SCALARS_H_
