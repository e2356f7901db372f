// ristretto255 (RFC 9496, section 4) on lanes: decoding, encoding, element derivation, and the
// encoding of doubles and of derived elements with shared inversions. Constant time but for what
// decoding refuses.
#ifndef RAAKVLAK_CRYPTO_BATCH_RISTRETTO_H_
#define RAAKVLAK_CRYPTO_BATCH_RISTRETTO_H_

#include "crypto/batch/curve.h"

namespace raakvlak::crypto {

template <typename F>
struct Ristretto {
  using C = Curve<F>;
  using L = typename F::Lanes;
  using Mask = typename F::Mask;
  using Extended = typename C::Extended;
  using Completed = typename C::Completed;
  using Canonical = typename F::Canonical;
  static constexpr size_t kLanes = F::kLanes;

  // Side by side from locals, which stay in registers where there are enough of them.
  template <size_t kN>
  static __attribute__((noinline)) void SquareTimes(F (&x)[kN], int times) {
    if constexpr (kN % 2 == 0) {
      for (size_t n = 0; n < kN; n += 2) {
        F a = x[n];
        F b = x[n + 1];
        for (int i = 0; i < times; ++i) {
          F::Sqr(a, a);
          F::Sqr(b, b);
        }
        x[n] = a;
        x[n + 1] = b;
      }
    } else {
      for (size_t n = 0; n < kN; ++n) {
        F a = x[n];
        for (int i = 0; i < times; ++i) F::Sqr(a, a);
        x[n] = a;
      }
    }
  }

  // x^(2^252 - 3) = x^((p-5)/8), for several groups at a time: a chain of squarings waits for
  // each result, and the others fill the gaps. Not inlined: the chain is long and used often.
  template <size_t kN>
  static __attribute__((noinline)) void Pow22523(const F (&x)[kN], F (&out)[kN]) {
    F a[kN], b[kN], c[kN];
    const auto times =
        [](F(&into)[kN], const F(&l)[kN], const F(&r)[kN]) __attribute__((always_inline)) {
      for (size_t n = 0; n < kN; ++n) F::Mul(into[n], l[n], r[n]);
    };
    const auto copy = [](F(&into)[kN], const F(&from)[kN]) __attribute__((always_inline)) {
      for (size_t n = 0; n < kN; ++n) into[n] = from[n];
    };
    copy(a, x);
    SquareTimes(a, 1);  // 2
    copy(b, a);
    SquareTimes(b, 2);  // 8
    times(b, b, x);     // 9
    times(a, a, b);     // 11
    SquareTimes(a, 1);  // 22
    times(a, a, b);     // 31 = 2^5 - 1
    copy(b, a);
    SquareTimes(b, 5);
    times(a, b, a);  // 2^10 - 1
    copy(b, a);
    SquareTimes(b, 10);
    times(b, b, a);  // 2^20 - 1
    copy(c, b);
    SquareTimes(c, 20);
    times(b, c, b);  // 2^40 - 1
    SquareTimes(b, 10);
    times(a, b, a);  // 2^50 - 1
    copy(b, a);
    SquareTimes(b, 50);
    times(b, b, a);  // 2^100 - 1
    copy(c, b);
    SquareTimes(c, 100);
    times(b, c, b);  // 2^200 - 1
    SquareTimes(b, 50);
    times(a, b, a);  // 2^250 - 1
    SquareTimes(a, 2);
    times(out, a, x);  // 2^252 - 3
  }

  // 1/x, and 0 for 0: x^(p-2) = (x^(2^252-3))^8 x^3.
  static RAAKVLAK_INLINE F Invert(const F& x) {
    const F in[1] = {x};
    F power[1];
    Pow22523<1>(in, power);
    SquareTimes(power, 3);
    return F::Mul(power[0], F::Mul(F::Sqr(x), x));
  }

  static RAAKVLAK_INLINE F SqrtMinusOne() {
    static constexpr auto kConstant = F::Split(kSqrtMinusOne);
    return F::Broadcast(kConstant);
  }

  // SQRT_RATIO_M1 of RFC 9496, section 4.2, for several groups; roots are not made non-negative.
  // u and v tight. Returns was_square in `square`.
  template <size_t kN>
  static RAAKVLAK_INLINE void SqrtRatio(const F (&u)[kN], const F (&v)[kN], F (&root)[kN],
                                        Mask (&square)[kN]) {
    F uv3[kN], uv7[kN];
    for (size_t n = 0; n < kN; ++n) {
      const F v3 = F::Mul(F::Sqr(v[n]), v[n]);
      uv3[n] = F::Mul(u[n], v3);
      uv7[n] = F::Mul(uv3[n], F::Sqr(F::Sqr(v[n])));
    }
    Pow22523<kN>(uv7, root);
    for (size_t n = 0; n < kN; ++n) {
      root[n] = F::Mul(uv3[n], root[n]);
      const F check = F::Mul(v[n], F::Sqr(root[n]));
      const F ui = F::Mul(u[n], SqrtMinusOne());
      const Mask correct = F::Freeze(F::Sub(check, u[n])).IsZero();
      const Mask flipped = F::Freeze(F::Add(check, u[n])).IsZero();
      const Mask flipped_i = F::Freeze(F::Add(check, ui)).IsZero();
      root[n] = F::Select(L::Or(flipped, flipped_i), F::Mul(root[n], SqrtMinusOne()), root[n]);
      square[n] = L::Or(correct, flipped);
    }
  }

  static RAAKVLAK_INLINE F Absolute(const F& x) {
    return F::NegateIf(F::Freeze(x).IsNegative(), x);
  }

  // Decodes field elements s (canonical and non-negative: the caller sees to that in the bytes).
  // `valid` is cleared in the lanes that must be refused.
  template <size_t kN>
  static RAAKVLAK_INLINE void Decode(const F (&s)[kN], Extended (&out)[kN], Mask (&valid)[kN]) {
    static constexpr auto kConstant = F::Split(kD);
    F u1[kN], u2[kN], v[kN], product[kN], one[kN], root[kN];
    for (size_t n = 0; n < kN; ++n) {
      const F ss = F::Sqr(s[n]);
      one[n] = F::One();
      u1[n] = F::Sub(one[n], ss);
      u2[n] = F::Add(one[n], ss);
      const F u2_squared = F::Sqr(u2[n]);
      const F du1 = F::Mul(F::Sqr(u1[n]), F::Broadcast(kConstant));
      v[n] = F::Negate(F::Add(du1, u2_squared));
      product[n] = F::Mul(v[n], u2_squared);
    }
    SqrtRatio<kN>(one, product, root, valid);
    for (size_t n = 0; n < kN; ++n) {
      const F den_x = F::Mul(root[n], u2[n]);
      const F den_y = F::Mul(F::Mul(root[n], den_x), v[n]);
      out[n].x = Absolute(F::Mul(F::Add(s[n], s[n]), den_x));
      out[n].y = F::Mul(u1[n], den_y);
      out[n].z = one[n];
      out[n].t = F::Mul(out[n].x, out[n].y);
      const Mask bad = L::Or(F::Freeze(out[n].t).IsNegative(), F::Freeze(out[n].y).IsZero());
      valid[n] = L::And(valid[n], L::Not(bad));
    }
  }

  // The encoding of any points, at the price of a square root each.
  template <size_t kN>
  static RAAKVLAK_INLINE void Encode(const Extended (&p)[kN], Canonical (&out)[kN]) {
    static constexpr auto kMagic = F::Split(kInvSqrtAMinusD);
    F u1[kN], u2[kN], product[kN], one[kN], root[kN];
    Mask ignored[kN];
    for (size_t n = 0; n < kN; ++n) {
      one[n] = F::One();
      u1[n] = F::Mul(F::Add(p[n].z, p[n].y), F::Sub(p[n].z, p[n].y));
      u2[n] = F::Mul(p[n].x, p[n].y);
      product[n] = F::Mul(u1[n], F::Sqr(u2[n]));
    }
    SqrtRatio<kN>(one, product, root, ignored);
    for (size_t n = 0; n < kN; ++n) {
      const F den1 = F::Mul(root[n], u1[n]);
      const F den2 = F::Mul(root[n], u2[n]);
      const F z_inverse = F::Mul(F::Mul(den1, den2), p[n].t);
      const F ix = F::Mul(p[n].x, SqrtMinusOne());
      const F iy = F::Mul(p[n].y, SqrtMinusOne());
      const F enchanted = F::Mul(den1, F::Broadcast(kMagic));
      const Mask rotate = F::Freeze(F::Mul(p[n].t, z_inverse)).IsNegative();
      const F x = F::Select(rotate, iy, p[n].x);
      F y = F::Select(rotate, ix, p[n].y);
      const F den_inverse = F::Select(rotate, enchanted, den2);
      y = F::NegateIf(F::Freeze(F::Mul(x, z_inverse)).IsNegative(), y);
      out[n] = F::Freeze(Absolute(F::Mul(den_inverse, F::Sub(p[n].z, y))));
    }
  }

  // A point (s, t = n / v) of the Jacobi quartic t^2 = s^4 + 2 A s^2 + 1, A = (1 - d) / (1 + d),
  // from which ristretto255 takes its elements: the isogeny to edwards25519 is x = 2 s / (t sqrt(a
  // d - 1)), y = (1 - s^2) / (1 + s^2) (Hamburg, "Decaf", 2015, section 4).
  struct Quartic {
    F s, ss, n, v;  // ss is s^2; n is 2-loose, the others are tight
  };

  // MAP of RFC 9496, section 4.3.4, up to the isogeny.
  template <size_t kN>
  static RAAKVLAK_INLINE void MapToQuartic(const F (&t)[kN], Quartic (&out)[kN]) {
    static constexpr auto kDConstant = F::Split(kD);
    static constexpr auto kOneMinus = F::Split(kOneMinusDSquared);
    static constexpr auto kMinusOne = F::Split(kDMinusOneSquared);
    F r[kN], u[kN], v[kN], s[kN];
    Mask square[kN];
    const F one = F::One();
    const F d = F::Broadcast(kDConstant);
    for (size_t n = 0; n < kN; ++n) {
      r[n] = F::Mul(F::Sqr(t[n]), SqrtMinusOne());
      u[n] = F::Mul(F::Add(r[n], one), F::Broadcast(kOneMinus));
      v[n] = F::Negate(F::Mul(F::Add(F::Mul(r[n], d), one), F::Add(r[n], d)));
    }
    SqrtRatio<kN>(u, v, s, square);
    for (size_t n = 0; n < kN; ++n) {
      const F root = Absolute(s[n]);
      const F other = F::Negate(Absolute(F::Mul(root, t[n])));
      out[n].s = F::Select(square[n], root, other);
      out[n].ss = F::Sqr(out[n].s);
      const F c = F::Select(square[n], F::Negate(one), r[n]);
      out[n].n = F::Sub(F::Mul(F::Mul(c, F::Sub(r[n], one)), F::Broadcast(kMinusOne)), v[n]);
      out[n].v = v[n];
    }
  }

  // The rest of MAP. (X, Y, Z, T) = (w0 w3, w2 w1, w1 w3, w0 w2) is what E, F, G, H stand for, with
  // their names.
  template <size_t kN>
  static RAAKVLAK_INLINE void Map(const F (&t)[kN], Completed (&out)[kN]) {
    static constexpr auto kRootAd = F::Split(kSqrtAdMinusOne);
    Quartic p[kN];
    MapToQuartic(t, p);
    const F one = F::One();
    for (size_t n = 0; n < kN; ++n) {
      const F w0 = F::Mul(F::Add(p[n].s, p[n].s), p[n].v);
      const F w1 = F::Mul(p[n].n, F::Broadcast(kRootAd));
      out[n] = {w0, F::Add(one, p[n].ss), w1, F::Sub(one, p[n].ss)};
    }
  }

  // A point x = E/F, y = G/H of which E is known to be a root, (H^2 - G^2) / (a - d): such a point
  // is encoded without a square root, all that is needed is an inverse of E G F H. Doubles are such
  // points (Hamburg's observation; also in curve25519-dalek's batch compression), and so is all
  // that comes over the isogeny. Looseness at most 2.
  struct Doubled {
    F e, f, g, h, eg, fh;
  };
  static RAAKVLAK_INLINE Doubled Double(const Extended& p) {
    static constexpr auto kConstant = F::Split(kD);
    const F xx = F::Sqr(p.x);
    const F yy = F::Sqr(p.y);
    const F zz = F::Sqr(p.z);
    const F dtt = F::Mul(F::Sqr(p.t), F::Broadcast(kConstant));
    Doubled r;
    r.e = F::Mul(F::Add(p.x, p.x), p.y);
    r.f = F::Add(zz, dtt);
    r.g = F::Add(yy, xx);
    r.h = F::Sub(zz, dtt);
    r.eg = F::Mul(r.e, r.g);
    r.fh = F::Mul(r.f, r.h);
    return r;
  }

  // The image of p + q. With q = s1 s2, D = 1 - q^2:
  //   s = (s1 t2 + s2 t1) / D,
  //   t = ((1 + q^2) (t1 t2 + 2 A q) + 2 q (s1^2 + s2^2)) / D^2
  // (Billet and Joye, "The Jacobi Model of an Elliptic Curve", 2003, theorem 2), and with s = S/Z,
  // t = U/Z^2: E = -2 S Z / sqrt(a - d), F = U, G = Z^2 - S^2, H = Z^2 + S^2,
  // for the RFC's roots of a d - 1 and a - d, which are equal, have different signs.
  // Adding (0, -1) or what lies at infinity to a point changes its image by 4-torsion, and not the
  // encoding; two exceptions are mended so.
  static RAAKVLAK_INLINE Doubled AddOnQuartic(const Quartic& p, const Quartic& q) {
    static constexpr auto kMagic = F::Split(kInvSqrtAMinusD);
    static constexpr auto kConstant = F::Split(kTwoQuarticA);
    const F one = F::One();
    // Where MAP divides by zero, s is 0: t is 1 or -1.
    const Mask p_trivial = F::Freeze(p.v).IsZero();
    const Mask q_trivial = F::Freeze(q.v).IsZero();
    const F n1 = F::Select(p_trivial, one, p.n);
    const F v1 = F::Select(p_trivial, one, p.v);
    const F v2 = F::Select(q_trivial, one, q.v);
    F n2 = F::Select(q_trivial, one, q.n);
    F s2 = q.s;
    F ss2 = q.ss;
    F product = F::Mul(p.s, s2);
    // D is zero where s2 = 1/s1 or -1/s1. There (s2, t2) gives way to (1/s2, -t2/s2^2), which is
    // (product s1, -t2 s1^2).
    const Mask exception = F::Freeze(F::Sub(one, F::Sqr(product))).IsZero();
    s2 = F::Select(exception, F::Mul(product, p.s), s2);
    ss2 = F::Select(exception, p.ss, ss2);
    n2 = F::Select(exception, F::Negate(F::Mul(n2, p.ss)), n2);
    product = F::Select(exception, F::Mul(product, p.ss), product);

    // D may still be zero: both are torsion then, the sum too, and Z = 0 is encoded as such.
    const F product_squared = F::Sqr(product);
    const F v = F::Mul(v1, v2);
    const F pv = F::Mul(product, v);
    const F s = F::Add(F::Mul(F::Mul(n2, v1), p.s), F::Mul(F::Mul(n1, v2), s2));
    const F t = F::Add(F::Mul(F::Add(one, product_squared),
                              F::Add(F::Mul(n1, n2), F::Mul(pv, F::Broadcast(kConstant)))),
                       F::Mul(F::Add(pv, pv), F::Add(p.ss, ss2)));
    const F z = F::Mul(v, F::Sub(one, product_squared));
    const F sz = F::Mul(s, z);
    const F squared_s = F::Sqr(s);
    const F squared_z = F::Sqr(z);
    Doubled r;
    r.e = F::Mul(F::Negate(F::Add(sz, sz)), F::Broadcast(kMagic));
    r.f = F::Mul(t, v);
    r.g = F::Sub(squared_z, squared_s);
    r.h = F::Add(squared_z, squared_s);
    r.eg = F::Mul(r.e, r.g);
    r.fh = F::Mul(r.f, r.h);
    return r;
  }

  // `inverse` is 1/(E G F H), 0 for 0: then the point is torsion, encoded as zero.
  static RAAKVLAK_INLINE Canonical EncodeDoubled(const Doubled& r, const F& inverse) {
    static constexpr auto kMagic = F::Split(kInvSqrtAMinusD);
    const F z_inverse = F::Mul(r.eg, inverse);
    const F t_inverse = F::Mul(r.fh, inverse);
    const Mask rotate = F::Freeze(F::Mul(r.eg, z_inverse)).IsNegative();
    const F f_times_i = F::Mul(r.f, SqrtMinusOne());
    const F e = F::Select(rotate, r.g, r.e);
    F g = F::Select(rotate, F::Negate(r.e), r.g);
    const F h = F::Select(rotate, f_times_i, r.h);
    const F magic = F::Select(rotate, SqrtMinusOne(), F::Broadcast(kMagic));
    g = F::NegateIf(F::Freeze(F::Mul(F::Mul(h, e), z_inverse)).IsNegative(), g);
    const F s = F::Mul(F::Sub(h, g), F::Mul(magic, F::Mul(g, t_inverse)));
    return F::Freeze(Absolute(s));
  }
};

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_RISTRETTO_H_
