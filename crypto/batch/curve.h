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

#include "crypto/batch/constants.h"
#include "crypto/batch/force_inline.h"

// The steps of the inner loops: each a function of its own with all its multiplications inlined,
// which keeps them together in the instruction cache.
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

  static RAAKVLAK_POINT_OP Extended ToExtended(const Completed& c) {
    return {F::MulInline(c.e, c.f), F::MulInline(c.g, c.h), F::MulInline(c.f, c.g),
            F::MulInline(c.e, c.h)};
  }
  static RAAKVLAK_POINT_OP Projective ToProjective(const Completed& c) {
    return {F::MulInline(c.e, c.f), F::MulInline(c.g, c.h), F::MulInline(c.f, c.g)};
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

  static RAAKVLAK_POINT_OP Completed Double(const F& x, const F& y, const F& z) {
    const Raw xx = F::SqrRaw(x);
    const Raw yy = F::SqrRaw(y);
    const Raw zz = F::SqrRaw(z);
    const Raw sum = F::SqrRaw(F::Add(x, y));
    const Raw h = F::AddRaw(yy, xx);
    // The signs are those of 2Z^2 - G for F and Y^2 - X^2 for G. 3-, 4-, 2- and 2-loose, so that
    // E F is the largest product, 12.
    return {F::Tight(F::SubRaw(sum, h)), F::Tight(F::SubRaw(F::AddRaw(F::AddRaw(zz, zz), xx), yy)),
            F::Tight(F::SubRaw(yy, xx)), F::Tight(h)};
  }
  static RAAKVLAK_INLINE Completed Double(const Projective& p) { return Double(p.x, p.y, p.z); }

  static RAAKVLAK_INLINE Completed Combine(const Raw& a, const Raw& b, const Raw& c, const Raw& d) {
    return {F::Tight(F::SubRaw(b, a)), F::Tight(F::SubRaw(d, c)), F::Tight(F::AddRaw(d, c)),
            F::Tight(F::AddRaw(b, a))};
  }
  static RAAKVLAK_POINT_OP Completed Add(const Extended& p, const Cached& q) {
    return Combine(F::MulRaw(F::Sub(p.y, p.x), q.minus), F::MulRaw(F::Add(p.y, p.x), q.plus),
                   F::MulRaw(p.t, q.t2d), F::MulRaw(p.z, q.z2));
  }
  static RAAKVLAK_POINT_OP Completed Add(const Extended& p, const Affine& q) {
    const F twice = F::Add(p.z, p.z);
    return Combine(F::MulRaw(F::Sub(p.y, p.x), q.minus), F::MulRaw(F::Add(p.y, p.x), q.plus),
                   F::MulRaw(p.t, q.t2d), F::ToRaw(twice));
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
