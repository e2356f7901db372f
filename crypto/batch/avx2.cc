// The AVX2 backend: four lanes, double-precision limbs with FMA. Compiled with -mavx2 -mfma, and
// run only where the CPU has both.
#include "crypto/batch/avx2.h"

#include "crypto/batch/lanes_avx2.h"
// The lanes come first.
#include "crypto/batch/field_double.h"
#include "crypto/batch/sha512_lanes.h"
#include "crypto/batch/vector_impl.h"

namespace raakvlak::crypto {
namespace {

struct Avx2Words {
  using V = __m256i;
  static constexpr size_t kLanes = 4;
  static RAAKVLAK_INLINE V Add(V a, V b) { return _mm256_add_epi64(a, b); }
  static RAAKVLAK_INLINE V Xor(V a, V b) { return _mm256_xor_si256(a, b); }
  static RAAKVLAK_INLINE V Xor3(V a, V b, V c) { return Xor(Xor(a, b), c); }
  static RAAKVLAK_INLINE void LoadBlock(const uint8_t* const* blocks, size_t at, V w[16]) {
    LoadSha512Block<Avx2Words>(blocks, at, w);
  }
  template <int kBits>
  static RAAKVLAK_INLINE V Rotate(V a) {
    return _mm256_or_si256(_mm256_srli_epi64(a, kBits), _mm256_slli_epi64(a, 64 - kBits));
  }
  template <int kBits>
  static RAAKVLAK_INLINE V Shr(V a) {
    return _mm256_srli_epi64(a, kBits);
  }
  static RAAKVLAK_INLINE V Choose(V e, V f, V g) { return Xor(g, _mm256_and_si256(e, Xor(f, g))); }
  static RAAKVLAK_INLINE V Majority(V a, V b, V c) {
    return Xor(b, _mm256_and_si256(Xor(a, b), Xor(b, c)));
  }
  static RAAKVLAK_INLINE V Set(uint64_t x) { return _mm256_set1_epi64x(static_cast<long long>(x)); }
  static RAAKVLAK_INLINE V Load(const uint64_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  static RAAKVLAK_INLINE void Store(uint64_t* p, V a) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), a);
  }
};

}  // namespace

const VectorOps kAvx2Ops =
    VectorImpl<FieldDouble<Avx2Lanes>>::Ops(Sha512Lanes<Avx2Words>::Compress);

}  // namespace raakvlak::crypto
