// The evaluators of a run and their keys.
#include "crypto/oprf/committee.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace raakvlak::crypto {

absl::StatusOr<Committee> Committee::Create(size_t threshold, std::span<const ShareIndex> indices,
                                            std::span<const Element> public_shares,
                                            const Element& group_public_key) {
  if (absl::Status status = CheckIndices(indices); !status.ok()) return status;
  if (indices.size() != threshold) {
    return absl::InvalidArgumentError(
        absl::StrCat("a committee has ", threshold, " members, not ", indices.size()));
  }
  if (indices.back() > public_shares.size()) {
    return absl::InvalidArgumentError(absl::StrCat("no participant has index ", indices.back()));
  }
  if (group_public_key.IsIdentity()) {
    return absl::InvalidArgumentError("the group public key is the identity");
  }
  absl::StatusOr<std::vector<Scalar>> lambdas = LagrangeAtZero(indices);
  if (!lambdas.ok()) return lambdas.status();

  Committee out;
  out.indices_.assign(indices.begin(), indices.end());
  out.lambdas_ = *std::move(lambdas);
  out.group_public_key_ = group_public_key;
  Element sum = Element::Identity();
  ByteWriter transcript;
  transcript.Raw("raakvlak/v1 committee").Raw(group_public_key.bytes());
  for (size_t i = 0; i < out.indices_.size(); ++i) {
    const Element& share = public_shares[out.indices_[i] - 1u];
    if (share.IsIdentity()) return absl::InvalidArgumentError("a public share is the identity");
    out.evaluation_keys_.push_back(share.Multiply(out.lambdas_[i]));
    sum = sum + out.evaluation_keys_.back();
    transcript.U16(out.indices_[i]).Raw(out.evaluation_keys_.back().bytes());
  }
  if (sum != group_public_key) {
    return absl::InvalidArgumentError(
        "the public shares do not interpolate to the group public key");
  }
  out.id_ = Sha512(transcript.view());
  return out;
}

bool Committee::Contains(ShareIndex index) const {
  return std::binary_search(indices_.begin(), indices_.end(), index);
}

absl::StatusOr<Scalar> Committee::Lambda(ShareIndex index) const {
  const auto it = std::lower_bound(indices_.begin(), indices_.end(), index);
  if (it == indices_.end() || *it != index) {
    return absl::NotFoundError(absl::StrCat("participant ", index, " is not in the committee"));
  }
  return lambdas_[static_cast<size_t>(it - indices_.begin())];
}

absl::StatusOr<Element> Committee::EvaluationKey(ShareIndex index) const {
  const auto it = std::lower_bound(indices_.begin(), indices_.end(), index);
  if (it == indices_.end() || *it != index) {
    return absl::NotFoundError(absl::StrCat("participant ", index, " is not in the committee"));
  }
  return evaluation_keys_[static_cast<size_t>(it - indices_.begin())];
}

}  // namespace raakvlak::crypto
