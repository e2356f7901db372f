// Instances of the vector backends on emulated lanes.
#include "crypto/batch/emulated.h"

#include "crypto/batch/field_double.h"
#include "crypto/batch/field_ifma.h"
#include "crypto/batch/lanes_emulated_double.h"
#include "crypto/batch/lanes_emulated_ifma.h"
#include "crypto/batch/sha512_lanes.h"
#include "crypto/batch/vector_impl.h"
#include "crypto/batch/vector_kernels.h"

namespace raakvlak::crypto {
namespace {

// The lanes' 64-bit words for SHA-512.
struct EmulatedWords : EmulatedIfmaLanes {
  using V = I;
  static V Xor3(const V& a, const V& b, const V& c) { return Xor(Xor(a, b), c); }
  static void LoadBlock(const uint8_t* const* blocks, size_t at, V w[16]) {
    LoadSha512Block<EmulatedWords>(blocks, at, w);
  }
  static RAAKVLAK_INLINE V Choose(const V& e, const V& f, const V& g) {
    return Xor(g, EmulatedIfmaLanes::And(e, Xor(f, g)));
  }
  static RAAKVLAK_INLINE V Majority(const V& a, const V& b, const V& c) {
    return Xor(b, EmulatedIfmaLanes::And(Xor(a, b), Xor(b, c)));
  }
};

constexpr VectorOps kIfma =
    VectorImpl<FieldIfma<EmulatedIfmaLanes>>::Ops(Sha512Lanes<EmulatedWords>::Compress);
// Without a SHA-512 of its own, which is also a case to test.
constexpr VectorOps kDouble = VectorImpl<FieldDouble<EmulatedDoubleLanes>>::Ops(nullptr);

}  // namespace

const std::vector<const Kernels*>& EmulatedKernels() {
  static const auto* const kernels =
      new std::vector<const Kernels*>{MakeVectorKernels("emulated_ifma", kIfma).release(),
                                      MakeVectorKernels("emulated_avx2", kDouble).release()};
  return *kernels;
}

uint64_t TookEmulatedExcess() { return EmulatedIfmaLanes::TookExcess(); }

}  // namespace raakvlak::crypto
