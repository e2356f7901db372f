#include "crypto/batch/lanes_avx2.h"
// The lanes come first.
#include "bench/kernels/field_timings_impl.h"
#include "crypto/batch/field_double.h"

namespace raakvlak::crypto {
const FieldTimings kAvx2Timings = FieldTimer<FieldDouble<Avx2Lanes>>::Timings();
}  // namespace raakvlak::crypto
