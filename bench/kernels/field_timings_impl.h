// FieldTimings over a lane field. Include after the lanes and the field.
#ifndef RAAKVLAK_BENCH_KERNELS_FIELD_TIMINGS_IMPL_H_
#define RAAKVLAK_BENCH_KERNELS_FIELD_TIMINGS_IMPL_H_

#include "bench/kernels/field_timings.h"
#include "crypto/batch/curve.h"
#include "crypto/batch/ristretto.h"

namespace raakvlak::crypto {

template <typename F>
struct FieldTimer {
  using C = Curve<F>;
  static constexpr size_t kChains = 4;

  // Nothing of what is timed may be left out for want of a reader.
  static RAAKVLAK_INLINE void Keep(void* p) { __asm__ __volatile__("" : : "r"(p) : "memory"); }
  static F Start() {
    static constexpr auto kConstant = F::Split(kSqrtMinusOne);
    return F::Broadcast(kConstant);
  }

  static void Multiply(size_t times) {
    F x[kChains] = {Start(), Start(), Start(), Start()};
    const F y = Start();
    for (size_t i = 0; i < times; i += kChains) {
      for (F& chain : x) F::Mul(chain, chain, y);
      Keep(x);
    }
  }
  static void Square(size_t times) {
    F x[kChains] = {Start(), Start(), Start(), Start()};
    for (size_t i = 0; i < times; i += kChains) {
      for (F& chain : x) F::Sqr(chain, chain);
      Keep(x);
    }
  }
  static void SquareChains(size_t times) {
    F x[2] = {Start(), Start()};
    Ristretto<F>::SquareTimes(x, static_cast<int>(times / 2));
    Keep(x);
  }
  static void DoublePoint(size_t times) {
    typename C::Projective p = {Start(), Start(), F::One()};
    for (size_t i = 0; i < times; ++i) C::Double(p, p);
    Keep(&p);
  }
  static void AddPoint(size_t times) {
    typename C::Extended p = C::Identity();
    const typename C::Cached q = C::ToCached({Start(), Start(), F::One(), Start()});
    for (size_t i = 0; i < times; ++i) C::Add(p, q, p);
    Keep(&p);
  }

  static constexpr FieldTimings Timings() {
    return {F::kLanes, Multiply, Square, SquareChains, DoublePoint, AddPoint};
  }
};

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_BENCH_KERNELS_FIELD_TIMINGS_IMPL_H_
