// Batched proofs that D_i = k C_i for all i and B = k G, for one k (RFC 9497 section 2.2).
#ifndef RAAKVLAK_CRYPTO_OPRF_DLEQ_H_
#define RAAKVLAK_CRYPTO_OPRF_DLEQ_H_

#include <array>
#include <cstdint>
#include <span>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/base/bytes.h"
#include "crypto/base/random.h"
#include "crypto/batch/kernels.h"
#include "crypto/oprf/element.h"
#include "crypto/oprf/hash_to_group.h"
#include "crypto/oprf/scalar.h"

namespace raakvlak::crypto {

// Indices in a proof have two bytes.
inline constexpr size_t kMaxProofElements = 65535;
inline constexpr size_t kProofSize = 64;

struct DleqProof {
  Scalar c;
  Scalar s;

  // InvalidArgument unless 64 bytes with both scalars below L.
  static absl::StatusOr<DleqProof> Parse(ByteView bytes);
  std::array<uint8_t, kProofSize> Serialize() const;
};

// One side of the proven relation: elements both decoded and encoded, of equal number and order.
struct ProofElements {
  const PointVector& points;
  std::span<const EncodedElement> encoded;
};

// Proves that `d[i]` = k `c[i]` and `b` = k G. `d` needs only encodings. The nonce is a hash of k,
// 32 bytes of `random` and what is proven, so that a cloned machine with a cloned generator does
// not use one nonce for two statements. InvalidArgument for no elements, more than
// kMaxProofElements, or unequal numbers.
absl::StatusOr<DleqProof> GenerateProof(const Kernels& kernels, OprfMode mode,
                                        const SecretScalar& k, const Element& b,
                                        const ProofElements& c, std::span<const EncodedElement> d,
                                        Random& random);

// The same with a nonce from outside, for published vectors. Never use a nonce twice.
absl::StatusOr<DleqProof> GenerateProofWithNonce(const Kernels& kernels, OprfMode mode,
                                                 const SecretScalar& k, const Element& b,
                                                 const ProofElements& c,
                                                 std::span<const EncodedElement> d,
                                                 const SecretScalar& nonce);

// PermissionDenied if the proof does not hold, InvalidArgument if the shapes are wrong. Variable
// time: everything here is public.
absl::Status VerifyProof(const Kernels& kernels, OprfMode mode, const Element& b,
                         const ProofElements& c, const ProofElements& d, const DleqProof& proof);

// The same from the wire: decodes every element (identity refused) and the proof first.
absl::Status VerifyProof(const Kernels& kernels, OprfMode mode, const Element& b,
                         std::span<const EncodedElement> c, std::span<const EncodedElement> d,
                         ByteView proof);

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_OPRF_DLEQ_H_
