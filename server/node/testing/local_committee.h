// A committee in the test's own process: shares of one key, and evaluators that hold them. For
// tests only: nobody deals keys in the product.
#ifndef RAAKVLAK_SERVER_NODE_TESTING_LOCAL_COMMITTEE_H_
#define RAAKVLAK_SERVER_NODE_TESTING_LOCAL_COMMITTEE_H_

#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "crypto/batch/kernels.h"
#include "crypto/oprf/committee.h"
#include "crypto/oprf/shamir.h"
#include "crypto/oprf/voprf.h"
#include "server/node/evaluation_pipeline.h"

namespace raakvlak::node::testing {

class LocalCommittee {
 public:
  LocalCommittee(std::size_t members, std::size_t threshold, crypto::Random& random)
      : threshold_(threshold), random_(random) {
    auto polynomial = crypto::SecretPolynomial::Generate(threshold, random);
    public_key_ = polynomial.Commitments()[0];
    std::vector<crypto::ShareIndex> first;
    for (std::size_t i = 1; i <= members; ++i) {
      const auto index = static_cast<crypto::ShareIndex>(i);
      shares_.push_back(polynomial.ShareOf(index));
      public_shares_.push_back(crypto::Element::MultiplyBase(shares_.back()));
      if (i <= threshold) first.push_back(index);
    }
    Choose(first);
  }

  void Choose(const std::vector<crypto::ShareIndex>& indices) {
    auto committee = crypto::Committee::Create(threshold_, indices, public_shares_, public_key_);
    if (!committee.ok()) std::abort();
    committee_ = *std::move(committee);
  }

  // All but source, sink and chunk numbers.
  EvaluationParameters Parameters(const std::string& identifier_type) {
    EvaluationParameters parameters;
    parameters.identifier_type = identifier_type;
    parameters.normaliser_version = "test-1";
    parameters.committee = &*committee_;
    parameters.kernels = &crypto::DefaultKernels();
    parameters.random = &random_;
    parameters.ask = [this](const PartialRequest& request,
                            std::stop_token) -> absl::StatusOr<crypto::VerifiedPartial> {
      const crypto::Kernels& kernels = crypto::DefaultKernels();
      const std::size_t place = request.evaluator - std::size_t{1};
      auto lambda = committee_->Lambda(request.evaluator);
      if (!lambda.ok()) return lambda.status();
      auto answer = crypto::EvaluateChunk(kernels, request.chunk.encoded(), shares_[place],
                                          public_shares_[place], *lambda, random_);
      if (!answer.ok()) return answer.status();
      return crypto::VerifyChunk(kernels, *committee_, request.evaluator, request.chunk,
                                 answer->elements, answer->proof);
    };
    return parameters;
  }

 private:
  const std::size_t threshold_;
  crypto::Random& random_;
  std::vector<crypto::SecretScalar> shares_;
  std::vector<crypto::Element> public_shares_;
  crypto::Element public_key_;
  std::optional<crypto::Committee> committee_;
};

}  // namespace raakvlak::node::testing

#endif  // RAAKVLAK_SERVER_NODE_TESTING_LOCAL_COMMITTEE_H_
