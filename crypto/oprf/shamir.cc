// Secret sharing and interpolation.
#include "crypto/oprf/shamir.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace raakvlak::crypto {
namespace {

void RequireIndex(bool good) {
  if (!good) {
    std::fprintf(stderr, "raakvlak: share asked for at place 0 or without commitments\n");
    std::abort();
  }
}

}  // namespace

absl::Status CheckIndices(std::span<const ShareIndex> indices) {
  if (indices.empty()) return absl::InvalidArgumentError("no share indices");
  if (indices.size() > kMaxParticipants) return absl::InvalidArgumentError("too many indices");
  ShareIndex previous = 0;
  for (ShareIndex index : indices) {
    if (index == 0) return absl::InvalidArgumentError("share index 0");
    if (index <= previous) {
      return absl::InvalidArgumentError("share indices not strictly ascending");
    }
    previous = index;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Scalar>> LagrangeAtZero(std::span<const ShareIndex> indices) {
  if (absl::Status status = CheckIndices(indices); !status.ok()) return status;
  std::vector<Scalar> out;
  for (ShareIndex i : indices) {
    Scalar numerator = Scalar::FromUint(1);
    Scalar denominator = Scalar::FromUint(1);
    for (ShareIndex j : indices) {
      if (j == i) continue;
      numerator = numerator * Scalar::FromUint(j);
      denominator = denominator * (Scalar::FromUint(j) - Scalar::FromUint(i));
    }
    absl::StatusOr<Scalar> inverse = denominator.Inverse();
    if (!inverse.ok()) return inverse.status();
    out.push_back(numerator * *inverse);
  }
  return out;
}

absl::StatusOr<Element> InterpolateAtZero(std::span<const ShareIndex> indices,
                                          std::span<const Element> elements) {
  if (indices.size() != elements.size()) {
    return absl::InvalidArgumentError("as many elements as indices are needed");
  }
  absl::StatusOr<std::vector<Scalar>> lambdas = LagrangeAtZero(indices);
  if (!lambdas.ok()) return lambdas.status();
  Element sum = Element::Identity();
  for (size_t i = 0; i < elements.size(); ++i) sum = sum + elements[i].Multiply((*lambdas)[i]);
  return sum;
}

SecretPolynomial SecretPolynomial::Generate(size_t threshold, Random& random) {
  std::vector<SecretScalar> coefficients;
  coefficients.reserve(threshold);
  for (size_t k = 0; k < threshold; ++k) coefficients.push_back(SecretScalar::Generate(random));
  return SecretPolynomial(std::move(coefficients));
}

SecretPolynomial::SecretPolynomial(std::vector<SecretScalar> coefficients)
    : coefficients_(std::move(coefficients)) {
  RequireIndex(!coefficients_.empty());
}

SecretScalar SecretPolynomial::ShareOf(ShareIndex index) const {
  RequireIndex(index != 0);
  const Scalar x = Scalar::FromUint(index);
  SecretScalar sum = coefficients_.back().Clone(SecretAccess{});
  for (size_t k = coefficients_.size() - 1; k-- > 0;) sum = sum.Times(x).Plus(coefficients_[k]);
  return sum;
}

std::vector<Element> SecretPolynomial::Commitments() const {
  std::vector<Element> out;
  for (const SecretScalar& c : coefficients_) out.push_back(Element::MultiplyBase(c));
  return out;
}

Element CommittedShare(std::span<const Element> commitments, ShareIndex index) {
  RequireIndex(index != 0 && !commitments.empty());
  const Scalar x = Scalar::FromUint(index);
  Element sum = commitments.back();
  for (size_t k = commitments.size() - 1; k-- > 0;) sum = sum.Multiply(x) + commitments[k];
  return sum;
}

bool VerifyShare(std::span<const Element> commitments, ShareIndex index,
                 const SecretScalar& share) {
  return Element::MultiplyBase(share) == CommittedShare(commitments, index);
}

}  // namespace raakvlak::crypto
