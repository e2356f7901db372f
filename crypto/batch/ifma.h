// The AVX-512 IFMA backend's operations.
#ifndef RAAKVLAK_CRYPTO_BATCH_IFMA_H_
#define RAAKVLAK_CRYPTO_BATCH_IFMA_H_

#include "crypto/batch/vector_ops.h"

namespace raakvlak::crypto {

// Needs AVX-512 F, VL, DQ, BW and IFMA.
extern const VectorOps kIfmaOps;

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_IFMA_H_
