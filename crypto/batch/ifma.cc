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
  static RAAKVLAK_INLINE V Xor(V a, V b) { return _mm512_xor_si512(a, b); }
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
};

}  // namespace

const VectorOps kIfmaOps = VectorImpl<FieldIfma<IfmaLanes>>::Ops(Sha512Lanes<IfmaWords>::Compress);

}  // namespace raakvlak::crypto
