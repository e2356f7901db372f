// Four lanes in plain C++ that do what Avx2Lanes does, for tests where the instructions are
// missing. No branch and no address depends on a value.
//
// An operation is a function of its own: the fields inline so many that a compiler which sees into
// them takes minutes.
#ifndef RAAKVLAK_CRYPTO_BATCH_LANES_EMULATED_DOUBLE_H_
#define RAAKVLAK_CRYPTO_BATCH_LANES_EMULATED_DOUBLE_H_

#include <bit>
#include <cstddef>
#include <cstdint>

#include "crypto/batch/force_inline.h"

namespace raakvlak::crypto {

struct EmulatedDoubleLanes {
  static constexpr size_t kLanes = 4;
  struct D {
    double w[kLanes];
  };
  struct I {
    uint64_t w[kLanes];
  };
  using Mask = D;  // all ones or all zeros in each lane

  template <typename Operation>
  static RAAKVLAK_INLINE D Each(const Operation& operation) {
    D r;
    for (size_t l = 0; l < kLanes; ++l) r.w[l] = operation(l);
    return r;
  }
  template <typename Operation>
  static RAAKVLAK_INLINE I EachI(const Operation& operation) {
    I r;
    for (size_t l = 0; l < kLanes; ++l) r.w[l] = operation(l);
    return r;
  }

  static RAAKVLAK_NOINLINE D Set(double x) {
    return Each([&](size_t) { return x; });
  }
  static RAAKVLAK_NOINLINE D Add(const D& a, const D& b) {
    return Each([&](size_t l) { return a.w[l] + b.w[l]; });
  }
  static RAAKVLAK_NOINLINE D Sub(const D& a, const D& b) {
    return Each([&](size_t l) { return a.w[l] - b.w[l]; });
  }
  static RAAKVLAK_NOINLINE D Mul(const D& a, const D& b) {
    return Each([&](size_t l) { return a.w[l] * b.w[l]; });
  }
  static RAAKVLAK_NOINLINE D Fma(const D& a, const D& b, const D& c) {
    return Each([&](size_t l) { return __builtin_fma(a.w[l], b.w[l], c.w[l]); });
  }
  static RAAKVLAK_NOINLINE D Xor(const D& a, const D& b) {
    return FromBits(XorI(Bits(a), Bits(b)));
  }

  static RAAKVLAK_NOINLINE I SetI(uint64_t x) {
    return EachI([&](size_t) { return x; });
  }
  static RAAKVLAK_NOINLINE I AddI(const I& a, const I& b) {
    return EachI([&](size_t l) { return a.w[l] + b.w[l]; });
  }
  static RAAKVLAK_NOINLINE I SubI(const I& a, const I& b) {
    return EachI([&](size_t l) { return a.w[l] - b.w[l]; });
  }
  static RAAKVLAK_NOINLINE I AndI(const I& a, const I& b) {
    return EachI([&](size_t l) { return a.w[l] & b.w[l]; });
  }
  static RAAKVLAK_NOINLINE I OrI(const I& a, const I& b) {
    return EachI([&](size_t l) { return a.w[l] | b.w[l]; });
  }
  static RAAKVLAK_NOINLINE I XorI(const I& a, const I& b) {
    return EachI([&](size_t l) { return a.w[l] ^ b.w[l]; });
  }
  static RAAKVLAK_NOINLINE I Shr(const I& a, int n) {
    return EachI([&](size_t l) { return a.w[l] >> n; });
  }
  static RAAKVLAK_NOINLINE I Shl(const I& a, int n) {
    return EachI([&](size_t l) { return a.w[l] << n; });
  }
  // The product of the low 32 bits of each lane.
  static RAAKVLAK_NOINLINE I Mul32(const I& a, const I& b) {
    return EachI([&](size_t l) { return (a.w[l] & 0xffffffff) * (b.w[l] & 0xffffffff); });
  }
  static RAAKVLAK_NOINLINE I Bits(const D& a) { return std::bit_cast<I>(a); }
  static RAAKVLAK_NOINLINE D FromBits(const I& a) { return std::bit_cast<D>(a); }
  static RAAKVLAK_NOINLINE I LoadI(const uint64_t* p) {
    return EachI([&](size_t l) { return p[l]; });
  }
  static RAAKVLAK_NOINLINE void StoreI(uint64_t* p, const I& a) {
    for (size_t l = 0; l < kLanes; ++l) p[l] = a.w[l];
  }
  static RAAKVLAK_NOINLINE D Broadcast(const double* p) { return Set(*p); }

  static RAAKVLAK_NOINLINE D Select(const Mask& m, const D& a, const D& b) {
    return FromBits(XorI(Bits(b), AndI(Bits(m), XorI(Bits(a), Bits(b)))));
  }
  static RAAKVLAK_NOINLINE Mask And(const Mask& a, const Mask& b) {
    return FromBits(AndI(Bits(a), Bits(b)));
  }
  static RAAKVLAK_NOINLINE Mask Or(const Mask& a, const Mask& b) {
    return FromBits(OrI(Bits(a), Bits(b)));
  }
  static RAAKVLAK_NOINLINE Mask Not(const Mask& a) { return FromBits(XorI(Bits(a), SetI(~0ull))); }
  static RAAKVLAK_NOINLINE Mask IsZero(const I& a) {
    return FromBits(EachI([&](size_t l) { return ((a.w[l] | (0 - a.w[l])) >> 63) - 1; }));
  }
  // A bit for each lane, the first in bit 0.
  static RAAKVLAK_NOINLINE uint32_t MaskBits(const Mask& m) {
    uint32_t bits = 0;
    for (size_t l = 0; l < kLanes; ++l) bits |= static_cast<uint32_t>(Bits(m).w[l] & 1) << l;
    return bits;
  }
  // The mask of the lanes whose code has `bit` set.
  static RAAKVLAK_NOINLINE Mask CodeBit(const uint8_t* codes, int bit) {
    return FromBits(EachI([&](size_t l) { return 0 - (uint64_t{codes[l]} >> bit & 1); }));
  }

  // table[index[lane]] in each lane, looking at every entry.
  struct Index {
    I code;
  };
  static RAAKVLAK_NOINLINE Index MakeIndex(const uint8_t* codes) {
    return {EachI([&](size_t l) { return uint64_t{codes[l]} & 31; })};
  }
  template <size_t kEntries>
  static RAAKVLAK_NOINLINE D Lookup(const double* table, const Index& index) {
    D r = Set(0.0);
    for (size_t e = 0; e < kEntries; ++e) {
      r = Select(IsZero(XorI(AndI(index.code, SetI(kEntries - 1)), SetI(e))), Broadcast(table + e),
                 r);
    }
    return r;
  }

  // Gathers kCount doubles of each lane's own array, and puts them back.
  template <size_t kCount>
  static RAAKVLAK_NOINLINE void Gather(const double* const p[kLanes], D* out) {
    for (size_t i = 0; i < kCount; ++i) out[i] = Each([&](size_t l) { return p[l][i]; });
  }
  template <size_t kCount>
  static RAAKVLAK_NOINLINE void Scatter(double* const p[kLanes], const D* in) {
    for (size_t i = 0; i < kCount; ++i) {
      for (size_t l = 0; l < kLanes; ++l) p[l][i] = in[i].w[l];
    }
  }
};

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_LANES_EMULATED_DOUBLE_H_
