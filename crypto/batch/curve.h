// Points of edwards25519 (a = -1) in a lane field, a point in every lane, and their addition.
// Formulas: Hisil, Wong, Carter, Dawson, "Twisted Edwards Curves Revisited" (2008): unified
// addition with extended coordinates, complete here because d is not a square; and dedicated
// doubling. No branches on values.
//
// Comments give the looseness (see the field's header) where sums are multiplied.
#ifndef RAAKVLAK_CRYPTO_BATCH_CURVE_H_
#define RAAKVLAK_CRYPTO_BATCH_CURVE_H_

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "crypto/batch/constants.h"
#include "crypto/batch/force_inline.h"

// The steps of the inner loops are functions of their own, which keeps the code in the instruction
// cache.
#define RAAKVLAK_POINT_OP __attribute__((noinline))

namespace raakvlak::crypto {

template <typename F>
struct Curve {
  using Raw = typename F::Raw;
  using Mask = typename F::Mask;

  // x = X/Z, y = Y/Z, T = XY/Z.
  struct Extended {
    F x, y, z, t;
  };
  // Without T, for doubling.
  struct Projective {
    F x, y, z;
  };
  // The four factors of a sum: X = E F, Y = G H, Z = F G, T = E H.
  struct Completed {
    F e, f, g, h;
  };
  // A point that is added many times: Y+X, Y-X, 2Z, 2dT.
  struct Cached {
    F plus, minus, z2, t2d;
  };
  // The same with Z = 1.
  struct Affine {
    F plus, minus, t2d;
  };

  static RAAKVLAK_INLINE Extended Identity() { return {F::Zero(), F::One(), F::One(), F::Zero()}; }

  static RAAKVLAK_INLINE Extended ToExtended(const Completed& c) {
    return {F::Mul(c.e, c.f), F::Mul(c.g, c.h), F::Mul(c.f, c.g), F::Mul(c.e, c.h)};
  }
  static RAAKVLAK_INLINE Cached ToCached(const Extended& p) {
    static constexpr auto kConstant = F::Split(kTwoD);
    return {F::Add(p.y, p.x), F::Sub(p.y, p.x), F::Add(p.z, p.z),
            F::Mul(p.t, F::Broadcast(kConstant))};
  }
  // Of a point with Z = 1.
  static RAAKVLAK_INLINE Affine ToAffine(const Extended& p) {
    static constexpr auto kConstant = F::Split(kTwoD);
    return {F::Add(p.y, p.x), F::Sub(p.y, p.x), F::Mul(p.t, F::Broadcast(kConstant))};
  }

  // All products before what is made of them: products do not wait for each other, which pays more
  // than the registers that it costs.
  static RAAKVLAK_INLINE void DoubleCompleted(const Projective& p, Completed& out) {
    // G = Y^2 - X^2, H = Y^2 + X^2, E = (X+Y)^2 - H, F = 2Z^2 - G. E is 3-loose, F 4-loose, G and
    // H are 2-loose, so that E F is the largest product, 12.
    Raw xx, yy, zz, square;
    F plus;
    F::Add(plus, p.x, p.y);
    F::SqrRaw(xx, p.x);
    F::SqrRaw(yy, p.y);
    F::SqrRaw(zz, p.z);
    F::SqrRaw(square, plus);
    Raw sum, difference;
    F::RawSum(sum, yy, xx);
    F::RawDifference(difference, yy, xx);
    F::Less(out.e, square, sum);
    F::TwiceLess(out.f, zz, difference);
    F::Settle(out.g, difference);
    F::Settle(out.h, sum);
  }
  template <typename Term>
  static RAAKVLAK_INLINE void AddCompleted(const Extended& p, const Term& q, Completed& out) {
    Raw a, b, c, d;
    F plus, minus;
    F::Sub(minus, p.y, p.x);
    F::Add(plus, p.y, p.x);
    F::MulRaw(a, minus, q.minus);
    F::MulRaw(b, plus, q.plus);
    F::MulRaw(c, p.t, q.t2d);
    if constexpr (std::is_same_v<Term, Cached>) {
      F::MulRaw(d, p.z, q.z2);
    } else {
      F::ToRawDoubled(d, p.z);
    }
    F::Less(out.e, b, a);
    F::Less(out.f, d, c);
    F::Plus(out.g, d, c);
    F::Plus(out.h, b, a);
  }
  static RAAKVLAK_INLINE void Finish(const Completed& c, Projective& out) {
    F::Mul(out.x, c.e, c.f);
    F::Mul(out.y, c.g, c.h);
    F::Mul(out.z, c.f, c.g);
  }
  static RAAKVLAK_INLINE void Finish(const Completed& c, Extended& out) {
    F::Mul(out.x, c.e, c.f);
    F::Mul(out.y, c.g, c.h);
    F::Mul(out.z, c.f, c.g);
    F::Mul(out.t, c.e, c.h);
  }

  // `out` may be the point that goes in.
  static RAAKVLAK_POINT_OP void Double(const Projective& p, Projective& out) {
    Completed c;
    DoubleCompleted(p, c);
    Finish(c, out);
  }
  static RAAKVLAK_POINT_OP void Double(const Projective& p, Extended& out) {
    Completed c;
    DoubleCompleted(p, c);
    Finish(c, out);
  }
  static RAAKVLAK_POINT_OP void Add(const Extended& p, const Cached& q, Projective& out) {
    Completed c;
    AddCompleted(p, q, c);
    Finish(c, out);
  }
  static RAAKVLAK_POINT_OP void Add(const Extended& p, const Cached& q, Extended& out) {
    Completed c;
    AddCompleted(p, q, c);
    Finish(c, out);
  }
  static RAAKVLAK_POINT_OP void Add(const Extended& p, const Affine& q, Extended& out) {
    Completed c;
    AddCompleted(p, q, c);
    Finish(c, out);
  }
  static RAAKVLAK_INLINE void Add(const Extended& p, const Extended& q, Extended& out) {
    Add(p, ToCached(q), out);
  }

  static RAAKVLAK_INLINE Extended Select(Mask m, const Extended& a, const Extended& b) {
    return {F::Select(m, a.x, b.x), F::Select(m, a.y, b.y), F::Select(m, a.z, b.z),
            F::Select(m, a.t, b.t)};
  }
  static RAAKVLAK_INLINE Cached NegateIf(Mask m, const Cached& q) {
    return {F::Select(m, q.minus, q.plus), F::Select(m, q.plus, q.minus), q.z2,
            F::NegateIf(m, q.t2d)};
  }
  static RAAKVLAK_INLINE Affine NegateIf(Mask m, const Affine& q) {
    return {F::Select(m, q.minus, q.plus), F::Select(m, q.plus, q.minus), F::NegateIf(m, q.t2d)};
  }
  static RAAKVLAK_INLINE Extended BroadcastLane(const Extended& p, size_t lane) {
    return {F::BroadcastLane(p.x, lane), F::BroadcastLane(p.y, lane), F::BroadcastLane(p.z, lane),
            F::BroadcastLane(p.t, lane)};
  }
};

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_CURVE_H_
