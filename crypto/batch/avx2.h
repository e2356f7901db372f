// The AVX2 backend's operations.
#ifndef RAAKVLAK_CRYPTO_BATCH_AVX2_H_
#define RAAKVLAK_CRYPTO_BATCH_AVX2_H_

#include "crypto/batch/vector_ops.h"

namespace raakvlak::crypto {

// Needs AVX2 and FMA.
extern const VectorOps kAvx2Ops;

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_AVX2_H_
