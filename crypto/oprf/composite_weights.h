// The weights of a batched proof's composites (RFC 9497, ComputeComposites): one hash an element,
// over the key and both elements.
#ifndef RAAKVLAK_CRYPTO_OPRF_COMPOSITE_WEIGHTS_H_
#define RAAKVLAK_CRYPTO_OPRF_COMPOSITE_WEIGHTS_H_

#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/batch/kernels.h"
#include "crypto/oprf/element.h"
#include "crypto/oprf/hash_to_group.h"

namespace raakvlak::crypto {

// d_i = HashToScalar(lp(seed) || I2OSP(i, 2) || lp(C_i) || lp(D_i) || "Composite") with the seed
// Hash(lp(B) || lp("Seed-" || context)). `c` and `d` have the same number, at most 65,535.
absl::StatusOr<std::vector<EncodedScalar>> CompositeWeights(const Kernels& kernels, OprfMode mode,
                                                            const Element& b,
                                                            std::span<const EncodedElement> c,
                                                            std::span<const EncodedElement> d);

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_OPRF_COMPOSITE_WEIGHTS_H_
