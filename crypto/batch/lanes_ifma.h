// Eight lanes of AVX-512 with IFMA: the operations that FieldIfma needs. Include only where the
// compiler may use AVX-512 F, VL, DQ, BW and IFMA.
#ifndef RAAKVLAK_CRYPTO_BATCH_LANES_IFMA_H_
#define RAAKVLAK_CRYPTO_BATCH_LANES_IFMA_H_

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "crypto/batch/force_inline.h"

namespace raakvlak::crypto {

struct IfmaLanes {
  static constexpr size_t kLanes = 8;
  using I = __m512i;
  using Mask = __mmask8;

  static RAAKVLAK_INLINE I Set(uint64_t x) { return _mm512_set1_epi64(static_cast<long long>(x)); }
  static RAAKVLAK_INLINE I Add(I a, I b) { return _mm512_add_epi64(a, b); }
  static RAAKVLAK_INLINE I Sub(I a, I b) { return _mm512_sub_epi64(a, b); }
  static RAAKVLAK_INLINE I And(I a, I b) { return _mm512_and_si512(a, b); }
  static RAAKVLAK_INLINE I Or(I a, I b) { return _mm512_or_si512(a, b); }
  template <int kBits>
  static RAAKVLAK_INLINE I Shr(I a) {
    return _mm512_srli_epi64(a, kBits);
  }
  template <int kBits>
  static RAAKVLAK_INLINE I Shl(I a) {
    return _mm512_slli_epi64(a, kBits);
  }
  // c plus the low (the high) 52 bits of the product of the low 52 bits of a and b.
  static RAAKVLAK_INLINE I MaddLow(I c, I a, I b) { return _mm512_madd52lo_epu64(c, a, b); }
  static RAAKVLAK_INLINE I MaddHigh(I c, I a, I b) { return _mm512_madd52hi_epu64(c, a, b); }
  // gcc makes chains of shifts of a multiplication by 19 that it knows of.
  static RAAKVLAK_INLINE I Nineteen() {
    I nineteen = Set(19);
    __asm__("" : "+v"(nineteen));
    return nineteen;
  }
  static RAAKVLAK_INLINE I Times19(I a) { return _mm512_mullo_epi64(a, Nineteen()); }
  static RAAKVLAK_INLINE I Load(const uint64_t* p) { return _mm512_loadu_si512(p); }
  static RAAKVLAK_INLINE void Store(uint64_t* p, I a) { _mm512_storeu_si512(p, a); }
  static RAAKVLAK_INLINE I Broadcast(const uint64_t* p) {
    return _mm512_set1_epi64(static_cast<long long>(*p));
  }

  static RAAKVLAK_INLINE I Select(Mask m, I a, I b) { return _mm512_mask_blend_epi64(m, b, a); }
  static RAAKVLAK_INLINE Mask And(Mask a, Mask b) { return _kand_mask8(a, b); }
  static RAAKVLAK_INLINE Mask Or(Mask a, Mask b) { return _kor_mask8(a, b); }
  static RAAKVLAK_INLINE Mask Not(Mask a) { return _knot_mask8(a); }
  static RAAKVLAK_INLINE Mask IsZero(I a) { return _mm512_testn_epi64_mask(a, a); }
  // A bit for each lane, the first in bit 0.
  static RAAKVLAK_INLINE uint32_t MaskBits(Mask m) { return _cvtmask8_u32(m); }
  // The mask of the lanes whose code has `bit` set.
  static RAAKVLAK_INLINE Mask CodeBit(const uint8_t* codes, int bit) {
    return static_cast<Mask>(
        _mm_test_epi8_mask(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(codes)),
                           _mm_set1_epi8(static_cast<char>(1 << bit))));
  }

  // table[index[lane]] in each lane, for a table of 16 or 32 words, by permutations: no address
  // depends on the indices, which are the low 4 (5) bits of the codes.
  struct Index {
    I low;      // which of 16
    Mask high;  // bit 4
  };
  static RAAKVLAK_INLINE Index MakeIndex(const uint8_t* codes) {
    return {_mm512_cvtepu8_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(codes))),
            CodeBit(codes, 4)};
  }
  template <size_t kEntries>
  static RAAKVLAK_INLINE I Lookup(const uint64_t* table, const Index& index) {
    static_assert(kEntries == 16 || kEntries == 32);
    const I first = _mm512_permutex2var_epi64(_mm512_load_si512(table), index.low,
                                              _mm512_load_si512(table + 8));
    if constexpr (kEntries == 16) return first;
    const I second = _mm512_permutex2var_epi64(_mm512_load_si512(table + 16), index.low,
                                               _mm512_load_si512(table + 24));
    return Select(index.high, second, first);
  }

  // Gathers `count` (a multiple of 4) words of each lane's own array, and puts them back.
  template <size_t kCount>
  static RAAKVLAK_INLINE void Gather(const uint64_t* const p[kLanes], I* out) {
    const I even = _mm512_set_epi64(13, 12, 5, 4, 9, 8, 1, 0);
    const I odd = _mm512_set_epi64(15, 14, 7, 6, 11, 10, 3, 2);
    for (size_t i = 0; i < kCount; i += 4) {
      // Lane l and lane l + 4, side by side.
      I row[4];
      for (size_t l = 0; l < 4; ++l) {
        row[l] = _mm512_inserti64x4(
            _mm512_castsi256_si512(_mm256_load_si256(reinterpret_cast<const __m256i*>(p[l] + i))),
            _mm256_load_si256(reinterpret_cast<const __m256i*>(p[l + 4] + i)), 1);
      }
      const I a = _mm512_unpacklo_epi64(row[0], row[1]);
      const I b = _mm512_unpackhi_epi64(row[0], row[1]);
      const I c = _mm512_unpacklo_epi64(row[2], row[3]);
      const I d = _mm512_unpackhi_epi64(row[2], row[3]);
      out[i] = _mm512_permutex2var_epi64(a, even, c);
      out[i + 1] = _mm512_permutex2var_epi64(b, even, d);
      out[i + 2] = _mm512_permutex2var_epi64(a, odd, c);
      out[i + 3] = _mm512_permutex2var_epi64(b, odd, d);
    }
  }
  template <size_t kCount>
  static RAAKVLAK_INLINE void Scatter(uint64_t* const p[kLanes], const I* in) {
    const I even = _mm512_set_epi64(13, 12, 5, 4, 9, 8, 1, 0);
    const I odd = _mm512_set_epi64(15, 14, 7, 6, 11, 10, 3, 2);
    for (size_t i = 0; i < kCount; i += 4) {
      const I a = _mm512_permutex2var_epi64(in[i], even, in[i + 2]);
      const I b = _mm512_permutex2var_epi64(in[i + 1], even, in[i + 3]);
      const I c = _mm512_permutex2var_epi64(in[i], odd, in[i + 2]);
      const I d = _mm512_permutex2var_epi64(in[i + 1], odd, in[i + 3]);
      const I row[4] = {_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b),
                        _mm512_unpacklo_epi64(c, d), _mm512_unpackhi_epi64(c, d)};
      for (size_t l = 0; l < 4; ++l) {
        _mm256_store_si256(reinterpret_cast<__m256i*>(p[l] + i), _mm512_castsi512_si256(row[l]));
        _mm256_store_si256(reinterpret_cast<__m256i*>(p[l + 4] + i),
                           _mm512_extracti64x4_epi64(row[l], 1));
      }
    }
  }
};

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_LANES_IFMA_H_
