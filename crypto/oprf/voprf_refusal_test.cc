// What the requester and the evaluator of a chunk refuse.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "crypto/base/random.h"
#include "crypto/batch/rfc9496_vectors.h"
#include "crypto/oprf/dleq.h"
#include "crypto/oprf/testing.h"
#include "crypto/oprf/voprf.h"
#include "crypto/oprf/voprf_testing.h"

namespace raakvlak::crypto {
namespace {

class RefusalTest : public testing::Test {
 protected:
  RefusalTest()
      : setting_(2, 3),
        committee_(setting_.MakeCommittee({1, 2})),
        inputs_(Inputs(9)),
        chunk_(*Blind(K(), Views(inputs_), setting_.random)),
        answer_(setting_.Evaluate(committee_, 1, chunk_.encoded())) {}

  absl::Status Verify(std::span<const EncodedElement> elements, ByteView proof, ShareIndex from = 1,
                      size_t* bad = nullptr) {
    return VerifyChunk(K(), committee_, from, chunk_, elements, proof, bad).status();
  }

  Setting setting_;
  Committee committee_;
  std::vector<Bytes> inputs_;
  BlindedChunk chunk_;
  EvaluatedChunk answer_;
};

TEST_F(RefusalTest, GoodAnswerPasses) { EXPECT_TRUE(Verify(answer_.elements, answer_.proof).ok()); }

// Without proofs one evaluator can relay the blinded elements to the other members, and answer so
// that the sum is keyed with a scalar of its own.
TEST_F(RefusalTest, RelayAttackIsRefused) {
  const SecretScalar own = SecretScalar::Generate(setting_.random);
  const EvaluatedChunk honest = setting_.Evaluate(committee_, 2, chunk_.encoded());
  std::vector<EncodedElement> forged;
  for (size_t i = 0; i < chunk_.size(); ++i) {
    const Element wanted = Element::Parse(chunk_.encoded()[i])->Multiply(own);
    forged.push_back((wanted - *Element::Parse(honest.elements[i])).bytes());
  }
  EXPECT_EQ(Verify(forged, answer_.proof).code(), absl::StatusCode::kPermissionDenied);
  // A proof for the attacker's scalar under its own key, for what it holds, does not help either.
  auto own_answer = EvaluateChunk(K(), chunk_.encoded(), own, Element::MultiplyBase(own),
                                  Scalar::FromUint(1), setting_.random);
  ASSERT_TRUE(own_answer.ok());
  EXPECT_EQ(Verify(own_answer->elements, own_answer->proof).code(),
            absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(Verify(forged, own_answer->proof).code(), absl::StatusCode::kPermissionDenied);
}

TEST_F(RefusalTest, PermutedOrAlteredElements) {
  std::vector<EncodedElement> swapped = answer_.elements;
  std::swap(swapped[3], swapped[7]);
  EXPECT_FALSE(Verify(swapped, answer_.proof).ok());
  std::vector<EncodedElement> doubled = answer_.elements;
  doubled[8] = (*Element::Parse(doubled[8]) + *Element::Parse(doubled[8])).bytes();
  EXPECT_FALSE(Verify(doubled, answer_.proof).ok());
  std::vector<EncodedElement> repeated = answer_.elements;
  repeated[1] = repeated[0];
  EXPECT_FALSE(Verify(repeated, answer_.proof).ok());
}

TEST_F(RefusalTest, OneBadElementInAFullChunkIsNamed) {
  for (size_t place : {0u, 4u, 8u}) {
    for (const std::string_view hex : kBadEncodings) {
      std::vector<EncodedElement> bad = answer_.elements;
      bad[place] = EncodedHex(hex);
      size_t index = 99;
      EXPECT_EQ(Verify(bad, answer_.proof, 1, &index).code(), absl::StatusCode::kInvalidArgument);
      EXPECT_EQ(index, place) << hex;
      std::vector<EncodedElement> blinded(chunk_.encoded().begin(), chunk_.encoded().end());
      blinded[place] = EncodedHex(hex);
      index = 99;
      EXPECT_FALSE(EvaluateChunk(K(), blinded, setting_.key.shares[0],
                                 setting_.key.public_shares[0], Scalar::FromUint(1),
                                 setting_.random, &index)
                       .ok());
      EXPECT_EQ(index, place) << hex;
    }
  }
}

TEST_F(RefusalTest, IdentityAsThePublicKeyOfAProof) {
  // A key of zero holds for identities; only its public key gives it away.
  const std::vector<EncodedElement> identities(chunk_.size());
  const auto asked = K().Decode(chunk_.encoded(), IdentityRule::kRefuse);
  const auto answered = K().Decode(identities, IdentityRule::kAllow);
  ASSERT_TRUE(asked.ok() && answered.ok());
  const auto proof = GenerateProof(K(), OprfMode::kVoprf, SecretScalar(), Element::Identity(),
                                   {*asked, chunk_.encoded()}, identities, setting_.random);
  ASSERT_TRUE(proof.ok()) << proof.status();
  EXPECT_FALSE(VerifyProof(K(), OprfMode::kVoprf, Element::Identity(), {*asked, chunk_.encoded()},
                           {*answered, identities}, *proof)
                   .ok());
}

TEST_F(RefusalTest, IdentityElement) {
  size_t index = 99;
  std::vector<EncodedElement> evaluated = answer_.elements;
  evaluated[2] = EncodedElement{};
  EXPECT_FALSE(Verify(evaluated, answer_.proof, 1, &index).ok());
  EXPECT_EQ(index, 2u);
  std::vector<EncodedElement> blinded(chunk_.encoded().begin(), chunk_.encoded().end());
  blinded[5] = EncodedElement{};
  EXPECT_FALSE(EvaluateChunk(K(), blinded, setting_.key.shares[0], setting_.key.public_shares[0],
                             Scalar::FromUint(1), setting_.random, &index)
                   .ok());
  EXPECT_EQ(index, 5u);
  EXPECT_FALSE(VerifyProof(K(), OprfMode::kVoprf, Element::Identity(), chunk_.encoded(),
                           answer_.elements, answer_.proof)
                   .ok());
}

TEST_F(RefusalTest, MalformedProofs) {
  const Bytes order = Hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  for (size_t half : {0u, 32u}) {
    // The same residue plus L, where that fits in 32 bytes.
    auto bad = answer_.proof;
    unsigned carry = 0;
    for (size_t i = 0; i < 32; ++i) {
      const unsigned sum = bad[half + i] + order[i] + carry;
      bad[half + i] = static_cast<uint8_t>(sum);
      carry = sum >> 8;
    }
    EXPECT_EQ(Verify(answer_.elements, bad).code(), absl::StatusCode::kInvalidArgument);
    auto high = answer_.proof;
    high[half + 31] |= 0x80;
    EXPECT_EQ(Verify(answer_.elements, high).code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_FALSE(Verify(answer_.elements, ByteView(answer_.proof).first(63)).ok());
  Bytes longer(answer_.proof.begin(), answer_.proof.end());
  longer.push_back(0);
  EXPECT_FALSE(Verify(answer_.elements, longer).ok());
  EXPECT_FALSE(Verify(answer_.elements, {}).ok());
  EXPECT_FALSE(Verify(answer_.elements, Bytes(64)).ok());
  for (size_t i = 0; i < 64; i += 9) {
    auto flipped = answer_.proof;
    flipped[i] ^= 1;
    EXPECT_FALSE(Verify(answer_.elements, flipped).ok()) << i;
  }
}

TEST_F(RefusalTest, ProofUnderAnotherKeyEpochTypeOrMode) {
  // Another evaluator's place.
  EXPECT_FALSE(Verify(answer_.elements, answer_.proof, 2).ok());
  // Off the committee.
  EXPECT_FALSE(Verify(answer_.elements, answer_.proof, 3).ok());
  EXPECT_FALSE(Verify(answer_.elements, answer_.proof, 0).ok());
  // Another epoch or type is another key.
  Setting other(2, 3, 77);
  const Committee other_committee = other.MakeCommittee({1, 2});
  const EvaluatedChunk answer = other.Evaluate(other_committee, 1, chunk_.encoded());
  EXPECT_FALSE(Verify(answer.elements, answer.proof).ok());
  // Another mode.
  const SecretScalar key = setting_.key.shares[0].Times(*committee_.Lambda(1));
  auto points = K().Decode(chunk_.encoded(), IdentityRule::kRefuse);
  ASSERT_TRUE(points.ok());
  for (OprfMode mode : {OprfMode::kOprf, OprfMode::kVoprf, OprfMode::kPoprf}) {
    auto proof = GenerateProof(K(), mode, key, *committee_.EvaluationKey(1),
                               {*points, chunk_.encoded()}, answer_.elements, setting_.random);
    ASSERT_TRUE(proof.ok());
    EXPECT_EQ(Verify(answer_.elements, proof->Serialize()).ok(), mode == OprfMode::kVoprf);
  }
}

TEST_F(RefusalTest, WrongCounts) {
  EXPECT_FALSE(Verify(std::span(answer_.elements).first(8), answer_.proof).ok());
  std::vector<EncodedElement> more = answer_.elements;
  more.push_back(more[0]);
  EXPECT_FALSE(Verify(more, answer_.proof).ok());
  EXPECT_FALSE(Verify({}, answer_.proof).ok());
  auto evaluate = [&](std::span<const EncodedElement> blinded) {
    return EvaluateChunk(K(), blinded, setting_.key.shares[0], setting_.key.public_shares[0],
                         Scalar::FromUint(1), setting_.random)
        .status();
  };
  EXPECT_FALSE(evaluate({}).ok());
  const std::vector<EncodedElement> oversized(kMaxChunkElements + 1, chunk_.encoded()[0]);
  EXPECT_FALSE(evaluate(oversized).ok());
  EXPECT_FALSE(Blind(K(), {}, setting_.random).ok());
  const std::vector<ByteView> too_many(kMaxChunkElements + 1, ByteView(inputs_[0]));
  EXPECT_FALSE(Blind(K(), too_many, setting_.random).ok());
  const Bytes long_input(65536);
  const ByteView long_view = long_input;
  EXPECT_FALSE(Blind(K(), {&long_view, 1}, setting_.random).ok());
}

TEST_F(RefusalTest, PartialsOfTwoCommitteesDoNotMix) {
  const Committee other = setting_.MakeCommittee({1, 3});
  const EvaluatedChunk from_other = setting_.Evaluate(other, 1, chunk_.encoded());
  const EvaluatedChunk second = setting_.Evaluate(committee_, 2, chunk_.encoded());
  // The proof is bound to lambda, so the other committee's answer fails already here ...
  EXPECT_FALSE(Verify(from_other.elements, from_other.proof).ok());
  // ... and a partial verified for the other committee is refused by the combination.
  std::vector<VerifiedPartial> mixed;
  mixed.push_back(*VerifyChunk(K(), other, 1, chunk_, from_other.elements, from_other.proof));
  mixed.push_back(*VerifyChunk(K(), committee_, 2, chunk_, second.elements, second.proof));
  EXPECT_FALSE(CombineChunk(K(), committee_, chunk_, std::move(mixed)).ok());
}

TEST_F(RefusalTest, CombinationNeedsEachMemberOnceForThisChunk) {
  auto partial = [&](ShareIndex j, const BlindedChunk& chunk) {
    const EvaluatedChunk answer = setting_.Evaluate(committee_, j, chunk.encoded());
    return *VerifyChunk(K(), committee_, j, chunk, answer.elements, answer.proof);
  };
  std::vector<VerifiedPartial> one, twice, foreign;
  one.push_back(partial(1, chunk_));
  EXPECT_FALSE(CombineChunk(K(), committee_, chunk_, std::move(one)).ok());
  twice.push_back(partial(1, chunk_));
  twice.push_back(partial(1, chunk_));
  EXPECT_FALSE(CombineChunk(K(), committee_, chunk_, std::move(twice)).ok());
  BlindedChunk other = *Blind(K(), Views(inputs_), setting_.random);
  foreign.push_back(partial(1, chunk_));
  foreign.push_back(partial(2, other));
  EXPECT_FALSE(CombineChunk(K(), committee_, chunk_, std::move(foreign)).ok());
  std::vector<VerifiedPartial> good;
  good.push_back(partial(2, chunk_));
  good.push_back(partial(1, chunk_));
  auto combined = CombineChunk(K(), committee_, chunk_, std::move(good));
  ASSERT_TRUE(combined.ok());
  // A combination of this chunk does not finish another one, nor with other inputs.
  EXPECT_FALSE(Finalize(committee_, std::move(other), *std::move(combined), inputs_).ok());
}

TEST_F(RefusalTest, CorruptShareDoesNotEvaluate) {
  EXPECT_EQ(EvaluateChunk(K(), chunk_.encoded(), setting_.key.shares[0],
                          setting_.key.public_shares[1], Scalar::FromUint(1), setting_.random)
                .status()
                .code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(EvaluateChunk(K(), chunk_.encoded(), setting_.key.shares[0],
                             setting_.key.public_shares[0], Scalar(), setting_.random)
                   .ok());
}

TEST_F(RefusalTest, BlindsNeverRepeat) {
  // One value many times, in several chunks, with the system's randomness: no element repeats, and
  // a second process (another generator) gives others again.
  std::set<EncodedElement> seen;
  const std::vector<Bytes> same(64, Bytes{1, 2, 3});
  for (int run = 0; run < 4; ++run) {
    SystemRandom random;
    const BlindedChunk chunk = *Blind(K(), Views(same), random);
    seen.insert(chunk.encoded().begin(), chunk.encoded().end());
  }
  EXPECT_EQ(seen.size(), 4u * 64u);
}

TEST_F(RefusalTest, ABrokenGeneratorBlindsNothing) {
  class Zeros final : public Random {
   public:
    void Fill(std::span<uint8_t> out) override { std::fill(out.begin(), out.end(), uint8_t{0}); }
  };
  Zeros zeros;
  EXPECT_TRUE(absl::IsInternal(Blind(K(), Views(inputs_), zeros).status()));
}

TEST_F(RefusalTest, AnotherKeyTakesNoBlindsAway) {
  std::vector<VerifiedPartial> partials;
  for (const ShareIndex j : std::vector<ShareIndex>{1, 2}) {
    const EvaluatedChunk answer = setting_.Evaluate(committee_, j, chunk_.encoded());
    partials.push_back(*VerifyChunk(K(), committee_, j, chunk_, answer.elements, answer.proof));
  }
  auto combined = CombineChunk(K(), committee_, chunk_, std::move(partials));
  ASSERT_TRUE(combined.ok());
  const Unblinder other = *Unblinder::Create(K(), setting_.key.public_shares[0]);
  EXPECT_TRUE(absl::IsInvalidArgument(
      FinalizeChunk(K(), other, std::move(chunk_), *std::move(combined), Views(inputs_)).status()));
  EXPECT_FALSE(Unblinder::Create(K(), Element::Identity()).ok());
}

TEST_F(RefusalTest, ProofNoncesDifferWhenTheGeneratorIsCloned) {
  // Two machines with the same generator state prove different statements: had they the same
  // nonce r, (s1 - s2) / (c2 - c1) would be the share.
  const SecretScalar key = setting_.key.shares[0].Times(*committee_.Lambda(1));
  SeededRandom first(5), second(5);
  BlindedChunk other = *Blind(K(), Views(inputs_), setting_.random);
  auto a = EvaluateChunk(K(), chunk_.encoded(), setting_.key.shares[0],
                         setting_.key.public_shares[0], *committee_.Lambda(1), first);
  auto b = EvaluateChunk(K(), other.encoded(), setting_.key.shares[0],
                         setting_.key.public_shares[0], *committee_.Lambda(1), second);
  ASSERT_TRUE(a.ok() && b.ok());
  const DleqProof pa = *DleqProof::Parse(a->proof), pb = *DleqProof::Parse(b->proof);
  const Scalar guess = (pa.s - pb.s) * *(pb.c - pa.c).Inverse();
  EXPECT_FALSE(guess == key.Publish(SecretAccess{}));
}

TEST(DleqProofFuzzTest, WhatIsParsedHasOneByteForm) {
  SeededRandom random(11);
  size_t parsed = 0;
  for (int i = 0; i < 5000; ++i) {
    uint8_t size = 0;
    random.Fill({&size, 1});
    Bytes bytes(i % 5 == 0 ? size : kProofSize);
    random.Fill(bytes);
    // Half of the time in the range where canonical scalars are.
    if (bytes.size() == kProofSize && i % 2 == 0) {
      bytes[31] &= 0x0f;
      bytes[63] &= 0x0f;
    }
    auto proof = DleqProof::Parse(bytes);
    if (!proof.ok()) continue;
    ++parsed;
    const auto again = proof->Serialize();
    EXPECT_TRUE(std::ranges::equal(again, bytes));
  }
  EXPECT_GT(parsed, 1000u);
}

}  // namespace
}  // namespace raakvlak::crypto
