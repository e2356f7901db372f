// The list of backends in order of preference, and whether this CPU can run them.
#include "crypto/batch/backends.h"

#include "crypto/batch/vector_kernels.h"
#if defined(__x86_64__)
#include "crypto/batch/avx2.h"
#include "crypto/batch/ifma.h"
#endif

namespace raakvlak::crypto {
namespace {

absl::Status Supported(bool has, const char* what) {
  return has ? absl::OkStatus() : absl::UnimplementedError(what);
}

}  // namespace

std::vector<BackendEntry> Backends() {
  std::vector<BackendEntry> entries;
#if defined(__x86_64__)
  // __builtin_cpu_supports also asks whether the operating system keeps the registers.
  __builtin_cpu_init();
  static const Kernels* const ifma = MakeVectorKernels("ifma", kIfmaOps).release();
  entries.push_back({"ifma",
                     Supported(__builtin_cpu_supports("avx512f") != 0 &&
                                   __builtin_cpu_supports("avx512vl") != 0 &&
                                   __builtin_cpu_supports("avx512dq") != 0 &&
                                   __builtin_cpu_supports("avx512bw") != 0 &&
                                   __builtin_cpu_supports("avx512ifma") != 0,
                               "the CPU has no AVX-512 with IFMA"),
                     ifma});
  static const Kernels* const avx2 = MakeVectorKernels("avx2", kAvx2Ops).release();
  entries.push_back(
      {"avx2",
       Supported(__builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0,
                 "the CPU has no AVX2 with FMA"),
       avx2});
#endif
  entries.push_back({"portable", absl::OkStatus(), &PortableKernels()});
  return entries;
}

}  // namespace raakvlak::crypto
