// The field of integers modulo p = 2^255 - 19 in five limbs of radix 2^51, multiplied with the
// 52-bit multiply-add of AVX-512 IFMA (or its emulation).
//
// The instructions silently use the low 52 bits of a factor, so that no limb of an element may
// reach 2^52. The invariant that every function here keeps: no limb is above that of 2p (2^52 - 38,
// and 2^52 - 2 for the rest). Add, Sub, Mul and all that turns Raw into an element carry; their
// results are tight, below 2^51 + 2^17. Negate, 2p - a, keeps the invariant without a carry.
//
// A product is a sum of low and high halves. Column k holds at most 5 low halves, and twice at most
// 5 high halves of the column below (52 = 51 + 1), so that before carrying
//   r0 = lo0 + 19 (lo5 + 2 hi4) < (1 + 19 (4 + 10)) 2^52 = 267 * 2^52 < 2^60.1,
// the largest of the five. Raw values are such products, sums of two of them (below 2^61.1), and
// differences a + 2^11 p - b (below 2^62.4). An element is made of at most 2a + 2^12 p - b, below
// 2^63.4, so that carries are below 2^12.4, and 19 of them below 2^16.7.
//
// Constant time: additions, multiplications, shifts and selections only.
#ifndef RAAKVLAK_CRYPTO_BATCH_FIELD_IFMA_H_
#define RAAKVLAK_CRYPTO_BATCH_FIELD_IFMA_H_

#include <cstddef>
#include <cstdint>

#include "crypto/batch/constants.h"
#include "crypto/batch/force_inline.h"

namespace raakvlak::crypto {

template <typename L>
struct FieldIfma {
  using Lanes = L;
  using I = typename L::I;
  using Mask = typename L::Mask;
  using Limb = uint64_t;
  static constexpr size_t kLanes = L::kLanes;
  static constexpr size_t kLimbs = 5;
  // Groups that are worked on side by side in the square-root chain.
  static constexpr size_t kInterleave = 4;
  static constexpr int kBaseWindow = 6;
  static constexpr uint64_t kLimbMask = (uint64_t{1} << 51) - 1;

  I v[kLimbs];

  // A product, or a sum of elements, before its carries; see above.
  struct Raw {
    I v[kLimbs];
  };

  struct Constant {
    uint64_t limb[kLimbs];
  };

  // Compile-time limbs of a canonical value.
  static constexpr Constant Split(const FieldWords& w) {
    return {{w.word[0] & kLimbMask, ((w.word[0] >> 51) | (w.word[1] << 13)) & kLimbMask,
             ((w.word[1] >> 38) | (w.word[2] << 26)) & kLimbMask,
             ((w.word[2] >> 25) | (w.word[3] << 39)) & kLimbMask, w.word[3] >> 12}};
  }
  static RAAKVLAK_INLINE FieldIfma Broadcast(const Constant& c) {
    FieldIfma r;
    for (size_t i = 0; i < kLimbs; ++i) r.v[i] = L::Broadcast(&c.limb[i]);
    return r;
  }
  static RAAKVLAK_INLINE FieldIfma Zero() {
    FieldIfma r;
    for (size_t i = 0; i < kLimbs; ++i) r.v[i] = L::Set(0);
    return r;
  }
  static RAAKVLAK_INLINE FieldIfma One() {
    FieldIfma r = Zero();
    r.v[0] = L::Set(1);
    return r;
  }

  static RAAKVLAK_INLINE void Add(FieldIfma& r, const FieldIfma& a, const FieldIfma& b) {
    I t[kLimbs];
    for (size_t i = 0; i < kLimbs; ++i) t[i] = L::Add(a.v[i], b.v[i]);
    Carry(t, r);
  }
  // a + 4p - b.
  static RAAKVLAK_INLINE void Sub(FieldIfma& r, const FieldIfma& a, const FieldIfma& b) {
    I t[kLimbs];
    for (size_t i = 0; i < kLimbs; ++i) {
      t[i] = L::Add(a.v[i], L::Sub(Multiple<4>(i), b.v[i]));
    }
    Carry(t, r);
  }
  static RAAKVLAK_INLINE FieldIfma Add(const FieldIfma& a, const FieldIfma& b) {
    FieldIfma r;
    Add(r, a, b);
    return r;
  }
  static RAAKVLAK_INLINE FieldIfma Sub(const FieldIfma& a, const FieldIfma& b) {
    FieldIfma r;
    Sub(r, a, b);
    return r;
  }
  static RAAKVLAK_INLINE FieldIfma Negate(const FieldIfma& a) {
    FieldIfma r;
    for (size_t i = 0; i < kLimbs; ++i) r.v[i] = L::Sub(Multiple<2>(i), a.v[i]);
    return r;
  }
  static RAAKVLAK_INLINE FieldIfma NegateIf(Mask m, const FieldIfma& a) {
    return Select(m, Negate(a), a);
  }

  // Raw values: their sums, and the elements made of them.
  static RAAKVLAK_INLINE void RawSum(Raw& r, const Raw& a, const Raw& b) {
    for (size_t i = 0; i < kLimbs; ++i) r.v[i] = L::Add(a.v[i], b.v[i]);
  }
  static RAAKVLAK_INLINE void RawDifference(Raw& r, const Raw& a, const Raw& b) {
    for (size_t i = 0; i < kLimbs; ++i) {
      r.v[i] = L::Add(a.v[i], L::Sub(Multiple<2048>(i), b.v[i]));
    }
  }
  static RAAKVLAK_INLINE void Settle(FieldIfma& r, const Raw& a) { Carry(a.v, r); }
  static RAAKVLAK_INLINE void Plus(FieldIfma& r, const Raw& a, const Raw& b) {
    Raw t;
    RawSum(t, a, b);
    Settle(r, t);
  }
  // `b` is at most a sum of two products.
  static RAAKVLAK_INLINE void Less(FieldIfma& r, const Raw& a, const Raw& b) {
    Raw t;
    RawDifference(t, a, b);
    Settle(r, t);
  }
  // 2a - b; `b` is at most a difference of two products.
  static RAAKVLAK_INLINE void TwiceLess(FieldIfma& r, const Raw& a, const Raw& b) {
    Raw t;
    for (size_t i = 0; i < kLimbs; ++i) {
      t.v[i] = L::Add(L::Add(a.v[i], a.v[i]), L::Sub(Multiple<4096>(i), b.v[i]));
    }
    Settle(r, t);
  }
  static RAAKVLAK_INLINE void ToRawDoubled(Raw& r, const FieldIfma& a) {
    for (size_t i = 0; i < kLimbs; ++i) r.v[i] = L::Add(a.v[i], a.v[i]);
  }
  static RAAKVLAK_INLINE FieldIfma Reduce(const FieldIfma& a) { return a; }

  // High halves first, doubled into the column above, then the low halves on top of them.
  static RAAKVLAK_INLINE void MulRaw(Raw& r, const FieldIfma& a, const FieldIfma& b) {
    I c[10];
#pragma GCC unroll 10
    for (size_t k = 0; k < 10; ++k) c[k] = L::Set(0);
#pragma GCC unroll 5
    for (size_t i = 0; i < kLimbs; ++i) {
#pragma GCC unroll 5
      for (size_t j = 0; j < kLimbs; ++j) {
        c[i + j + 1] = L::MaddHigh(c[i + j + 1], a.v[i], b.v[j]);
      }
    }
#pragma GCC unroll 10
    for (size_t k = 1; k < 10; ++k) c[k] = L::Add(c[k], c[k]);
#pragma GCC unroll 5
    for (size_t i = 0; i < kLimbs; ++i) {
#pragma GCC unroll 5
      for (size_t j = 0; j < kLimbs; ++j) c[i + j] = L::MaddLow(c[i + j], a.v[i], b.v[j]);
    }
#pragma GCC unroll 5
    for (size_t k = 0; k < kLimbs; ++k) r.v[k] = L::Add(c[k], L::Times19(c[k + 5]));
  }

  static RAAKVLAK_INLINE void SqrRaw(Raw& r, const FieldIfma& a) {
    // Column k holds 4 times the high halves of unequal limbs and twice those of equal ones from
    // the column below, twice the low halves of unequal limbs, and the low halves of equal ones. So
    // one accumulator a column is doubled twice, phase by phase: neighbours do not wait for each
    // other.
    I c[10];
#pragma GCC unroll 10
    for (size_t k = 0; k < 10; ++k) c[k] = L::Set(0);
#pragma GCC unroll 5
    for (size_t i = 0; i < kLimbs; ++i) {
#pragma GCC unroll 5
      for (size_t j = i + 1; j < kLimbs; ++j) {
        c[i + j + 1] = L::MaddHigh(c[i + j + 1], a.v[i], a.v[j]);
      }
    }
#pragma GCC unroll 10
    for (size_t k = 2; k < 9; ++k) c[k] = L::Add(c[k], c[k]);
#pragma GCC unroll 5
    for (size_t i = 0; i < kLimbs; ++i) {
      c[2 * i + 1] = L::MaddHigh(c[2 * i + 1], a.v[i], a.v[i]);
#pragma GCC unroll 5
      for (size_t j = i + 1; j < kLimbs; ++j) {
        c[i + j] = L::MaddLow(c[i + j], a.v[i], a.v[j]);
      }
    }
#pragma GCC unroll 10
    for (size_t k = 1; k < 10; ++k) c[k] = L::Add(c[k], c[k]);
#pragma GCC unroll 5
    for (size_t i = 0; i < kLimbs; ++i) c[2 * i] = L::MaddLow(c[2 * i], a.v[i], a.v[i]);
#pragma GCC unroll 5
    for (size_t k = 0; k < kLimbs; ++k) {
      r.v[k] = L::Add(c[k], L::Times19(c[k + 5]));
    }
  }

  static RAAKVLAK_INLINE void Mul(FieldIfma& r, const FieldIfma& a, const FieldIfma& b) {
    Raw raw;
    MulRaw(raw, a, b);
    Carry(raw.v, r);
  }
  static RAAKVLAK_INLINE void Sqr(FieldIfma& r, const FieldIfma& a) {
    Raw raw;
    SqrRaw(raw, a);
    Carry(raw.v, r);
  }
  static RAAKVLAK_INLINE FieldIfma Mul(const FieldIfma& a, const FieldIfma& b) {
    FieldIfma r;
    Mul(r, a, b);
    return r;
  }
  static RAAKVLAK_INLINE FieldIfma Sqr(const FieldIfma& a) {
    FieldIfma r;
    Sqr(r, a);
    return r;
  }

  static RAAKVLAK_INLINE FieldIfma Select(Mask m, const FieldIfma& a, const FieldIfma& b) {
    FieldIfma r;
    for (size_t i = 0; i < kLimbs; ++i) r.v[i] = L::Select(m, a.v[i], b.v[i]);
    return r;
  }

  // The canonical value.
  struct Canonical {
    I limb[kLimbs];
    RAAKVLAK_INLINE Mask IsNegative() const {
      return L::Not(L::IsZero(L::And(limb[0], L::Set(1))));
    }
    RAAKVLAK_INLINE Mask IsZero() const {
      I all = limb[0];
      for (size_t i = 1; i < kLimbs; ++i) all = L::Or(all, limb[i]);
      return L::IsZero(all);
    }
    // 64-bit words, word-major.
    RAAKVLAK_INLINE void Words(uint64_t out[4][kLanes]) const {
      L::Store(out[0], L::Or(limb[0], L::template Shl<51>(limb[1])));
      L::Store(out[1], L::Or(L::template Shr<13>(limb[1]), L::template Shl<38>(limb[2])));
      L::Store(out[2], L::Or(L::template Shr<26>(limb[2]), L::template Shl<25>(limb[3])));
      L::Store(out[3], L::Or(L::template Shr<39>(limb[3]), L::template Shl<12>(limb[4])));
    }
  };

  static RAAKVLAK_INLINE Canonical Freeze(const FieldIfma& a) {
    Canonical c;
    I* x = c.limb;
    for (size_t i = 0; i < kLimbs; ++i) x[i] = a.v[i];
    // Below 2^256: what leaves the top is 0 or 1; twice, for the first limb may pass its width.
    I carry = Propagate(x);
    x[0] = L::Add(x[0], L::Times19(carry));
    // Now below 2^255 + 2^6: subtract p once if it is not below p, which shows in the carry of
    // x + 19.
    carry = L::template Shr<51>(L::Add(x[0], L::Set(19)));
    for (size_t i = 1; i < kLimbs; ++i) carry = L::template Shr<51>(L::Add(x[i], carry));
    x[0] = L::Add(x[0], L::Times19(carry));
    (void)Propagate(x);
    return c;
  }

  // 64-bit words, word-major; bit 255 is ignored.
  static RAAKVLAK_INLINE FieldIfma FromWords(const uint64_t in[4][kLanes]) {
    const I mask = L::Set(kLimbMask);
    const I w0 = L::Load(in[0]);
    const I w1 = L::Load(in[1]);
    const I w2 = L::Load(in[2]);
    const I w3 = L::Load(in[3]);
    FieldIfma r;
    r.v[0] = L::And(w0, mask);
    r.v[1] = L::And(L::Or(L::template Shr<51>(w0), L::template Shl<13>(w1)), mask);
    r.v[2] = L::And(L::Or(L::template Shr<38>(w1), L::template Shl<26>(w2)), mask);
    r.v[3] = L::And(L::Or(L::template Shr<25>(w2), L::template Shl<39>(w3)), mask);
    r.v[4] = L::And(L::template Shr<12>(w3), mask);
    return r;
  }

  // Lane `lane` of an element in memory, in all lanes.
  static RAAKVLAK_INLINE FieldIfma BroadcastLane(const FieldIfma& a, size_t lane) {
    FieldIfma r;
    const uint64_t* limbs = reinterpret_cast<const uint64_t*>(a.v);
    for (size_t i = 0; i < kLimbs; ++i) r.v[i] = L::Broadcast(limbs + i * kLanes + lane);
    return r;
  }

 private:
  // Limb i of kTimes p.
  template <uint64_t kTimes>
  static RAAKVLAK_INLINE I Multiple(size_t i) {
    return L::Set(kTimes * (i == 0 ? kLimbMask - 18 : kLimbMask));
  }
  // All carries at once.
  static RAAKVLAK_INLINE void Carry(const I* t, FieldIfma& r) {
    const I mask = L::Set(kLimbMask);
    I carry[kLimbs];
#pragma GCC unroll 5
    for (size_t i = 0; i < kLimbs; ++i) carry[i] = L::template Shr<51>(t[i]);
    r.v[0] = L::MaddLow(L::And(t[0], mask), carry[4], L::Nineteen());
#pragma GCC unroll 4
    for (size_t i = 1; i < kLimbs; ++i) r.v[i] = L::Add(L::And(t[i], mask), carry[i - 1]);
  }
  // Carries limbs upwards and returns what leaves the top.
  static RAAKVLAK_INLINE I Propagate(I* x) {
    const I mask = L::Set(kLimbMask);
    I carry = L::Set(0);
    for (size_t i = 0; i < kLimbs; ++i) {
      x[i] = L::Add(x[i], carry);
      carry = L::template Shr<51>(x[i]);
      x[i] = L::And(x[i], mask);
    }
    return carry;
  }
};

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_FIELD_IFMA_H_
