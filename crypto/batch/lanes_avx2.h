// Four lanes of AVX2 with FMA: the operations that FieldDouble needs. Include only where the
// compiler may use AVX2 and FMA.
#ifndef RAAKVLAK_CRYPTO_BATCH_LANES_AVX2_H_
#define RAAKVLAK_CRYPTO_BATCH_LANES_AVX2_H_

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "crypto/batch/force_inline.h"

namespace raakvlak::crypto {

struct Avx2Lanes {
  static constexpr size_t kLanes = 4;
  using D = __m256d;
  using I = __m256i;
  using Mask = __m256d;  // all ones or all zeros in each lane

  static RAAKVLAK_INLINE D Set(double x) { return _mm256_set1_pd(x); }
  static RAAKVLAK_INLINE D Add(D a, D b) { return _mm256_add_pd(a, b); }
  static RAAKVLAK_INLINE D Sub(D a, D b) { return _mm256_sub_pd(a, b); }
  static RAAKVLAK_INLINE D Mul(D a, D b) { return _mm256_mul_pd(a, b); }
  static RAAKVLAK_INLINE D Fma(D a, D b, D c) { return _mm256_fmadd_pd(a, b, c); }
  static RAAKVLAK_INLINE D Xor(D a, D b) { return _mm256_xor_pd(a, b); }

  static RAAKVLAK_INLINE I SetI(uint64_t x) {
    return _mm256_set1_epi64x(static_cast<long long>(x));
  }
  static RAAKVLAK_INLINE I AddI(I a, I b) { return _mm256_add_epi64(a, b); }
  static RAAKVLAK_INLINE I SubI(I a, I b) { return _mm256_sub_epi64(a, b); }
  static RAAKVLAK_INLINE I AndI(I a, I b) { return _mm256_and_si256(a, b); }
  static RAAKVLAK_INLINE I OrI(I a, I b) { return _mm256_or_si256(a, b); }
  static RAAKVLAK_INLINE I Shr(I a, int n) { return _mm256_srli_epi64(a, n); }
  static RAAKVLAK_INLINE I Shl(I a, int n) { return _mm256_slli_epi64(a, n); }
  // The product of the low 32 bits of each lane.
  static RAAKVLAK_INLINE I Mul32(I a, I b) { return _mm256_mul_epu32(a, b); }
  static RAAKVLAK_INLINE I Bits(D a) { return _mm256_castpd_si256(a); }
  static RAAKVLAK_INLINE D FromBits(I a) { return _mm256_castsi256_pd(a); }
  static RAAKVLAK_INLINE I LoadI(const uint64_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  static RAAKVLAK_INLINE void StoreI(uint64_t* p, I a) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), a);
  }
  static RAAKVLAK_INLINE D Broadcast(const double* p) { return _mm256_broadcast_sd(p); }

  static RAAKVLAK_INLINE D Select(Mask m, D a, D b) { return _mm256_blendv_pd(b, a, m); }
  static RAAKVLAK_INLINE Mask And(Mask a, Mask b) { return _mm256_and_pd(a, b); }
  static RAAKVLAK_INLINE Mask Or(Mask a, Mask b) { return _mm256_or_pd(a, b); }
  static RAAKVLAK_INLINE Mask Not(Mask a) {
    return _mm256_xor_pd(a, FromBits(_mm256_set1_epi64x(-1)));
  }
  static RAAKVLAK_INLINE Mask IsZero(I a) {
    return FromBits(_mm256_cmpeq_epi64(a, _mm256_setzero_si256()));
  }
  // A bit for each lane, the first in bit 0.
  static RAAKVLAK_INLINE uint32_t MaskBits(Mask m) {
    return static_cast<uint32_t>(_mm256_movemask_pd(m));
  }
  // The mask of the lanes whose code has `bit` set.
  static RAAKVLAK_INLINE Mask CodeBit(const uint8_t* codes, int bit) {
    int32_t packed;
    __builtin_memcpy(&packed, codes, sizeof packed);
    const I wide = _mm256_and_si256(_mm256_cvtepu8_epi64(_mm_cvtsi32_si128(packed)),
                                    _mm256_set1_epi64x(1LL << bit));
    return Not(IsZero(wide));
  }

  // table[index[lane]] in each lane, for a table of 16 (32) doubles, by permutations: no address
  // depends on the indices, which are the low 4 (5) bits of the codes.
  struct Index {
    I low;        // which of 4 doubles, as pairs of 32-bit indices
    Mask bit[3];  // bits 2, 3 and 4 of the index
  };
  static RAAKVLAK_INLINE Index MakeIndex(const uint8_t* codes) {
    int32_t packed;
    __builtin_memcpy(&packed, codes, sizeof packed);
    const I wide = _mm256_cvtepu8_epi64(_mm_cvtsi32_si128(packed));
    const I twice = _mm256_slli_epi64(AndI(wide, SetI(3)), 1);
    const I low = OrI(twice, _mm256_slli_epi64(AddI(twice, SetI(1)), 32));
    return {low, {CodeBit(codes, 2), CodeBit(codes, 3), CodeBit(codes, 4)}};
  }
  template <size_t kEntries>
  static RAAKVLAK_INLINE D Lookup(const double* table, const Index& index) {
    D level[kEntries / 4];
    for (size_t i = 0; i < kEntries / 4; ++i) {
      level[i] = _mm256_castps_pd(
          _mm256_permutevar8x32_ps(_mm256_castpd_ps(_mm256_load_pd(table + 4 * i)), index.low));
    }
    int b = 0;
    for (size_t n = kEntries / 4; n > 1; n /= 2, ++b) {
      for (size_t i = 0; i < n / 2; ++i) {
        level[i] = Select(index.bit[b], level[2 * i + 1], level[2 * i]);
      }
    }
    return level[0];
  }

  // Lane l of out[i] is p[l][i], for i in 0..3: a 4 by 4 transposition.
  static RAAKVLAK_INLINE void Transpose(const D in[4], D out[4]) {
    const D a = _mm256_unpacklo_pd(in[0], in[1]);
    const D b = _mm256_unpackhi_pd(in[0], in[1]);
    const D c = _mm256_unpacklo_pd(in[2], in[3]);
    const D d = _mm256_unpackhi_pd(in[2], in[3]);
    out[0] = _mm256_permute2f128_pd(a, c, 0x20);
    out[1] = _mm256_permute2f128_pd(b, d, 0x20);
    out[2] = _mm256_permute2f128_pd(a, c, 0x31);
    out[3] = _mm256_permute2f128_pd(b, d, 0x31);
  }
  // Gathers `count` (a multiple of 4) doubles of each lane's own array, and puts them back.
  template <size_t kCount>
  static RAAKVLAK_INLINE void Gather(const double* const p[kLanes], D* out) {
    for (size_t i = 0; i < kCount; i += 4) {
      const D rows[4] = {_mm256_load_pd(p[0] + i), _mm256_load_pd(p[1] + i),
                         _mm256_load_pd(p[2] + i), _mm256_load_pd(p[3] + i)};
      Transpose(rows, out + i);
    }
  }
  template <size_t kCount>
  static RAAKVLAK_INLINE void Scatter(double* const p[kLanes], const D* in) {
    for (size_t i = 0; i < kCount; i += 4) {
      D rows[4];
      Transpose(in + i, rows);
      for (size_t lane = 0; lane < 4; ++lane) _mm256_store_pd(p[lane] + i, rows[lane]);
    }
  }
};

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_LANES_AVX2_H_
