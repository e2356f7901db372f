// What single steps of the vector backends take: field operations and point operations, on all
// lanes at once. Compiled for each instruction set apart; only plain functions cross
// (vector_ops.h).
#ifndef RAAKVLAK_BENCH_KERNELS_FIELD_TIMINGS_H_
#define RAAKVLAK_BENCH_KERNELS_FIELD_TIMINGS_H_

#include <cstddef>
#include <cstdint>

namespace raakvlak::crypto {

// Each does its operation `times` times, every one on the result of the one before, in several
// independent chains side by side where the name says so.
struct FieldTimings {
  size_t lanes;
  void (*multiply)(size_t times);       // in memory, four chains
  void (*square)(size_t times);         // in memory, four chains
  void (*square_chains)(size_t times);  // two chains in registers, as in a square root
  void (*double_point)(size_t times);
  void (*add_point)(size_t times);
};

// Call only where the CPU can run the backend of that name.
extern const FieldTimings kIfmaTimings;
extern const FieldTimings kAvx2Timings;

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_BENCH_KERNELS_FIELD_TIMINGS_H_
