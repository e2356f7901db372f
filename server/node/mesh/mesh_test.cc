// Nodes over real gRPC and mutual TLS on loopback: ceremonies, opening, evaluation, confirmation,
// and what protocol.md, "What must be refused", says of them (points 1, 5, 6, 11 to 15, 17).
#include "server/node/mesh/mesh.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "crypto/oprf/output_keys.h"
#include "server/common/grpc_status.h"
#include "server/node/mesh/blame.h"
#include "server/node/mesh/confirmation.h"
#include "server/node/mesh/signed_payload.h"
#include "server/node/mesh/testing/mesh_net.h"

namespace raakvlak::node {
namespace {

using crypto::SecretAccess;
using testing::Hasty;
using testing::MeshNet;
using testing::Must;
using testing::Patient;
using testing::TestChunk;

// An evaluator that answers with what `tamper` makes of its honest answer, signed with its own key.
class HostileEvaluation : public v1::EvaluationService::Service {
 public:
  using Tamper = std::function<v1::EvaluateResponse(const AdmittedChunk&, v1::EvaluateResponse)>;
  HostileEvaluation(Mesh& mesh, std::string requester, Tamper tamper)
      : mesh_(mesh), requester_(std::move(requester)), tamper_(std::move(tamper)) {}

  grpc::Status Evaluate(
      grpc::ServerContext*,
      grpc::ServerReaderWriter<v1::EvaluateResponse, v1::EvaluateRequest>* stream) override {
    v1::EvaluateRequest request;
    while (stream->Read(&request)) {
      const auto chunk = mesh_.evaluator().Admit(requester_, request);
      if (!chunk.ok()) return common::ToGrpc(chunk.status());
      stream->Write(tamper_(*chunk, Must(mesh_.evaluator().Compute(*chunk))));
    }
    return grpc::Status::OK;
  }

 private:
  Mesh& mesh_;
  const std::string requester_;
  const Tamper tamper_;
};

// Signs an altered answer as an honest evaluator would.
v1::EvaluateResponse Resign(const crypto::SigningKey& key, const std::string& id,
                            v1::EvaluateResponse response) {
  v1::EvaluationHeader header;
  EXPECT_TRUE(header.ParseFromString(response.header().payload()));
  header.set_response_digest(
      crypto::ToString(crypto::Sha512(crypto::AsBytes(response.elements() + response.proof()))));
  *response.mutable_header() = SignPayload(key, id, kEvaluationContext, header.SerializeAsString());
  return response;
}

// Three nodes with keys, and a run that is open among them.
class MeshTest : public ::testing::Test {
 protected:
  MeshTest() {
    Must(net_.mesh(0).LeadCeremony(nullptr, nullptr).status());
    manifest_ = net_.partnership.Manifest();
    runs_ = net_.OpenRunEverywhere(manifest_);
  }
  TestChunk Chunk(size_t node, std::string_view type, const std::vector<std::string>& values) {
    return TestChunk(runs_[node]->keys(), type, values, random_);
  }
  // Outputs of one chunk, as the node itself would have them.
  crypto::OutputChunk Evaluate(size_t node, std::string_view type, uint64_t number,
                               const std::vector<std::string>& values) {
    TestChunk chunk = Chunk(node, type, values);
    auto partials = Must(net_.Partials(node, runs_[node], type, number, *chunk.blinded));
    const auto committee = Must(runs_[node]->CryptoCommittee(net_.node(node).id, type));
    return Must(chunk.Finalize(*committee, std::move(partials)));
  }
  // What agency-a gets when its peer agency-b answers as `tamper` says.
  absl::Status AskHostile(const HostileEvaluation::Tamper& tamper,
                          const std::vector<std::string>& values) {
    HostileEvaluation hostile(net_.mesh(1), "agency-a", tamper);
    net_.node(1).Serve(&hostile);
    TestChunk chunk = Chunk(0, "iban", values);
    absl::Status status = net_.Partials(0, runs_[0], "iban", 0, *chunk.blinded).status();
    net_.node(1).host.reset();
    return status;
  }
  void ExpectCaught(const absl::Status& status) {
    EXPECT_FALSE(status.ok());
    EXPECT_EQ(CulpritOf(status), "agency-b");
    EXPECT_EQ(net_.node(0).audit.Count("evaluation.bad_answer", "agency-b"), 1);
    common::PosixFileSystem fs;
    EXPECT_EQ(Must(fs.List(net_.node(0).directory / "data/evidence")).size(), 1u);
  }
  const crypto::SigningKey& KeyOfB() { return net_.partnership.sample.roster_keys[1]; }

  MeshNet net_{3};
  v1::RunManifest manifest_;
  std::vector<std::shared_ptr<RunContext>> runs_;
  crypto::SeededRandom random_{99};
};

TEST_F(MeshTest, Refusal15SameValueSameTagAtTwoAgenciesAndUnrelatedElsewhere) {
  const auto a = Evaluate(0, "iban", 0, {"NL91ABNA0417164300", "NL02ABNA0123456789"});
  const auto c = Evaluate(2, "iban", 0, {"NL02ABNA0123456789"});
  const auto other_type = Evaluate(2, "kvk", 0, {"NL02ABNA0123456789"});
  const auto tag = [&](size_t node, std::string_view type, const crypto::OutputChunk& chunk,
                       size_t i) {
    const auto keys = Must(runs_[node]->run_keys());
    return crypto::RunTagger(keys->group_key, type).Tag(chunk.Output(i, SecretAccess{}));
  };
  EXPECT_EQ(crypto::ToString(a.Output(1, SecretAccess{})),
            crypto::ToString(c.Output(0, SecretAccess{})));
  EXPECT_EQ(tag(0, "iban", a, 1), tag(2, "iban", c, 0));
  EXPECT_NE(tag(0, "iban", a, 0), tag(0, "iban", a, 1));
  EXPECT_NE(tag(2, "kvk", other_type, 0), tag(2, "iban", c, 0));
  // The next run has another G.
  manifest_.set_run_counter(2);
  const auto first = tag(0, "iban", a, 0);
  runs_ = net_.OpenRunEverywhere(manifest_);
  EXPECT_NE(tag(0, "iban", a, 0), first);
}

TEST_F(MeshTest, Refusal1RelayAttackForgedPartialIsRefused) {
  // agency-b returns the elements keyed with a scalar of its own, proven against its own key.
  const absl::Status status = AskHostile(
      [&](const AdmittedChunk& chunk, v1::EvaluateResponse response) {
        const crypto::SecretScalar own = crypto::SecretScalar::Generate(random_);
        const auto forged = Must(crypto::EvaluateChunk(crypto::DefaultKernels(), chunk.elements,
                                                       own, crypto::Element::MultiplyBase(own),
                                                       crypto::Scalar::FromUint(1), random_));
        response.clear_elements();
        for (const auto& element : forged.elements) {
          response.mutable_elements()->append(crypto::ToString(element));
        }
        response.set_proof(crypto::ToString(forged.proof));
        return Resign(KeyOfB(), "agency-b", response);
      },
      {"x", "y"});
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  ExpectCaught(status);
}

TEST_F(MeshTest, Refusal5PermutedElements) {
  ExpectCaught(AskHostile(
      [&](const AdmittedChunk&, v1::EvaluateResponse response) {
        const std::string elements = response.elements();
        response.set_elements(elements.substr(32, 32) + elements.substr(0, 32) +
                              elements.substr(64));
        return Resign(KeyOfB(), "agency-b", response);
      },
      {"x", "y", "z"}));
}

TEST_F(MeshTest, Refusal5OneBadElementAmongMany) {
  ExpectCaught(AskHostile(
      [&](const AdmittedChunk&, v1::EvaluateResponse response) {
        std::string elements = response.elements();
        elements.replace(32 * 40, 32, elements.substr(0, 32));
        response.set_elements(elements);
        return Resign(KeyOfB(), "agency-b", response);
      },
      [] {
        std::vector<std::string> values;
        values.reserve(64);
        for (int i = 0; i < 64; ++i) values.push_back(std::to_string(i));
        return values;
      }()));
}

TEST_F(MeshTest, Refusal6ProofUnderAnotherTypesKey) {
  ExpectCaught(AskHostile(
      [&](const AdmittedChunk& chunk, v1::EvaluateResponse response) {
        const auto& dkg = chunk.run->keys().dkg;
        const crypto::DkgKey& kvk = *Must(dkg.Find("kvk"));
        const auto wrong =
            Must(crypto::EvaluateChunk(crypto::DefaultKernels(), chunk.elements, kvk.signing_share,
                                       kvk.public_shares[dkg.own_index - 1u],
                                       Must(chunk.committee->Lambda(dkg.own_index)), random_));
        response.clear_elements();
        for (const auto& element : wrong.elements) {
          response.mutable_elements()->append(crypto::ToString(element));
        }
        response.set_proof(crypto::ToString(wrong.proof));
        return Resign(KeyOfB(), "agency-b", response);
      },
      {"x"}));
}

TEST_F(MeshTest, Refusal7UnequalCounts) {
  ExpectCaught(AskHostile(
      [&](const AdmittedChunk&, v1::EvaluateResponse response) {
        response.set_elements(response.elements().substr(32));
        return Resign(KeyOfB(), "agency-b", response);
      },
      {"x", "y"}));
}

TEST_F(MeshTest, Refusal5AnswerThatItsEvaluatorDidNotSign) {
  ExpectCaught(AskHostile(
      [&](const AdmittedChunk&, v1::EvaluateResponse response) {
        (*response.mutable_header()->mutable_signature())[5] ^= 1;
        return response;
      },
      {"x"}));
}

TEST_F(MeshTest, ChunksOfManyThreadsShareAStreamAndSurviveAKilledEvaluator) {
  constexpr size_t kChunks = 8;
  auto client = Must(EvaluationClient::Create(net_.mesh(0).ClientDependencies(), runs_[0], "iban",
                                              "agency-b", {.window = 3, .retry = Patient()}));
  std::vector<TestChunk> chunks;
  chunks.reserve(kChunks);
  for (size_t i = 0; i < kChunks; ++i) {
    chunks.push_back(Chunk(0, "iban", {"value" + std::to_string(i), "other" + std::to_string(i)}));
  }
  std::vector<absl::Status> statuses(kChunks);
  std::vector<std::thread> threads;
  threads.reserve(kChunks);
  for (size_t i = 0; i < kChunks; ++i) {
    threads.emplace_back([&, i] { statuses[i] = client->Ask(i, *chunks[i].blinded).status(); });
  }
  runs_[1].reset();
  net_.node(1).Open();  // killed and started again
  Must(net_.TakeUp(1, manifest_).status());
  for (std::thread& thread : threads) thread.join();
  for (const absl::Status& status : statuses) EXPECT_TRUE(status.ok()) << status;
  // Whatever was sent twice was paid for once.
  EXPECT_EQ(Must(net_.mesh(1).budget().SpentInRun(runs_[0]->manifest_hash(), "iban", "agency-a")),
            2 * kChunks);
}

TEST_F(MeshTest, Refusal7And13WhatTheEvaluatorRefusesComesThrough) {
  auto client = Must(EvaluationClient::Create(net_.mesh(0).ClientDependencies(), runs_[0], "iban",
                                              "agency-b", {.retry = Patient()}));
  const TestChunk chunk = Chunk(0, "iban", {"x"});
  const TestChunk other = Chunk(0, "iban", {"y"});
  EXPECT_TRUE(client->Ask(0, *chunk.blinded).ok());
  EXPECT_TRUE(client->Ask(0, *chunk.blinded).ok());  // a retry
  EXPECT_EQ(client->Ask(0, *other.blinded).status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(Must(net_.mesh(1).budget().Evidence()).size(), 1u);
  EXPECT_FALSE(EvaluationClient::Create(net_.mesh(0).ClientDependencies(), runs_[0], "iban",
                                        "agency-c")
                   .ok());  // not in the committee
}

TEST_F(MeshTest, Refusal17ConfirmationOfUnequalListsAndReflection) {
  const auto confirm = [&](size_t node, size_t with, uint8_t secret) {
    crypto::Confirmation confirmation;
    std::array<uint8_t, 32> block{};
    block.fill(secret);
    confirmation.Add(block);
    return ConfirmOverlapWith(*runs_[node], net_.mesh(node).peers(), net_.node(with).id, "iban",
                              confirmation, net_.node(node).audit, Patient(), nullptr);
  };
  absl::StatusOr<bool> b = false;
  std::thread other([&] { b = confirm(1, 0, 1); });
  const absl::StatusOr<bool> a = confirm(0, 1, 1);
  other.join();
  EXPECT_TRUE(a.ok() && *a);
  EXPECT_TRUE(b.ok() && *b);
  // The matcher claimed one tag too many to one side.
  other = std::thread([&] { b = confirm(2, 0, 1); });
  const absl::StatusOr<bool> unequal = confirm(0, 2, 2);
  other.join();
  EXPECT_TRUE(unequal.ok() && !*unequal);
  EXPECT_TRUE(b.ok() && !*b);
  EXPECT_EQ(net_.node(0).audit.Count("overlap.unconfirmed", "agency-c"), 1);
  // What one side sends is not what it expects back.
  const OwnConfirmation own = *runs_[0]->FindConfirmation("agency-b", "iban");
  EXPECT_NE(own.sent, own.expected);
}

TEST_F(MeshTest, ConfirmationWaitsForTheCounterpart) {
  crypto::Confirmation confirmation;
  const auto alone = ConfirmOverlapWith(*runs_[0], net_.mesh(0).peers(), "agency-b", "iban",
                                        confirmation, net_.node(0).audit, Hasty(), nullptr);
  EXPECT_EQ(alone.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(CulpritOf(alone.status()), "agency-b");
}

TEST_F(MeshTest, Refusal14MembersShownDifferentManifests) {
  v1::RunManifest one = manifest_;
  one.set_run_counter(2);
  v1::RunManifest two = one;
  two.set_expires_at(one.expires_at() - 1);
  const std::vector<std::shared_ptr<RunContext>> runs{
      Must(net_.TakeUp(0, one)), Must(net_.TakeUp(1, two)), Must(net_.TakeUp(2, one))};
  const std::vector<absl::Status> statuses = net_.OpenRun(runs, Hasty());
  for (const absl::Status& status : statuses) EXPECT_FALSE(status.ok());
  EXPECT_EQ(CulpritOf(statuses[1]), "matcher") << statuses[1];
  EXPECT_THAT(std::string(statuses[0].message()), ::testing::HasSubstr("another manifest"));
  for (const auto& run : runs) EXPECT_FALSE(run->is_open());
}

TEST_F(MeshTest, Refusal14AbsentMemberIsNamedAndNobodyEvaluates) {
  manifest_.set_run_counter(2);
  const std::vector<std::shared_ptr<RunContext>> runs{Must(net_.TakeUp(0, manifest_)),
                                                      Must(net_.TakeUp(1, manifest_)), nullptr};
  const std::vector<absl::Status> statuses = net_.OpenRun(runs, Hasty());
  EXPECT_EQ(CulpritOf(statuses[0]), "agency-c") << statuses[0];
  EXPECT_EQ(statuses[0].code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(runs[0]->is_open());
  // It declines: said at once, with its reason.
  net_.mesh(2).registry().Decline(runs[0]->manifest_hash(), "no dataset");
  const std::vector<absl::Status> declined = net_.OpenRun(runs, Patient());
  EXPECT_EQ(CulpritOf(declined[0]), "agency-c");
  EXPECT_THAT(std::string(declined[0].message()), ::testing::HasSubstr("no dataset"));
}

TEST_F(MeshTest, Refusal12ValidCertificateThatIsNotOnTheRoster) {
  common::testing::TempDir directory;
  const common::TlsFiles stranger =
      net_.ca.IssueTo(directory / "tls", testing::LeafOf("raakvlak:node:stranger"));
  const auto anybody =
      std::make_shared<common::StaticRosterAccess>(std::map<std::string, common::Caller>{
          {"uri:raakvlak:node:agency-a",
           {common::Role::kNode, "agency-a", "uri:raakvlak:node:agency-a"}}});
  const Peers peers(*net_.partnership.roster, "agency-c", stranger, anybody);
  v1::FetchTranscriptsRequest request;
  v1::CeremonyStepRequest response;
  const absl::Status status =
      peers.Call("agency-a", &v1::CeremonyService::StubInterface::FetchTranscripts, request,
                 response, Patient(), nullptr);
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << status;
}

TEST_F(MeshTest, Refusal12PeerThatTheRosterDoesNotKnowByItsCertificate) {
  // agency-a's channel to agency-b reaches a server with agency-c's certificate.
  net_.node(1).tls =
      net_.ca.IssueTo(net_.node(1).directory / "other", testing::LeafOf("raakvlak:node:agency-c"));
  net_.node(1).Open();
  v1::FetchTranscriptsRequest request;
  v1::CeremonyStepRequest response;
  const absl::Status status =
      net_.mesh(0).peers().Call("agency-b", &v1::CeremonyService::StubInterface::FetchTranscripts,
                                request, response, Hasty(), nullptr);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
}

TEST(MeshCeremonyTest, ThreeOfFiveShowsEveryStepAndEvaluates) {
  MeshNet net(5);
  ASSERT_EQ(net.partnership.roster->threshold(), 3u);
  std::map<std::string, size_t> answered;
  const auto epoch = net.mesh(4).LeadCeremony(
      [&](const std::string& step, const std::vector<std::string>& who) {
        answered[step] = who.size();
      },
      nullptr);
  ASSERT_TRUE(epoch.ok()) << epoch.status();
  EXPECT_EQ(*epoch, 1u);
  for (const char* step : {"begin", "reveal", "deal", "finish", "activate"}) {
    EXPECT_EQ(answered[step], 5u) << step;
  }
  const auto runs = net.OpenRunEverywhere(net.partnership.Manifest());
  crypto::SeededRandom random(5);
  std::set<std::string> outputs;
  for (const size_t node : {0u, 3u}) {  // committees {1,2,3} and {1,4,5}
    TestChunk chunk(runs[node]->keys(), "kvk", {"12345678"}, random);
    auto partials = Must(net.Partials(node, runs[node], "kvk", 0, *chunk.blinded));
    const auto committee = Must(runs[node]->CryptoCommittee(net.node(node).id, "kvk"));
    outputs.insert(crypto::ToString(
        Must(chunk.Finalize(*committee, std::move(partials))).Output(0, SecretAccess{})));
  }
  EXPECT_EQ(outputs.size(), 1u);
}

TEST(MeshCeremonyTest, Refusal11ParticipantThatIsDownFailsTheCeremonyForAll) {
  MeshNet net(3);
  net.node(2).Kill();
  std::atomic<bool> enough = false;
  const auto epoch = net.mesh(0).LeadCeremony(
      [&](const std::string&, const std::vector<std::string>& who) { enough = who.size() == 2; },
      [&] { return enough.load(); });
  EXPECT_FALSE(epoch.ok());
  EXPECT_EQ(net.mesh(0).key_store().active_epoch(), 0u);
  EXPECT_EQ(net.mesh(1).key_store().active_epoch(), 0u);
  net.node(2).Open();
  EXPECT_TRUE(net.mesh(0).LeadCeremony(nullptr, nullptr).ok());
}

TEST(MeshCeremonyTest, ParticipantThatIsDownIsNamedWithoutWaitingForTheDeadline) {
  MeshNet net(3);
  net.node(2).Kill();
  const absl::Status status = net.mesh(0).LeadCeremony(nullptr, nullptr).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(CulpritOf(status), "agency-c");
  // Past the deadline it would be "did not answer in time".
  EXPECT_NE(status.message().find("cannot be reached"), std::string::npos) << status;
}

TEST(MeshCeremonyTest, AllWhoAreDownAreNamed) {
  MeshNet net(3);
  net.node(1).Kill();
  net.node(2).Kill();
  const absl::Status status = net.mesh(0).LeadCeremony(nullptr, nullptr).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(status.message().find("agency-b: cannot be reached"), std::string::npos) << status;
  EXPECT_NE(status.message().find("agency-c: cannot be reached"), std::string::npos) << status;
}

TEST(MeshCeremonyTest, Refusal11NodeKilledBeforeActivationFetchesItFromItsPeers) {
  MeshNet net(3);
  // agency-b certifies and is gone before the last step.
  bool killed = false;
  std::atomic<bool> enough = false;
  const auto epoch = net.mesh(0).LeadCeremony(
      [&](const std::string& step, const std::vector<std::string>& who) {
        if (step == "finish" && who.size() == 3) {
          net.node(1).host.reset();
          killed = true;
        }
        enough = step == "activate" && who.size() == 2;
      },
      [&] { return enough.load(); });
  ASSERT_TRUE(killed);
  ASSERT_TRUE(epoch.ok()) << epoch.status();
  EXPECT_EQ(net.mesh(0).key_store().active_epoch(), 1u);
  EXPECT_EQ(net.mesh(1).key_store().active_epoch(), 0u);
  net.node(1).Open();
  net.mesh(1).Start();
  for (int i = 0; i < 600 && net.mesh(1).key_store().active_epoch() == 0; ++i) {
    absl::SleepFor(absl::Milliseconds(100));
  }
  EXPECT_EQ(net.mesh(1).key_store().active_epoch(), 1u);
  EXPECT_FALSE(net.mesh(1).key_store().pending_session().has_value());
  // And the next epoch can be made.
  EXPECT_EQ(net.mesh(1).LeadCeremony(nullptr, nullptr).value(), 2u);
}

}  // namespace
}  // namespace raakvlak::node
