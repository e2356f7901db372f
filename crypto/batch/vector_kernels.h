// A backend made of VectorOps.
#ifndef RAAKVLAK_CRYPTO_BATCH_VECTOR_KERNELS_H_
#define RAAKVLAK_CRYPTO_BATCH_VECTOR_KERNELS_H_

#include <memory>
#include <string_view>

#include "crypto/batch/kernels.h"
#include "crypto/batch/vector_ops.h"

namespace raakvlak::crypto {

// `ops` and what `name` points at must outlive it. Nothing of `ops` is called before the first
// operation.
std::unique_ptr<Kernels> MakeVectorKernels(std::string_view name, const VectorOps& ops);

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_VECTOR_KERNELS_H_
