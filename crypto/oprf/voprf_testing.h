// A shared key and the whole line from inputs to outputs, for tests.
#ifndef RAAKVLAK_CRYPTO_OPRF_VOPRF_TESTING_H_
#define RAAKVLAK_CRYPTO_OPRF_VOPRF_TESTING_H_

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "crypto/base/random.h"
#include "crypto/oprf/testing.h"
#include "crypto/oprf/voprf.h"

namespace raakvlak::crypto {

inline const Kernels& K() { return DefaultKernels(); }

inline std::vector<ByteView> Views(const std::vector<Bytes>& inputs) {
  return {inputs.begin(), inputs.end()};
}

inline std::vector<Bytes> Inputs(size_t count, const std::string& prefix = "value ") {
  std::vector<Bytes> out;
  for (size_t i = 0; i < count; ++i) {
    const std::string text = prefix + std::to_string(i);
    out.emplace_back(text.begin(), text.end());
  }
  return out;
}

inline std::string OutputHex(const OutputChunk& outputs, size_t i) {
  return ToHex(outputs.Output(i, SecretAccess{}));
}

// Under the committee's key.
inline absl::StatusOr<OutputChunk> Finalize(const Committee& committee, BlindedChunk chunk,
                                            CombinedChunk combined,
                                            const std::vector<Bytes>& inputs) {
  auto unblinder = Unblinder::Create(K(), committee.group_public_key());
  if (!unblinder.ok()) return unblinder.status();
  return FinalizeChunk(K(), *unblinder, std::move(chunk), std::move(combined), Views(inputs));
}

// A shared key with everything needed to run a chunk through it.
struct Setting {
  explicit Setting(size_t threshold, size_t participants, uint64_t seed = 1)
      : t(threshold), random(seed), key(DealKey(threshold, participants, random)) {}
  Committee MakeCommittee(const std::vector<ShareIndex>& indices) const {
    auto committee = Committee::Create(t, indices, key.public_shares, key.group_public_key);
    EXPECT_TRUE(committee.ok()) << committee.status();
    return *committee;
  }
  EvaluatedChunk Evaluate(const Committee& committee, ShareIndex j,
                          std::span<const EncodedElement> blinded) {
    auto answer = EvaluateChunk(K(), blinded, key.shares[j - 1u], key.public_shares[j - 1u],
                                *committee.Lambda(j), random);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return *std::move(answer);
  }
  std::vector<std::string> Run(const std::vector<ShareIndex>& indices,
                               const std::vector<Bytes>& inputs) {
    const Committee committee = MakeCommittee(indices);
    auto chunk = Blind(K(), Views(inputs), random);
    EXPECT_TRUE(chunk.ok());
    std::vector<VerifiedPartial> partials;
    for (ShareIndex j : indices) {
      const EvaluatedChunk answer = Evaluate(committee, j, chunk->encoded());
      auto partial = VerifyChunk(K(), committee, j, *chunk, answer.elements, answer.proof);
      EXPECT_TRUE(partial.ok()) << partial.status();
      partials.push_back(*std::move(partial));
    }
    auto combined = CombineChunk(K(), committee, *chunk, std::move(partials));
    EXPECT_TRUE(combined.ok()) << combined.status();
    auto outputs = Finalize(committee, *std::move(chunk), *std::move(combined), inputs);
    EXPECT_TRUE(outputs.ok()) << outputs.status();
    std::vector<std::string> out;
    out.reserve(outputs->size());
    for (size_t i = 0; i < outputs->size(); ++i) out.push_back(OutputHex(*outputs, i));
    return out;
  }

  size_t t;
  SeededRandom random;
  SharedKey key;
};

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_OPRF_VOPRF_TESTING_H_
