// Arithmetic modulo the group order L that the batch kernels and their callers share.
#ifndef RAAKVLAK_CRYPTO_BATCH_SCALARS_H_
#define RAAKVLAK_CRYPTO_BATCH_SCALARS_H_

#include <span>

#include "absl/status/status.h"
#include "crypto/batch/types.h"

namespace raakvlak::crypto {

// Whether `scalar` is below L. Constant time but for the answer.
bool IsCanonicalScalar(const EncodedScalar& scalar);

// Constant time but for the answer.
bool IsZeroScalar(const EncodedScalar& scalar);

// 64 bytes, little-endian, modulo L. Constant time.
EncodedScalar ReduceToScalar(const UniformBytes& bytes);

// scalar / 2 mod L, of a canonical scalar. Constant time.
EncodedScalar HalveScalar(const EncodedScalar& scalar);

// Replaces every scalar by its inverse modulo L, at the price of one inversion and three
// multiplications each (Montgomery's trick). Constant time. InvalidArgument, with nothing changed,
// if a scalar is zero or not canonical (random blinds are not, but for a fault).
absl::Status InvertScalars(std::span<EncodedScalar> scalars);

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_SCALARS_H_
