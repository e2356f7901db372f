// Secret sharing over the scalars of ristretto255 (Shamir 1979, Feldman 1987): polynomials,
// commitments to them, and interpolation at zero.
#ifndef RAAKVLAK_CRYPTO_OPRF_SHAMIR_H_
#define RAAKVLAK_CRYPTO_OPRF_SHAMIR_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/oprf/element.h"
#include "crypto/oprf/scalar.h"

namespace raakvlak::crypto {

// A participant's place: 1 for the first. 0 would be the secret itself and is refused everywhere.
using ShareIndex = uint16_t;
inline constexpr size_t kMaxParticipants = 64;

// InvalidArgument unless there is at least one index, none is 0, and they are strictly ascending.
absl::Status CheckIndices(std::span<const ShareIndex> indices);

// lambda_i = product over j != i of j / (j - i), in the order of `indices`, which CheckIndices must
// accept: with the shares x_i at these places, the secret is the sum of lambda_i x_i.
absl::StatusOr<std::vector<Scalar>> LagrangeAtZero(std::span<const ShareIndex> indices);

// The element at place 0 of the polynomial in the exponent that passes through the elements.
absl::StatusOr<Element> InterpolateAtZero(std::span<const ShareIndex> indices,
                                          std::span<const Element> elements);

// A secret polynomial of degree threshold - 1.
class SecretPolynomial {
 public:
  // Uniform coefficients, none zero; threshold at least 1.
  static SecretPolynomial Generate(size_t threshold, Random& random);
  // From its coefficients, constant term first; at least one.
  explicit SecretPolynomial(std::vector<SecretScalar> coefficients);

  // The share of a participant; `index` is not 0 (a programming error that stops the process).
  SecretScalar ShareOf(ShareIndex index) const;
  const SecretScalar& constant_term() const { return coefficients_.front(); }
  // Coefficient k times the generator, for each k.
  std::vector<Element> Commitments() const;

 private:
  std::vector<SecretScalar> coefficients_;
};

// The share of `index` in the exponent, from commitments; at least one commitment, index not 0.
Element CommittedShare(std::span<const Element> commitments, ShareIndex index);

// Whether `share` times the generator is what the commitments say.
bool VerifyShare(std::span<const Element> commitments, ShareIndex index, const SecretScalar& share);

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_OPRF_SHAMIR_H_
