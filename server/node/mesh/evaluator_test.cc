// Refusals 6 to 8, 10, 12 to 14 and 16 of protocol.md, "What must be refused", at the evaluator:
// real keys, real stores, no network.
#include "server/node/mesh/evaluator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "server/node/mesh/blame.h"
#include "server/node/mesh/signed_payload.h"
#include "server/node/mesh/testing/local_net.h"

namespace raakvlak::node {
namespace {

using authority::testing::Sample;
using testing::LocalNet;
using testing::LocalNode;
using testing::Must;
using testing::TestChunk;

// Small budgets: a run may ask 8, an epoch 12.
void SmallBudgets(Sample& sample) {
  for (v1::TypePolicy& type : *sample.purpose.mutable_types()) {
    type.set_run_grant(8);
    type.set_epoch_ceiling(12);
  }
}

// agency-a asks agency-b; their committee is {1, 2}.
class EvaluatorTest : public ::testing::Test {
 protected:
  EvaluatorTest() {
    net_.HoldCeremony(1);
    manifest_ = net_.partnership.Manifest();
    net_.OpenRun(manifest_.SerializeAsString());
  }
  RunContext& run(size_t node) { return *net_.node(node).registry->Runs().front(); }
  TestChunk NewChunk(const std::vector<std::string>& values, std::string_view type = "iban") {
    return TestChunk(run(0).keys(), type, values, random_);
  }
  v1::ChunkHeader Header(const TestChunk& chunk, uint64_t number) {
    v1::ChunkHeader header;
    header.set_manifest_hash(crypto::ToString(run(0).manifest_hash()));
    header.set_identifier_type("iban");
    for (const uint32_t index : run(0).CommitteeOf("agency-a")) header.add_share_indices(index);
    header.set_chunk_number(number);
    header.set_elements_digest(crypto::ToString(chunk.blinded->digest()));
    header.set_count(static_cast<uint32_t>(chunk.blinded->size()));
    return header;
  }
  v1::EvaluateRequest Request(const v1::ChunkHeader& header, const std::string& elements,
                              size_t signer = 0) {
    v1::EvaluateRequest request;
    *request.mutable_header() =
        SignPayload(net_.node(signer).roster_key(), net_.partnership.id(signer), kChunkContext,
                    header.SerializeAsString());
    request.set_elements(elements);
    return request;
  }
  absl::Status AdmitAt(size_t node, const v1::EvaluateRequest& request,
                       std::string_view caller = "agency-a") {
    return net_.node(node).evaluator->Admit(caller, request).status();
  }
  absl::StatusCode Refusal(const v1::ChunkHeader& header, const std::string& elements) {
    return AdmitAt(1, Request(header, elements)).code();
  }
  uint64_t SpentAt(size_t node) {
    return Must(net_.node(node).budget->SpentInRun(run(0).manifest_hash(), "iban", "agency-a"));
  }

  LocalNet net_{3, SmallBudgets};
  v1::RunManifest manifest_;
  crypto::SeededRandom random_{77};
};

TEST_F(EvaluatorTest, AdmitsComputesAndVerifies) {
  TestChunk chunk = NewChunk({"NL91ABNA0417164300", "NL02ABNA0123456789"});
  const auto admitted =
      net_.node(1).evaluator->Admit("agency-a", Request(Header(chunk, 0), chunk.Elements()));
  ASSERT_TRUE(admitted.ok()) << admitted.status();
  EXPECT_EQ(SpentAt(1), 2u);
  EXPECT_EQ(net_.node(1).audit.Count("evaluation.granted", "agency-a"), 1);
  const auto response = net_.node(1).evaluator->Compute(*admitted);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_TRUE(VerifyPayload(net_.node(1).roster_key().verify_key(), "agency-b", kEvaluationContext,
                            response->header())
                  .ok());
  std::vector<crypto::EncodedElement> elements(2);
  for (size_t i = 0; i < 2; ++i) {
    std::copy_n(response->elements().begin() + static_cast<int>(32 * i), 32, elements[i].begin());
  }
  const auto committee = Must(run(0).CryptoCommittee("agency-a", "iban"));
  EXPECT_TRUE(crypto::VerifyChunk(crypto::DefaultKernels(), *committee, 2, *chunk.blinded, elements,
                                  crypto::AsBytes(response->proof()))
                  .ok());
}

TEST_F(EvaluatorTest, Refusal9EveryCommitteeGivesTheSameOutputAndFewerGiveNone) {
  std::set<std::string> outputs;
  for (const std::vector<size_t>& members :
       std::vector<std::vector<size_t>>{{0, 1}, {0, 2}, {1, 2}}) {
    TestChunk chunk = NewChunk({"NL91ABNA0417164300"});
    const crypto::DkgKey& key = *Must(run(0).keys().KeyOf("iban"));
    std::vector<crypto::ShareIndex> indices;
    indices.reserve(members.size());
    for (const size_t m : members) indices.push_back(static_cast<crypto::ShareIndex>(m + 1));
    const auto committee =
        Must(crypto::Committee::Create(2, indices, key.public_shares, key.group_public_key));
    std::vector<crypto::VerifiedPartial> partials;
    for (const size_t m : members) {
      const crypto::DkgKey& own = *Must(run(m).keys().KeyOf("iban"));
      const auto index = static_cast<crypto::ShareIndex>(m + 1);
      const auto evaluated = Must(crypto::EvaluateChunk(
          crypto::DefaultKernels(), chunk.blinded->encoded(), own.signing_share,
          own.public_shares[m], Must(committee.Lambda(index)), random_));
      partials.push_back(
          Must(crypto::VerifyChunk(crypto::DefaultKernels(), committee, index, *chunk.blinded,
                                   evaluated.elements, evaluated.proof)));
      if (partials.size() == 1) {
        std::vector<crypto::VerifiedPartial> too_few;
        too_few.push_back(
            Must(crypto::VerifyChunk(crypto::DefaultKernels(), committee, index, *chunk.blinded,
                                     evaluated.elements, evaluated.proof)));
        EXPECT_FALSE(crypto::CombineChunk(crypto::DefaultKernels(), committee, *chunk.blinded,
                                          std::move(too_few))
                         .ok());
      }
    }
    const auto output = Must(chunk.Finalize(committee, std::move(partials)));
    outputs.insert(crypto::ToString(output.Output(0, crypto::SecretAccess{})));
  }
  EXPECT_EQ(outputs.size(), 1u);
}

TEST_F(EvaluatorTest, Refusal7ChunksOfWrongShape) {
  const TestChunk chunk = NewChunk({"x", "y"});
  v1::ChunkHeader header = Header(chunk, 0);
  EXPECT_EQ(Refusal(header, ""), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Refusal(header, chunk.Elements().substr(1)), absl::StatusCode::kInvalidArgument);
  header.set_count(3);
  EXPECT_EQ(Refusal(header, chunk.Elements()), absl::StatusCode::kInvalidArgument);
  const std::string oversized((kMaxWireChunkElements + 1) * 32, '\1');
  header.set_count(kMaxWireChunkElements + 1);
  header.set_elements_digest(crypto::ToString(crypto::Sha512(crypto::AsBytes(oversized))));
  EXPECT_EQ(Refusal(header, oversized), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(SpentAt(1), 0u);
  EXPECT_EQ(net_.node(1).audit.Count("evaluation.refused", "agency-a"), 4);
}

TEST_F(EvaluatorTest, Refusal7AnotherChunkUnderAUsedNumber) {
  const TestChunk chunk = NewChunk({"x"});
  const TestChunk other = NewChunk({"x"});  // the same value: another blind, another digest
  EXPECT_TRUE(AdmitAt(1, Request(Header(chunk, 0), chunk.Elements())).ok());
  const absl::Status status = AdmitAt(1, Request(Header(other, 0), other.Elements()));
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(CulpritOf(status), "agency-a");
  EXPECT_EQ(Must(net_.node(1).budget->Evidence()).size(), 1u);
}

TEST_F(EvaluatorTest, Refusal7ElementsUnlikeTheirSignedDigest) {
  const TestChunk chunk = NewChunk({"x"});
  const TestChunk other = NewChunk({"y"});
  EXPECT_EQ(Refusal(Header(chunk, 0), other.Elements()), absl::StatusCode::kPermissionDenied);
}

TEST_F(EvaluatorTest, Refusal8Committees) {
  const TestChunk chunk = NewChunk({"x"});
  for (const std::vector<uint32_t>& indices : std::vector<std::vector<uint32_t>>{
           {}, {0, 1}, {0, 2}, {1}, {1, 1}, {2, 2}, {2, 1}, {1, 3}, {2, 3}, {1, 2, 3}, {1, 9}}) {
    v1::ChunkHeader header = Header(chunk, 0);
    header.clear_share_indices();
    for (const uint32_t index : indices) header.add_share_indices(index);
    EXPECT_EQ(Refusal(header, chunk.Elements()), absl::StatusCode::kPermissionDenied);
  }
  EXPECT_TRUE(AdmitAt(1, Request(Header(chunk, 0), chunk.Elements())).ok());
  // agency-c is not in agency-a's committee.
  EXPECT_EQ(AdmitAt(2, Request(Header(chunk, 0), chunk.Elements())).code(),
            absl::StatusCode::kPermissionDenied);
}

TEST_F(EvaluatorTest, Refusal10PartialsOfTwoCommitteesDoNotCombine) {
  TestChunk chunk = NewChunk({"x"});
  const crypto::DkgKey& key = *Must(run(0).keys().KeyOf("iban"));
  const auto with = [&](crypto::ShareIndex other) {
    const std::vector<crypto::ShareIndex> indices{1, other};
    return Must(crypto::Committee::Create(2, indices, key.public_shares, key.group_public_key));
  };
  const auto partial = [&](const crypto::Committee& committee, size_t node) {
    const crypto::DkgKey& own = *Must(run(node).keys().KeyOf("iban"));
    const auto index = static_cast<crypto::ShareIndex>(node + 1);
    const auto evaluated = Must(
        crypto::EvaluateChunk(crypto::DefaultKernels(), chunk.blinded->encoded(), own.signing_share,
                              own.public_shares[node], Must(committee.Lambda(index)), random_));
    return Must(crypto::VerifyChunk(crypto::DefaultKernels(), committee, index, *chunk.blinded,
                                    evaluated.elements, evaluated.proof));
  };
  const crypto::Committee ab = with(2);
  const crypto::Committee ac = with(3);
  std::vector<crypto::VerifiedPartial> mixed;
  mixed.push_back(partial(ac, 0));
  mixed.push_back(partial(ab, 1));
  EXPECT_FALSE(chunk.Finalize(ab, std::move(mixed)).ok());
}

TEST_F(EvaluatorTest, Refusal6AnotherTypeOfTheRunHasAnotherKey) {
  // The chunk was made for iban; evaluated under kvk's key it verifies under neither.
  TestChunk chunk = NewChunk({"x"});
  v1::ChunkHeader header = Header(chunk, 0);
  header.set_identifier_type("kvk");
  const auto admitted =
      Must(net_.node(1).evaluator->Admit("agency-a", Request(header, chunk.Elements())));
  const auto response = Must(net_.node(1).evaluator->Compute(admitted));
  std::vector<crypto::EncodedElement> elements(1);
  std::copy_n(response.elements().begin(), 32, elements[0].begin());
  const auto verify = [&](std::string_view type, crypto::ShareIndex evaluator) {
    const auto committee = Must(run(0).CryptoCommittee("agency-a", type));
    return crypto::VerifyChunk(crypto::DefaultKernels(), *committee, evaluator, *chunk.blinded,
                               elements, crypto::AsBytes(response.proof()))
        .ok();
  };
  EXPECT_TRUE(verify("kvk", 2));
  EXPECT_FALSE(verify("iban", 2));
  EXPECT_FALSE(verify("kvk", 1));  // another evaluator's key
}

TEST_F(EvaluatorTest, Refusal12TypesOutsideTheRun) {
  const TestChunk chunk = NewChunk({"x"});
  v1::ChunkHeader header = Header(chunk, 0);
  header.set_identifier_type("lei");
  EXPECT_EQ(Refusal(header, chunk.Elements()), absl::StatusCode::kFailedPrecondition);
}

TEST_F(EvaluatorTest, Refusal12RetiredEpoch) {
  const TestChunk chunk = NewChunk({"x"});
  const v1::EvaluateRequest request = Request(Header(chunk, 0), chunk.Elements());
  net_.HoldCeremony(2, 't');
  EXPECT_EQ(AdmitAt(1, request).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(SpentAt(1), 0u);
  Must(net_.node(1).registry->EndRetired());
  EXPECT_TRUE(net_.node(1).registry->Runs().empty());
}

TEST_F(EvaluatorTest, Refusal12CallerThatIsNotOnTheRoster) {
  const TestChunk chunk = NewChunk({"x"});
  const v1::EvaluateRequest request = Request(Header(chunk, 0), chunk.Elements());
  EXPECT_EQ(AdmitAt(1, request, "agency-z").code(), absl::StatusCode::kPermissionDenied);
  // A member that carries another's signed chunk.
  EXPECT_EQ(AdmitAt(1, request, "agency-c").code(), absl::StatusCode::kPermissionDenied);
  // A member that signs in another's name.
  EXPECT_EQ(AdmitAt(1, Request(Header(chunk, 0), chunk.Elements(), 2)).code(),
            absl::StatusCode::kPermissionDenied);
}

TEST_F(EvaluatorTest, Refusal13GrantAndCeilingOverRunsAndRestarts) {
  const TestChunk eight = NewChunk({"1", "2", "3", "4", "5", "6", "7", "8"});
  const v1::EvaluateRequest request = Request(Header(eight, 0), eight.Elements());
  EXPECT_TRUE(AdmitAt(1, request).ok());
  const TestChunk one = NewChunk({"9"});
  EXPECT_EQ(Refusal(Header(one, 1), one.Elements()), absl::StatusCode::kResourceExhausted);
  // Killed after the debit: the retry is answered, and costs nothing.
  net_.node(1).Restart();
  net_.node(1)
      .registry->TakeUp(manifest_.SerializeAsString(), net_.partnership.purpose_document)
      .value();
  const auto again = net_.node(1).evaluator->Admit("agency-a", request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(net_.node(1).evaluator->Compute(*again).ok());
  EXPECT_EQ(SpentAt(1), 8u);
  // A second run has a grant of its own, within the epoch's ceiling.
  for (const auto& node : net_.nodes) {
    Must(node->registry->End(authority::ManifestHash(manifest_.SerializeAsString())));
  }
  manifest_.set_run_counter(2);
  net_.OpenRun(manifest_.SerializeAsString());
  const TestChunk five = NewChunk({"1", "2", "3", "4", "5"});
  EXPECT_EQ(Refusal(Header(five, 0), five.Elements()), absl::StatusCode::kResourceExhausted);
  const TestChunk four = NewChunk({"1", "2", "3", "4"});
  EXPECT_EQ(Refusal(Header(four, 0), four.Elements()), absl::StatusCode::kOk);
}

TEST_F(EvaluatorTest, Refusal13RequestsSplitOverEvaluatorsCountAtEach) {
  // Asking b alone beyond the grant does not help: a's own share evaluates nothing without b's, and
  // c, outside the committee, refuses.
  const TestChunk eight = NewChunk({"1", "2", "3", "4", "5", "6", "7", "8"});
  EXPECT_TRUE(AdmitAt(1, Request(Header(eight, 0), eight.Elements())).ok());
  const TestChunk more = NewChunk({"9"});
  EXPECT_EQ(AdmitAt(1, Request(Header(more, 1), more.Elements())).code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(AdmitAt(2, Request(Header(more, 1), more.Elements())).code(),
            absl::StatusCode::kPermissionDenied);
}

TEST_F(EvaluatorTest, Refusal14RunThatIsNotOpen) {
  const TestChunk chunk = NewChunk({"x"});
  v1::RunManifest next = manifest_;
  next.set_run_counter(2);
  v1::ChunkHeader header = Header(chunk, 0);
  header.set_manifest_hash(crypto::ToString(authority::ManifestHash(next.SerializeAsString())));
  EXPECT_EQ(Refusal(header, chunk.Elements()), absl::StatusCode::kUnavailable);
  // Taken up, but not opened with everybody.
  Must(net_.node(1)
           .registry->TakeUp(next.SerializeAsString(), net_.partnership.purpose_document)
           .status());
  EXPECT_EQ(Refusal(header, chunk.Elements()), absl::StatusCode::kUnavailable);
  EXPECT_EQ(SpentAt(1), 0u);
}

TEST_F(EvaluatorTest, Refusal14ReplayAfterTheRunHasEnded) {
  const TestChunk chunk = NewChunk({"x"});
  const v1::EvaluateRequest request = Request(Header(chunk, 0), chunk.Elements());
  EXPECT_TRUE(AdmitAt(1, request).ok());
  const std::string manifest = manifest_.SerializeAsString();
  Must(net_.node(1).registry->End(authority::ManifestHash(manifest)));
  EXPECT_EQ(AdmitAt(1, request).code(), absl::StatusCode::kFailedPrecondition);
  net_.node(1).Restart();
  EXPECT_EQ(AdmitAt(1, request).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(
      net_.node(1).registry->TakeUp(manifest, net_.partnership.purpose_document).status().code(),
      absl::StatusCode::kPermissionDenied);
}

TEST_F(EvaluatorTest, Refusal14AlteredManifestUnderTheSameNumber) {
  v1::RunManifest altered = manifest_;
  altered.set_grants(0, 1);
  EXPECT_EQ(net_.node(1)
                .registry->TakeUp(altered.SerializeAsString(), net_.partnership.purpose_document)
                .status()
                .code(),
            absl::StatusCode::kPermissionDenied);
}

TEST_F(EvaluatorTest, Refusal14PurposeThatLacksASignature) {
  v1::SignedDocument unsigned_purpose = net_.partnership.purpose_document;
  unsigned_purpose.mutable_signatures()->RemoveLast();
  manifest_.set_run_counter(2);
  EXPECT_FALSE(net_.node(1).registry->TakeUp(manifest_.SerializeAsString(), unsigned_purpose).ok());
}

TEST_F(EvaluatorTest, Refusal14RunThatHasExpired) {
  const TestChunk chunk = NewChunk({"x"});
  net_.clock.SetNow(absl::FromUnixSeconds(manifest_.expires_at()));
  EXPECT_EQ(Refusal(Header(chunk, 0), chunk.Elements()), absl::StatusCode::kFailedPrecondition);
}

TEST_F(EvaluatorTest, Refusal2And3BadElements) {
  const TestChunk chunk = NewChunk({"x", "y"});
  uint64_t number = 0;
  for (const std::string& bad : {std::string(32, '\0'), std::string(32, '\xff'),
                                 std::string(31, '\0') + '\x80', '\1' + std::string(31, '\0')}) {
    std::string elements = chunk.Elements();
    elements.replace(32, 32, bad);
    v1::ChunkHeader header = Header(chunk, number++);
    header.set_elements_digest(crypto::ToString(crypto::Sha512(crypto::AsBytes(elements))));
    const auto admitted =
        Must(net_.node(1).evaluator->Admit("agency-a", Request(header, elements)));
    const absl::Status status = net_.node(1).evaluator->Compute(admitted).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(CulpritOf(status), "agency-a");
  }
}

TEST_F(EvaluatorTest, Refusal16BlindsDoNotRepeat) {
  std::set<std::string> seen;
  for (int run = 0; run < 3; ++run) {
    const TestChunk chunk = NewChunk({"x", "x", "x"});
    for (const crypto::EncodedElement& element : chunk.blinded->encoded()) {
      EXPECT_TRUE(seen.insert(crypto::ToString(element)).second);
    }
  }
}

TEST_F(EvaluatorTest, KeysOfARunComeBackAfterARestartAndGoAtItsEnd) {
  const auto before = Must(run(0).run_keys());
  net_.node(0).Restart();
  const auto run = Must(net_.node(0).registry->TakeUp(manifest_.SerializeAsString(),
                                                      net_.partnership.purpose_document));
  EXPECT_TRUE(run->is_open());
  EXPECT_TRUE(Must(run->run_keys())->group_key == before->group_key);
  Must(net_.node(0).registry->End(run->manifest_hash()));
  EXPECT_FALSE(run->is_open());
  EXPECT_EQ(run->run_keys().status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(Must(net_.node(0).secrets->Get(run->manifest_hash())).has_value());
}

TEST_F(EvaluatorTest, DeclinedRunIsToldToPeers) {
  crypto::Digest hash;
  hash.fill(3);
  net_.node(0).registry->Decline(hash, "no dataset");
  const absl::Status status = net_.node(0).registry->Find(crypto::ToString(hash)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("no dataset"));
}

}  // namespace
}  // namespace raakvlak::node
