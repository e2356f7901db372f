// The evaluators of one requester in one run: exactly t members of the ceremony, with the Lagrange
// coefficients and the public keys their proofs are checked against.
#ifndef RAAKVLAK_CRYPTO_OPRF_COMMITTEE_H_
#define RAAKVLAK_CRYPTO_OPRF_COMMITTEE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/base/hash.h"
#include "crypto/oprf/element.h"
#include "crypto/oprf/scalar.h"
#include "crypto/oprf/shamir.h"

namespace raakvlak::crypto {

// Immutable, thread-safe.
class Committee {
 public:
  // `indices`: who evaluates, strictly ascending, exactly `threshold` of them. `public_shares`: of
  // every participant of the ceremony, that of index i at place i - 1. InvalidArgument for indices
  // that CheckIndices refuses, that are off the roster or of another number than the threshold, and
  // for public shares that do not interpolate to the group public key.
  static absl::StatusOr<Committee> Create(size_t threshold, std::span<const ShareIndex> indices,
                                          std::span<const Element> public_shares,
                                          const Element& group_public_key);

  std::span<const ShareIndex> indices() const { return indices_; }
  bool Contains(ShareIndex index) const;
  // NotFound for who is not in it.
  absl::StatusOr<Scalar> Lambda(ShareIndex index) const;
  // lambda_j PK_j, which j's proofs are checked against.
  absl::StatusOr<Element> EvaluationKey(ShareIndex index) const;
  const Element& group_public_key() const { return group_public_key_; }
  // Tells committees apart: a hash over indices, evaluation keys and group public key.
  const Digest& id() const { return id_; }

 private:
  Committee() = default;
  std::vector<ShareIndex> indices_;
  std::vector<Scalar> lambdas_;
  std::vector<Element> evaluation_keys_;
  Element group_public_key_;
  Digest id_{};
};

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_OPRF_COMMITTEE_H_
