#include "crypto/batch/lanes_ifma.h"
// The lanes come first.
#include "bench/kernels/field_timings_impl.h"
#include "crypto/batch/field_ifma.h"

namespace raakvlak::crypto {
const FieldTimings kIfmaTimings = FieldTimer<FieldIfma<IfmaLanes>>::Timings();
}  // namespace raakvlak::crypto
