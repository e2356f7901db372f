// Eight lanes in plain C++ that do what IfmaLanes does, for tests: the same algorithms run where
// the instructions are missing, and under valgrind, which knows none of AVX-512.
//
// The multiply-add cuts its factors to 52 bits as silently as the instruction does, but keeps in
// mind that it did: tests ask TookExcess(). No branch and no address depends on a value.
//
// An operation is a function of its own: the fields inline so many that a compiler which sees into
// them takes minutes.
#ifndef RAAKVLAK_CRYPTO_BATCH_LANES_EMULATED_IFMA_H_
#define RAAKVLAK_CRYPTO_BATCH_LANES_EMULATED_IFMA_H_

#include <cstddef>
#include <cstdint>
#include <utility>

#include "crypto/batch/force_inline.h"

namespace raakvlak::crypto {

struct EmulatedIfmaLanes {
  static constexpr size_t kLanes = 8;
  struct I {
    uint64_t w[kLanes];
  };
  struct Mask {
    uint64_t w[kLanes];  // all ones or all zeros
  };

  // The bits above the 52nd of all factors since it was last asked, none if all is well. One
  // thread at a time.
  static uint64_t TookExcess() { return std::exchange(excess, 0); }
  static inline uint64_t excess = 0;

  template <typename Operation>
  static RAAKVLAK_INLINE I Each(const Operation& operation) {
    I r;
    for (size_t l = 0; l < kLanes; ++l) r.w[l] = operation(l);
    return r;
  }
  template <typename Operation>
  static RAAKVLAK_INLINE Mask EachMask(const Operation& operation) {
    Mask r;
    for (size_t l = 0; l < kLanes; ++l) r.w[l] = operation(l);
    return r;
  }

  static RAAKVLAK_NOINLINE I Set(uint64_t x) {
    return Each([&](size_t) { return x; });
  }
  static RAAKVLAK_NOINLINE I Add(const I& a, const I& b) {
    return Each([&](size_t l) { return a.w[l] + b.w[l]; });
  }
  static RAAKVLAK_NOINLINE I Sub(const I& a, const I& b) {
    return Each([&](size_t l) { return a.w[l] - b.w[l]; });
  }
  static RAAKVLAK_NOINLINE I And(const I& a, const I& b) {
    return Each([&](size_t l) { return a.w[l] & b.w[l]; });
  }
  static RAAKVLAK_NOINLINE I Or(const I& a, const I& b) {
    return Each([&](size_t l) { return a.w[l] | b.w[l]; });
  }
  static RAAKVLAK_NOINLINE I Xor(const I& a, const I& b) {
    return Each([&](size_t l) { return a.w[l] ^ b.w[l]; });
  }
  template <int kBits>
  static RAAKVLAK_NOINLINE I Shr(const I& a) {
    return Each([&](size_t l) { return a.w[l] >> kBits; });
  }
  template <int kBits>
  static RAAKVLAK_NOINLINE I Shl(const I& a) {
    return Each([&](size_t l) { return a.w[l] << kBits; });
  }
  template <int kBits>
  static RAAKVLAK_NOINLINE I Rotate(const I& a) {
    return Each([&](size_t l) { return a.w[l] >> kBits | a.w[l] << (64 - kBits); });
  }

  static constexpr uint64_t kLow52 = (uint64_t{1} << 52) - 1;
  static RAAKVLAK_NOINLINE I MaddLow(const I& c, const I& a, const I& b) {
    return Each([&](size_t l) { return c.w[l] + (Low(a.w[l]) * Low(b.w[l]) & kLow52); });
  }
  static RAAKVLAK_NOINLINE I MaddHigh(const I& c, const I& a, const I& b) {
    return Each([&](size_t l) {
      __extension__ using Wide = unsigned __int128;
      return c.w[l] + static_cast<uint64_t>(static_cast<Wide>(Low(a.w[l])) * Low(b.w[l]) >> 52);
    });
  }
  static RAAKVLAK_NOINLINE I Nineteen() { return Set(19); }
  static RAAKVLAK_NOINLINE I Times19(const I& a) {
    return Each([&](size_t l) { return 19 * a.w[l]; });
  }
  static RAAKVLAK_NOINLINE I Load(const uint64_t* p) {
    return Each([&](size_t l) { return p[l]; });
  }
  static RAAKVLAK_NOINLINE void Store(uint64_t* p, const I& a) {
    for (size_t l = 0; l < kLanes; ++l) p[l] = a.w[l];
  }
  static RAAKVLAK_NOINLINE I Broadcast(const uint64_t* p) { return Set(*p); }

  static RAAKVLAK_NOINLINE I Select(const Mask& m, const I& a, const I& b) {
    return Each([&](size_t l) { return b.w[l] ^ (m.w[l] & (a.w[l] ^ b.w[l])); });
  }
  static RAAKVLAK_NOINLINE Mask And(const Mask& a, const Mask& b) {
    return EachMask([&](size_t l) { return a.w[l] & b.w[l]; });
  }
  static RAAKVLAK_NOINLINE Mask Or(const Mask& a, const Mask& b) {
    return EachMask([&](size_t l) { return a.w[l] | b.w[l]; });
  }
  static RAAKVLAK_NOINLINE Mask Not(const Mask& a) {
    return EachMask([&](size_t l) { return ~a.w[l]; });
  }
  static RAAKVLAK_NOINLINE Mask IsZero(const I& a) {
    return EachMask([&](size_t l) { return ((a.w[l] | (0 - a.w[l])) >> 63) - 1; });
  }
  // A bit for each lane, the first in bit 0.
  static RAAKVLAK_NOINLINE uint32_t MaskBits(const Mask& m) {
    uint32_t bits = 0;
    for (size_t l = 0; l < kLanes; ++l) bits |= static_cast<uint32_t>(m.w[l] & 1) << l;
    return bits;
  }
  // The mask of the lanes whose code has `bit` set.
  static RAAKVLAK_NOINLINE Mask CodeBit(const uint8_t* codes, int bit) {
    return EachMask([&](size_t l) { return 0 - (uint64_t{codes[l]} >> bit & 1); });
  }

  // table[index[lane]] in each lane, looking at every entry.
  struct Index {
    I code;
  };
  static RAAKVLAK_NOINLINE Index MakeIndex(const uint8_t* codes) {
    return {Each([&](size_t l) { return uint64_t{codes[l]} & 31; })};
  }
  template <size_t kEntries>
  static RAAKVLAK_NOINLINE I Lookup(const uint64_t* table, const Index& index) {
    I r = Set(0);
    for (size_t e = 0; e < kEntries; ++e) {
      r = Select(IsZero(Xor(index.code, Set(e))), Broadcast(table + e), r);
    }
    return r;
  }

  // Gathers kCount words of each lane's own array, and puts them back.
  template <size_t kCount>
  static RAAKVLAK_NOINLINE void Gather(const uint64_t* const p[kLanes], I* out) {
    for (size_t i = 0; i < kCount; ++i) out[i] = Each([&](size_t l) { return p[l][i]; });
  }
  template <size_t kCount>
  static RAAKVLAK_NOINLINE void Scatter(uint64_t* const p[kLanes], const I* in) {
    for (size_t i = 0; i < kCount; ++i) {
      for (size_t l = 0; l < kLanes; ++l) p[l][i] = in[i].w[l];
    }
  }

 private:
  static RAAKVLAK_INLINE uint64_t Low(uint64_t factor) {
    excess |= factor >> 52;
    return factor & kLow52;
  }
};

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_LANES_EMULATED_IFMA_H_
