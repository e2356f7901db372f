// The vector backends on emulated lanes, for tests: never registered, so never chosen.
#ifndef RAAKVLAK_CRYPTO_BATCH_EMULATED_H_
#define RAAKVLAK_CRYPTO_BATCH_EMULATED_H_

#include <cstdint>
#include <vector>

#include "crypto/batch/kernels.h"

namespace raakvlak::crypto {

// "emulated_ifma" and "emulated_avx2".
const std::vector<const Kernels*>& EmulatedKernels();

// Not 0 when the IFMA emulation was given a factor above 52 bits since this was last asked: the
// instruction would have cut it silently. One thread at a time.
uint64_t TookEmulatedExcess();

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_EMULATED_H_
