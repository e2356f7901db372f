// The field of integers modulo p = 2^255 - 19 in double precision: six signed limbs of radix
// 2^42.5 (weights 2^0, 2^43, 2^85, 2^128, 2^170, 2^213), multiplied exactly with fused
// multiply-add. On AVX2 this takes 0.6 of the time of ten 32-bit limbs and vpmuludq.
//
// How a column is summed exactly. H starts at M = 1.5 * 2^(52+u). H' = fma(a, b, H) rounds to a
// multiple of 2^u, and fma(a, b, H - H') is exactly what was lost, at most 2^(u-1) in size. So a
// chain of H's and a sum of losses hold the column exactly, as long as H stays within
// [2^(52+u), 2^(53+u)). With u = 43 for even and 42 for odd columns, H / 2^u is what goes to the
// next column, plus 1.5 * 2^52, which that column's first loss takes off again for nothing.
//
// Bounds. A tight element has limbs of at most 2^42 + 2^15 (even) and 2^41 + 2^12 (odd) in size;
// products are tight. A sum of k tight elements is k-loose. Mul(a, b) allows a p-loose and a
// q-loose factor when p * q <= 13:
//   even columns: at most 67.5 * 2^84 * pq < 2^94, the reach of H from 1.5 * 2^95;
//   odd columns:  at most 78 * 2^83 * pq < 2^93, the reach of H from 1.5 * 2^94;
//   and every column total stays below 2^52, so that all of it is exact.
// Rounding must be to nearest, as it is by default.
//
// Constant time: only additions, multiplications and selections of normal numbers and zeros.
#ifndef RAAKVLAK_CRYPTO_BATCH_FIELD_DOUBLE_H_
#define RAAKVLAK_CRYPTO_BATCH_FIELD_DOUBLE_H_

#include <cstddef>
#include <cstdint>

#include "crypto/batch/constants.h"
#include "crypto/batch/force_inline.h"

namespace raakvlak::crypto {

template <typename L>
struct FieldDouble {
  using Lanes = L;
  using D = typename L::D;
  using I = typename L::I;
  using Mask = typename L::Mask;
  using Limb = double;
  static constexpr size_t kLanes = L::kLanes;
  static constexpr size_t kLimbs = 6;
  static constexpr size_t kInterleave = 2;
  static constexpr int kBaseWindow = 5;
  // Products and sums that may be multiplied at once.
  using Raw = FieldDouble;

  D v[kLimbs];

  static constexpr int kShift[kLimbs] = {43, 42, 43, 42, 43, 42};
  static constexpr double kDown[2] = {0x1p-43, 0x1p-42};
  static constexpr double kWrap = 19 * 0x1p-42;
  // M of even and of odd columns, for accumulators and for carries alike.
  static constexpr double kMagic[2] = {0x1.8p95, 0x1.8p94};
  static constexpr double kUnbias = 0x1.8p52;

  struct Constant {
    double limb[kLimbs];
  };

  // Compile-time limbs of a canonical value.
  static constexpr Constant Split(const FieldWords& w) {
    constexpr uint64_t k43 = (uint64_t{1} << 43) - 1;
    constexpr uint64_t k42 = (uint64_t{1} << 42) - 1;
    return {{static_cast<double>(w.word[0] & k43),
             static_cast<double>(((w.word[0] >> 43) | (w.word[1] << 21)) & k42),
             static_cast<double>((w.word[1] >> 21) & k43), static_cast<double>(w.word[2] & k42),
             static_cast<double>(((w.word[2] >> 42) | (w.word[3] << 22)) & k43),
             static_cast<double>((w.word[3] >> 21) & k42)}};
  }

  // The same value in all lanes. Tight: its limbs are not centred, but constants are factors of
  // tight elements only.
  static RAAKVLAK_INLINE FieldDouble Broadcast(const Constant& c) {
    FieldDouble r;
    for (size_t i = 0; i < kLimbs; ++i) r.v[i] = L::Broadcast(&c.limb[i]);
    return r;
  }
  static RAAKVLAK_INLINE FieldDouble Zero() {
    FieldDouble r;
    for (size_t i = 0; i < kLimbs; ++i) r.v[i] = L::Set(0.0);
    return r;
  }
  static RAAKVLAK_INLINE FieldDouble One() {
    FieldDouble r = Zero();
    r.v[0] = L::Set(1.0);
    return r;
  }

  // Results go to where they are wanted, for gcc copies structures of vectors badly.
  static RAAKVLAK_INLINE void Add(FieldDouble& r, const FieldDouble& a, const FieldDouble& b) {
    for (size_t i = 0; i < kLimbs; ++i) r.v[i] = L::Add(a.v[i], b.v[i]);
  }
  static RAAKVLAK_INLINE void Sub(FieldDouble& r, const FieldDouble& a, const FieldDouble& b) {
    for (size_t i = 0; i < kLimbs; ++i) r.v[i] = L::Sub(a.v[i], b.v[i]);
  }
  static RAAKVLAK_INLINE FieldDouble Add(const FieldDouble& a, const FieldDouble& b) {
    FieldDouble r;
    Add(r, a, b);
    return r;
  }
  static RAAKVLAK_INLINE FieldDouble Sub(const FieldDouble& a, const FieldDouble& b) {
    FieldDouble r;
    Sub(r, a, b);
    return r;
  }
  // Raw values: their sums, and the elements made of them.
  static RAAKVLAK_INLINE void RawSum(Raw& r, const Raw& a, const Raw& b) { Add(r, a, b); }
  static RAAKVLAK_INLINE void RawDifference(Raw& r, const Raw& a, const Raw& b) { Sub(r, a, b); }
  static RAAKVLAK_INLINE void Settle(FieldDouble& r, const Raw& a) { r = a; }
  static RAAKVLAK_INLINE void Plus(FieldDouble& r, const Raw& a, const Raw& b) { Add(r, a, b); }
  static RAAKVLAK_INLINE void Less(FieldDouble& r, const Raw& a, const Raw& b) { Sub(r, a, b); }
  // 2a - b.
  static RAAKVLAK_INLINE void TwiceLess(FieldDouble& r, const Raw& a, const Raw& b) {
    for (size_t i = 0; i < kLimbs; ++i) r.v[i] = L::Sub(L::Add(a.v[i], a.v[i]), b.v[i]);
  }
  static RAAKVLAK_INLINE void ToRawDoubled(Raw& r, const FieldDouble& a) { Add(r, a, a); }
  // Makes a loose value tight, where bounds would be passed without.
  static RAAKVLAK_INLINE FieldDouble Reduce(const FieldDouble& a) {
    FieldDouble r;
    Carry(a.v, r);
    return r;
  }

  static RAAKVLAK_INLINE FieldDouble Negate(const FieldDouble& a) {
    FieldDouble r;
    for (size_t i = 0; i < kLimbs; ++i) r.v[i] = L::Xor(a.v[i], L::Set(-0.0));
    return r;
  }

  // Multiplication and squaring are functions from memory to memory: inlined, gcc moves limbs
  // about for longer than it multiplies. `r` may be a factor.
  static __attribute__((noinline)) void Mul(FieldDouble& r, const FieldDouble& a,
                                            const FieldDouble& b) {
    D b19[kLimbs];
    D twice[kLimbs];
    for (size_t j = 1; j < kLimbs; ++j) b19[j] = L::Mul(b.v[j], L::Set(19.0));
    for (size_t i = 1; i < kLimbs; i += 2) twice[i] = L::Add(a.v[i], a.v[i]);
    D high[kLimbs];
    D low[kLimbs];
#pragma GCC unroll 6
    for (size_t k = 0; k < kLimbs; ++k) Start(k, a.v[0], b.v[k], high, low);
#pragma GCC unroll 6
    for (size_t i = 1; i < kLimbs; ++i) {
#pragma GCC unroll 6
      for (size_t k = 0; k < kLimbs; ++k) {
        const size_t j = (k + kLimbs - i) % kLimbs;
        // Two odd limbs meet half a bit above their column each.
        Accumulate(k, (i & j & 1) != 0 ? twice[i] : a.v[i], k < i ? b19[j] : b.v[j], high, low);
      }
    }
    Finish(high, low, r);
  }

  static __attribute__((noinline)) void Sqr(FieldDouble& r, const FieldDouble& a) {
    D a2[kLimbs];
    D a4[kLimbs];
    D a19[kLimbs];
    for (size_t i = 0; i < kLimbs; ++i) a2[i] = L::Add(a.v[i], a.v[i]);
    for (size_t i = 1; i < 4; i += 2) a4[i] = L::Add(a2[i], a2[i]);
    for (size_t j = 3; j < kLimbs; ++j) a19[j] = L::Mul(a.v[j], L::Set(19.0));
    D high[kLimbs];
    D low[kLimbs];
#pragma GCC unroll 6
    for (size_t k = 0; k < kLimbs; ++k) Start(k, k == 0 ? a.v[0] : a2[0], a.v[k], high, low);
#pragma GCC unroll 6
    for (size_t i = 1; i < kLimbs; ++i) {
#pragma GCC unroll 6
      for (size_t j = i; j < kLimbs; ++j) {
        const bool odd = (i & j & 1) != 0;
        const D x = i == j ? (odd ? a2[i] : a.v[i]) : (odd ? a4[i] : a2[i]);
        Accumulate((i + j) % kLimbs, x, i + j >= kLimbs ? a19[j] : a.v[j], high, low);
      }
    }
    Finish(high, low, r);
  }

  static RAAKVLAK_INLINE FieldDouble Mul(const FieldDouble& a, const FieldDouble& b) {
    FieldDouble r;
    Mul(r, a, b);
    return r;
  }
  static RAAKVLAK_INLINE FieldDouble Sqr(const FieldDouble& a) {
    FieldDouble r;
    Sqr(r, a);
    return r;
  }
  static RAAKVLAK_INLINE void MulRaw(Raw& r, const FieldDouble& a, const FieldDouble& b) {
    Mul(r, a, b);
  }
  static RAAKVLAK_INLINE void SqrRaw(Raw& r, const FieldDouble& a) { Sqr(r, a); }

  static RAAKVLAK_INLINE FieldDouble Select(Mask m, const FieldDouble& a, const FieldDouble& b) {
    FieldDouble r;
    for (size_t i = 0; i < kLimbs; ++i) r.v[i] = L::Select(m, a.v[i], b.v[i]);
    return r;
  }
  static RAAKVLAK_INLINE FieldDouble NegateIf(Mask m, const FieldDouble& a) {
    FieldDouble r;
    for (size_t i = 0; i < kLimbs; ++i) {
      r.v[i] = L::Xor(a.v[i], L::And(m, L::Set(-0.0)));
    }
    return r;
  }

  // The canonical value, as integers.
  struct Canonical {
    I limb[kLimbs];
    RAAKVLAK_INLINE Mask IsNegative() const {
      return L::Not(L::IsZero(L::AndI(limb[0], L::SetI(1))));
    }
    RAAKVLAK_INLINE Mask IsZero() const {
      I all = limb[0];
      for (size_t i = 1; i < kLimbs; ++i) all = L::OrI(all, limb[i]);
      return L::IsZero(all);
    }
    // 64-bit words, word-major.
    RAAKVLAK_INLINE void Words(uint64_t out[4][kLanes]) const {
      L::StoreI(out[0], L::OrI(limb[0], L::Shl(limb[1], 43)));
      L::StoreI(out[1], L::OrI(L::Shr(limb[1], 21), L::Shl(limb[2], 21)));
      L::StoreI(out[2], L::OrI(limb[3], L::Shl(limb[4], 42)));
      L::StoreI(out[3], L::OrI(L::Shr(limb[4], 22), L::Shl(limb[5], 21)));
    }
  };

  // Of a value that is at most 16-loose.
  static __attribute__((noinline)) Canonical Freeze(const FieldDouble& a) {
    constexpr uint64_t kMask[2] = {(uint64_t{1} << 43) - 1, (uint64_t{1} << 42) - 1};
    Canonical c;
    I* x = c.limb;
    // To integers, made positive by 16 p.
    const D magic = L::Set(0x1.8p52);
    for (size_t i = 0; i < kLimbs; ++i) {
      const I integer = L::SubI(L::Bits(L::Add(a.v[i], magic)), L::Bits(magic));
      x[i] = L::AddI(integer, L::SetI(16 * (kMask[i & 1] - (i == 0 ? 18 : 0))));
    }
    I carry = Propagate(x);
    x[0] = L::AddI(x[0], L::Mul32(carry, L::SetI(19)));
    // Now below 2^255 + 2^11 (the first limb may pass its width): subtract p once if it is not
    // below p, which shows in the carry of x + 19.
    carry = L::Shr(L::AddI(x[0], L::SetI(19)), 43);
    for (size_t i = 1; i < kLimbs; ++i) carry = L::Shr(L::AddI(x[i], carry), kShift[i]);
    x[0] = L::AddI(x[0], L::Mul32(carry, L::SetI(19)));
    (void)Propagate(x);
    return c;
  }

  // 64-bit words, word-major; bit 255 is ignored. Tight.
  static RAAKVLAK_INLINE FieldDouble FromWords(const uint64_t in[4][kLanes]) {
    constexpr uint64_t k43 = (uint64_t{1} << 43) - 1;
    constexpr uint64_t k42 = (uint64_t{1} << 42) - 1;
    const I w0 = L::LoadI(in[0]);
    const I w1 = L::LoadI(in[1]);
    const I w2 = L::LoadI(in[2]);
    const I w3 = L::LoadI(in[3]);
    const I x[kLimbs] = {L::AndI(w0, L::SetI(k43)),
                         L::AndI(L::OrI(L::Shr(w0, 43), L::Shl(w1, 21)), L::SetI(k42)),
                         L::AndI(L::Shr(w1, 21), L::SetI(k43)),
                         L::AndI(w2, L::SetI(k42)),
                         L::AndI(L::OrI(L::Shr(w2, 42), L::Shl(w3, 22)), L::SetI(k43)),
                         L::AndI(L::Shr(w3, 21), L::SetI(k42))};
    D limbs[kLimbs];
    const D magic = L::Set(0x1p52);
    for (size_t i = 0; i < kLimbs; ++i) {
      limbs[i] = L::Sub(L::FromBits(L::OrI(x[i], L::Bits(magic))), magic);
    }
    FieldDouble r;
    Carry(limbs, r);
    return r;
  }

  // Lane `lane` of an element in memory, in all lanes.
  static RAAKVLAK_INLINE FieldDouble BroadcastLane(const FieldDouble& a, size_t lane) {
    FieldDouble r;
    const double* limbs = reinterpret_cast<const double*>(a.v);
    for (size_t i = 0; i < kLimbs; ++i) r.v[i] = L::Broadcast(limbs + i * kLanes + lane);
    return r;
  }

 private:
  static RAAKVLAK_INLINE void Start(size_t k, D x, D y, D* high, D* low) {
    const double magic = kMagic[k & 1];
    high[k] = L::Fma(x, y, L::Set(magic));
    // Column 0 gets its share of column 5 unbiased, for it must be multiplied by 19.
    low[k] = L::Fma(x, y, L::Sub(L::Set(k == 0 ? magic : magic - kUnbias), high[k]));
  }
  static RAAKVLAK_INLINE void Accumulate(size_t k, D x, D y, D* high, D* low) {
    const D next = L::Fma(x, y, high[k]);
    low[k] = L::Add(low[k], L::Fma(x, y, L::Sub(high[k], next)));
    high[k] = next;
  }
  static RAAKVLAK_INLINE void Finish(const D* high, const D* low, FieldDouble& r) {
    D total[kLimbs];
    total[0] = L::Fma(L::Sub(high[5], L::Set(kMagic[1])), L::Set(kWrap), low[0]);
    for (size_t k = 1; k < kLimbs; ++k) {
      total[k] = L::Fma(high[k - 1], L::Set(kDown[(k - 1) & 1]), low[k]);
    }
    Carry(total, r);
  }
  // All carries at once: they are below 2^10, so that one pass makes the limbs tight.
  static RAAKVLAK_INLINE void Carry(const D* total, FieldDouble& r) {
    D carry[kLimbs];
    D rest[kLimbs];
    for (size_t k = 0; k < kLimbs; ++k) {
      const D magic = L::Set(kMagic[k & 1]);
      carry[k] = L::Sub(L::Add(total[k], magic), magic);
      rest[k] = L::Sub(total[k], carry[k]);
    }
    r.v[0] = L::Fma(carry[5], L::Set(kWrap), rest[0]);
    for (size_t k = 1; k < kLimbs; ++k) {
      r.v[k] = L::Fma(carry[k - 1], L::Set(kDown[(k - 1) & 1]), rest[k]);
    }
  }
  // Carries non-negative integer limbs upwards and returns what leaves the top.
  static RAAKVLAK_INLINE I Propagate(I* x) {
    I carry = L::SetI(0);
    for (size_t i = 0; i < kLimbs; ++i) {
      x[i] = L::AddI(x[i], carry);
      carry = L::Shr(x[i], kShift[i]);
      x[i] = L::AndI(x[i], L::SetI((uint64_t{1} << kShift[i]) - 1));
    }
    return carry;
  }
};

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_FIELD_DOUBLE_H_
