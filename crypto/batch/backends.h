// The backends behind kernels.h, for the registry, tests and benchmarks.
#ifndef RAAKVLAK_CRYPTO_BATCH_BACKENDS_H_
#define RAAKVLAK_CRYPTO_BATCH_BACKENDS_H_

#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "crypto/batch/kernels.h"

namespace raakvlak::crypto {

// libsodium, one element at a time.
const Kernels& PortableKernels();

// One backend of this build.
struct BackendEntry {
  std::string_view name;
  absl::Status support;    // Unimplemented when the CPU cannot run it
  const Kernels* kernels;  // not to be used unless `support` is OK
};

// All backends of this build, the preferred first.
std::vector<BackendEntry> Backends();

// Holds a backend against libsodium on fixed inputs, edge scalars and refused encodings included.
// Internal, saying what differed, if it is not exact.
absl::Status SelfTest(const Kernels& kernels);

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_BACKENDS_H_
