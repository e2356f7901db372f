// The AVX-512 IFMA backend: eight lanes of five limbs of 51 bits. Compiled for AVX-512, and run
// only where the CPU has all of it.
#include "crypto/batch/ifma.h"

#include "crypto/batch/lanes_ifma.h"
// The lanes come first.
#include "crypto/batch/field_ifma.h"
#include "crypto/batch/sha512_lanes.h"
#include "crypto/batch/vector_impl.h"

namespace raakvlak::crypto {
namespace {

struct IfmaWords {
  using V = __m512i;
  static constexpr size_t kLanes = 8;
  static RAAKVLAK_INLINE V Add(V a, V b) { return _mm512_add_epi64(a, b); }
  static RAAKVLAK_INLINE V Xor3(V a, V b, V c) { return _mm512_ternarylogic_epi64(a, b, c, 0x96); }
  template <int kBits>
  static RAAKVLAK_INLINE V Rotate(V a) {
    return _mm512_ror_epi64(a, kBits);
  }
  template <int kBits>
  static RAAKVLAK_INLINE V Shr(V a) {
    return _mm512_srli_epi64(a, kBits);
  }
  static RAAKVLAK_INLINE V Choose(V e, V f, V g) {
    return _mm512_ternarylogic_epi64(e, f, g, 0xca);
  }
  static RAAKVLAK_INLINE V Majority(V a, V b, V c) {
    return _mm512_ternarylogic_epi64(a, b, c, 0xe8);
  }
  static RAAKVLAK_INLINE V Set(uint64_t x) { return _mm512_set1_epi64(static_cast<long long>(x)); }
  static RAAKVLAK_INLINE V Load(const uint64_t* p) { return _mm512_loadu_si512(p); }
  static RAAKVLAK_INLINE void Store(uint64_t* p, V a) { _mm512_storeu_si512(p, a); }
  // Eight words of eight lanes at a time, turned from rows into columns.
  static RAAKVLAK_INLINE void LoadBlock(const uint8_t* const* blocks, size_t at, V w[16]) {
    const V swap =
        _mm512_broadcast_i32x4(_mm_set_epi8(8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
    for (size_t half = 0; half < 2; ++half) {
      V row[8];
      for (size_t l = 0; l < 8; ++l) {
        row[l] = _mm512_shuffle_epi8(_mm512_loadu_si512(blocks[l] + at + 64 * half), swap);
      }
      for (size_t odd = 0; odd < 2; ++odd) {
        V pair[4];  // lanes 2k and 2k + 1 side by side, words odd, odd + 2, odd + 4, odd + 6
        for (size_t k = 0; k < 4; ++k) {
          pair[k] = odd == 0 ? _mm512_unpacklo_epi64(row[2 * k], row[2 * k + 1])
                             : _mm512_unpackhi_epi64(row[2 * k], row[2 * k + 1]);
        }
        const V low = _mm512_shuffle_i64x2(pair[0], pair[1], 0x88);   // words 0 and 4
        const V low2 = _mm512_shuffle_i64x2(pair[0], pair[1], 0xdd);  // words 2 and 6
        const V high = _mm512_shuffle_i64x2(pair[2], pair[3], 0x88);
        const V high2 = _mm512_shuffle_i64x2(pair[2], pair[3], 0xdd);
        V* const to = w + 8 * half + odd;
        to[0] = _mm512_shuffle_i64x2(low, high, 0x88);
        to[4] = _mm512_shuffle_i64x2(low, high, 0xdd);
        to[2] = _mm512_shuffle_i64x2(low2, high2, 0x88);
        to[6] = _mm512_shuffle_i64x2(low2, high2, 0xdd);
      }
    }
  }
};

}  // namespace

const VectorOps kIfmaOps = VectorImpl<FieldIfma<IfmaLanes>>::Ops(Sha512Lanes<IfmaWords>::Compress);

}  // namespace raakvlak::crypto
