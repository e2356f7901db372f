// Refusals 11 and 12 of protocol.md, "What must be refused", at the node: the ceremony's cores over
// real stores, with a relay that the test plays. What a single cheating message looks like is
// tested in crypto/oprf; here is what nodes make of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/node/mesh/blame.h"
#include "server/node/mesh/signed_payload.h"
#include "server/node/mesh/testing/local_net.h"

namespace raakvlak::node {
namespace {

using testing::LocalNet;
using testing::LocalNode;
using testing::Must;

// What a restarted or waiting node does with what its peers hold: ResolvePending without a network.
void Settle(LocalNet& net, LocalNode& node) {
  const auto pending = node.keys->pending_session();
  if (!pending.has_value()) return;
  v1::FetchTranscriptsRequest fetch;
  fetch.set_session_id(pending->session_id());
  v1::CeremonyStepRequest all;
  all.set_session_id(pending->session_id());
  for (const auto& peer : net.nodes) {
    const auto answer = peer->participant->FetchTranscripts(fetch);
    if (!answer.ok()) return;
    if (static_cast<size_t>(answer->messages_size()) == net.nodes.size()) {
      static_cast<void>(node.participant->Activate(peer->id(), *answer));
      return;
    }
    *all.add_messages() = answer->messages(0);
  }
  static_cast<void>(node.participant->Activate(node.id(), all));
}

TEST(CeremonyTest, EveryNodeHoldsTheSamePublicKeysAndASecretOfItsOwn) {
  LocalNet net(3);
  net.HoldCeremony(1);
  const auto keys_a = net.node(0).keys->active();
  const auto keys_b = net.node(1).keys->active();
  ASSERT_TRUE(keys_a != nullptr && keys_b != nullptr);
  for (const char* type : {"iban", "kvk"}) {
    const crypto::DkgKey& a = *Must(keys_a->KeyOf(type));
    const crypto::DkgKey& b = *Must(keys_b->KeyOf(type));
    EXPECT_EQ(a.group_public_key, b.group_public_key);
    EXPECT_FALSE(a.signing_share == b.signing_share);
  }
  EXPECT_FALSE(Must(keys_a->KeyOf("iban"))->group_public_key ==
               Must(keys_a->KeyOf("kvk"))->group_public_key);
  EXPECT_TRUE(*Must(keys_a->MatchPairKey("agency-b")) == *Must(keys_b->MatchPairKey("agency-a")));
  EXPECT_FALSE(keys_a->MatchPairKey("agency-a").ok());
  EXPECT_FALSE(keys_a->MatchPairKey("agency-z").ok());
}

TEST(CeremonyTest, KeysSurviveARestartSealed) {
  LocalNet net(3);
  net.HoldCeremony(1);
  const crypto::SecretScalar share =
      Must(net.node(0).keys->active()->KeyOf("iban"))->signing_share.Clone(crypto::SecretAccess{});
  net.node(0).Restart();
  ASSERT_EQ(net.node(0).keys->active_epoch(), 1u);
  EXPECT_TRUE(Must(net.node(0).keys->active()->KeyOf("iban"))->signing_share == share);
  net.node(0).Kill();
  common::PosixFileSystem fs;
  const std::string file = Must(common::ReadFile(fs, net.node(0).directory / "keys.db", 1 << 22));
  EXPECT_EQ(file.find(crypto::ToString(share.Reveal(crypto::SecretAccess{}))), std::string::npos);
  crypto::SeededRandom random(1);
  const crypto::Secret<32> wrong(std::array<uint8_t, 32>{8});
  EXPECT_EQ(KeyStore::Open(net.node(0).directory / "keys.db", wrong, random).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(CeremonyTest, StepsAreIdempotent) {
  LocalNet net(3);
  const v1::CeremonySession session = net.Session(1);
  LocalNet::Answers answers;
  for (int step = 0; step < 4; ++step) {
    const LocalNet::Answers next = net.Step(step, session, answers);
    const LocalNet::Answers again = net.Step(step, session, answers);
    for (size_t i = 0; i < 3; ++i) {
      ASSERT_TRUE(next[i].ok()) << next[i].status();
      EXPECT_EQ(next[i]->SerializeAsString(), Must(again[i]).SerializeAsString());
    }
    answers = next;
  }
  const v1::CeremonyStepRequest certificates = LocalNet::Relay(session, answers);
  for (int i = 0; i < 2; ++i) {
    const auto activated = net.node(1).participant->Activate(session.leader(), certificates);
    ASSERT_TRUE(activated.ok()) << activated.status();
    EXPECT_EQ(activated->epoch(), 1u);
  }
}

// The node is killed before, or right after, it answers each step; then everybody settles.
class KilledCeremonyTest : public ::testing::TestWithParam<std::tuple<int, bool>> {};

TEST_P(KilledCeremonyTest, Refusal11KillAtEveryStepLeavesNoSideActiveAlone) {
  const auto [killed_at, answered] = GetParam();
  LocalNet net(3);
  const v1::CeremonySession session = net.Session(1);
  LocalNet::Answers answers;
  bool running = true;
  for (int step = 0; step < 4 && running; ++step) {
    LocalNet::Answers next;
    for (size_t i = 0; i < 3; ++i) {
      const bool kill = i == 1 && step == killed_at;
      if (kill && !answered) net.node(i).Restart();
      next.push_back(net.StepAt(net.node(i), step, session, answers));
      if (kill && answered) net.node(i).Restart();
    }
    answers = std::move(next);
    for (const auto& answer : answers) running = running && answer.ok();
  }
  if (running) {
    const v1::CeremonyStepRequest certificates = LocalNet::Relay(session, answers);
    for (size_t i = 0; i < 3; ++i) {
      if (killed_at == 4 && i == 1) {
        if (answered) {
          Must(net.node(i).participant->Activate(session.leader(), certificates).status());
        }
        net.node(i).Restart();
        continue;
      }
      Must(net.node(i).participant->Activate(session.leader(), certificates).status());
    }
  }
  for (const auto& node : net.nodes) Settle(net, *node);
  const uint64_t epoch = net.node(0).keys->active_epoch();
  for (const auto& node : net.nodes) EXPECT_EQ(node->keys->active_epoch(), epoch);
  // A kill costs at most the ceremony: certificates are on disk from Finish on. (Before the first
  // answer there is nothing to lose.)
  const bool survives =
      killed_at > 3 || (killed_at == 3 && answered) || (killed_at == 0 && !answered);
  EXPECT_EQ(epoch, survives ? 1u : 0u);
  // And another one can be held.
  net.HoldCeremony(epoch + 1, 't');
  EXPECT_EQ(net.node(1).keys->active_epoch(), epoch + 1);
}

INSTANTIATE_TEST_SUITE_P(EveryStep, KilledCeremonyTest,
                         ::testing::Combine(::testing::Range(0, 5), ::testing::Bool()));

TEST(CeremonyTest, Refusal11AllCertifiedAndTheLeaderGoneStillCompletes) {
  LocalNet net(3);
  const v1::CeremonySession session = net.Session(1);
  LocalNet::Answers answers;
  for (int step = 0; step < 4; ++step) answers = net.Step(step, session, answers);
  for (const auto& node : net.nodes) node->Restart();
  for (const auto& node : net.nodes) {
    EXPECT_EQ(node->keys->active_epoch(), 0u);
  }
  Settle(net, net.node(2));
  EXPECT_EQ(net.node(2).keys->active_epoch(), 1u);
  Settle(net, net.node(0));
  Settle(net, net.node(1));
  EXPECT_EQ(net.node(0).keys->active_epoch(), 1u);
  EXPECT_EQ(net.node(1).keys->active_epoch(), 1u);
  EXPECT_EQ(Must(net.node(0).keys->active()->KeyOf("iban"))->group_public_key,
            Must(net.node(2).keys->active()->KeyOf("iban"))->group_public_key);
}

TEST(CeremonyTest, Refusal11RelayThatAltersAMessageIsNamed) {
  LocalNet net(3);
  const v1::CeremonySession session = net.Session(1);
  LocalNet::Answers answers = net.Step(0, session, {});
  v1::CeremonyStepRequest request = LocalNet::Relay(session, answers);
  request.mutable_messages(2)->mutable_payload()->back() ^= 1;
  const auto refused = net.node(1).participant->Reveal(session.leader(), request);
  EXPECT_EQ(CulpritOf(refused.status()), "agency-a");
  EXPECT_EQ(net.node(1).audit.Count("ceremony.failed", "agency-b"), 1);
  // The session is over there, even with the true messages.
  EXPECT_FALSE(
      net.node(1).participant->Reveal(session.leader(), LocalNet::Relay(session, answers)).ok());
}

TEST(CeremonyTest, Refusal11EquivocatingParticipantIsNamed) {
  LocalNet net(3);
  const v1::CeremonySession session = net.Session(1);
  LocalNet::Answers answers = net.Step(0, session, {});
  // agency-c announces one hash, then reveals another polynomial: that of a second life.
  const v1::CeremonyMessage first = Must(answers[2]);
  net.node(2).Restart();
  answers[2] = net.StepAt(net.node(2), 0, session, {});
  ASSERT_NE(first.SerializeAsString(), Must(answers[2]).SerializeAsString());
  LocalNet::Answers shown_to_others = answers;
  shown_to_others[2] = first;
  LocalNet::Answers reveals;
  for (size_t i = 0; i < 2; ++i) {
    reveals.push_back(net.StepAt(net.node(i), 1, session, shown_to_others));
  }
  reveals.push_back(net.StepAt(net.node(2), 1, session, answers));
  for (const auto& reveal : reveals) ASSERT_TRUE(reveal.ok()) << reveal.status();
  for (size_t i = 0; i < 2; ++i) {
    const auto deal = net.StepAt(net.node(i), 2, session, reveals);
    EXPECT_EQ(CulpritOf(deal.status()), "agency-c") << deal.status();
  }
}

TEST(CeremonyTest, Refusal11BadShareIsNamed) {
  LocalNet net(3);
  const v1::CeremonySession session = net.Session(1);
  LocalNet::Answers answers;
  for (int step = 0; step < 3; ++step) answers = net.Step(step, session, answers);
  // agency-b deals agency-a something else than it committed to, in its own name.
  const crypto::Digest config = Must(CeremonyConfig(*net.partnership.roster, session)).Hash();
  v1::SignedPayload& deal = *answers[1]->mutable_message();
  const auto honest = Must(crypto::SignedMessage::Parse(crypto::AsBytes(deal.payload())));
  crypto::DealBody body = Must(crypto::DealBody::Parse(honest.body));
  body.boxes[0].back() ^= 1;
  const crypto::Bytes cheat =
      crypto::SignedMessage::Make(config, crypto::DkgRound::kDeal, 2, body.Serialize(),
                                  net.node(1).roster_key())
          .Serialize();
  deal = SignPayload(net.node(1).roster_key(), "agency-b", CeremonyContext("deal"),
                     crypto::ToString(cheat));
  const auto refused = net.StepAt(net.node(0), 3, session, answers);
  EXPECT_EQ(CulpritOf(refused.status()), "agency-b") << refused.status();
  EXPECT_FALSE(net.node(0).keys->pending_session().has_value());
}

TEST(CeremonyTest, Refusal11MissingCertificateActivatesNobody) {
  LocalNet net(3);
  const v1::CeremonySession session = net.Session(1);
  LocalNet::Answers answers;
  for (int step = 0; step < 4; ++step) answers = net.Step(step, session, answers);
  v1::CeremonyStepRequest certificates = LocalNet::Relay(session, answers);
  certificates.mutable_messages()->RemoveLast();
  EXPECT_FALSE(net.node(0).participant->Activate(session.leader(), certificates).ok());
  *certificates.add_messages() = certificates.messages(1);  // b's in place of c's
  EXPECT_FALSE(net.node(0).participant->Activate(session.leader(), certificates).ok());
  EXPECT_EQ(net.node(0).keys->active_epoch(), 0u);
  // The true ones still do.
  EXPECT_TRUE(
      net.node(0).participant->Activate(session.leader(), LocalNet::Relay(session, answers)).ok());
}

TEST(CeremonyTest, Refusal11StepsOutOfOrderOrByOthers) {
  LocalNet net(3);
  const v1::CeremonySession session = net.Session(1);
  v1::BeginCeremonyRequest begin;
  *begin.mutable_session() = session;
  EXPECT_EQ(CulpritOf(net.node(1).participant->Begin("agency-c", begin).status()), "agency-c");
  LocalNet::Answers answers = net.Step(0, session, {});
  const v1::CeremonyStepRequest request = LocalNet::Relay(session, answers);
  EXPECT_FALSE(net.node(1).participant->Deal(session.leader(), request).ok());
  EXPECT_EQ(CulpritOf(net.node(1).participant->Reveal("agency-c", request).status()), "agency-c");
  EXPECT_TRUE(net.node(1).participant->Reveal(session.leader(), request).ok());
  // Another Begin of another leader waits until the first has been silent for long.
  begin.mutable_session()->set_leader("agency-c");
  begin.mutable_session()->set_session_id(std::string(32, 'x'));
  EXPECT_FALSE(net.node(1).participant->Begin("agency-c", begin).ok());
  net.clock.Advance(absl::Minutes(3));
  EXPECT_TRUE(net.node(1).participant->Begin("agency-c", begin).ok());
}

TEST(CeremonyTest, Refusal12AnotherRosterOrEpoch) {
  LocalNet net(3);
  v1::BeginCeremonyRequest begin;
  *begin.mutable_session() = net.Session(2);
  EXPECT_FALSE(net.node(1).participant->Begin("agency-a", begin).ok());
  *begin.mutable_session() = net.Session(1);
  begin.mutable_session()->mutable_roster_hash()->front() ^= 1;
  EXPECT_FALSE(net.node(1).participant->Begin("agency-a", begin).ok());
}

TEST(CeremonyTest, Refusal12RotationRetiresTheOldEpoch) {
  LocalNet net(3);
  net.HoldCeremony(1);
  const crypto::Element old_key = Must(net.node(0).keys->active()->KeyOf("iban"))->group_public_key;
  net.HoldCeremony(2, 't');
  EXPECT_FALSE(Must(net.node(0).keys->active()->KeyOf("iban"))->group_public_key == old_key);
  EXPECT_EQ(net.node(0).keys->ForEpoch(1).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(net.node(0).keys->ForEpoch(2).ok());
  EXPECT_FALSE(net.node(0).keys->ForEpoch(3).ok());
  net.node(0).Restart();
  EXPECT_FALSE(net.node(0).keys->ForEpoch(1).ok());
}

TEST(CeremonyTest, AYoungEpochGivesWayToNoneUnderTheSameRosterWithoutConsent) {
  LocalNet net(3, nullptr, absl::Hours(24));
  net.HoldCeremony(1);
  v1::BeginCeremonyRequest begin;
  *begin.mutable_session() = net.Session(2, 't');
  const std::string leader = begin.session().leader();
  auto& young = net.node(1);
  net.clock.Advance(absl::Hours(24) - absl::Seconds(1));
  const auto refused = young.participant->Begin(leader, begin);
  EXPECT_TRUE(absl::IsFailedPrecondition(refused.status())) << refused.status();
  EXPECT_EQ(young.audit.Count("ceremony.refused", leader), 1);
  // A restart makes it no older.
  young.Restart();
  EXPECT_FALSE(young.participant->Begin(leader, begin).ok());
  // With a reason, for an hour.
  EXPECT_TRUE(absl::IsInvalidArgument(young.participant->Consent("uri:steward", "").status()));
  EXPECT_EQ(Must(young.participant->Consent("uri:steward", "a leak")), 1u);
  EXPECT_EQ(young.audit.Count("ceremony.consented", "uri:steward"), 1);
  EXPECT_TRUE(young.participant->Begin(leader, begin).ok());
  // The others have not consented, and their epoch comes of age.
  EXPECT_FALSE(net.node(2).participant->Begin(leader, begin).ok());
  net.clock.Advance(absl::Seconds(1));
  EXPECT_TRUE(net.node(2).participant->Begin(leader, begin).ok());
}

TEST(CeremonyTest, ConsentToReplaceAYoungEpochIsForOneEpochAndAnHour) {
  LocalNet net(3, nullptr, absl::Hours(24));
  net.HoldCeremony(1);
  const auto consent = [&] {
    for (const auto& node : net.nodes) Must(node->participant->Consent("s", "a leak").status());
  };
  v1::BeginCeremonyRequest begin;
  *begin.mutable_session() = net.Session(2, 't');
  consent();
  net.clock.Advance(absl::Hours(1));
  EXPECT_FALSE(net.node(1).participant->Begin(begin.session().leader(), begin).ok());
  consent();
  net.HoldCeremony(2, 't');
  *begin.mutable_session() = net.Session(3, 'u');
  EXPECT_FALSE(net.node(1).participant->Begin(begin.session().leader(), begin).ok());
}

TEST(CeremonyTest, AbortErasesTheSession) {
  LocalNet net(3);
  const v1::CeremonySession session = net.Session(1);
  const LocalNet::Answers answers = net.Step(0, session, {});
  v1::AbortCeremonyRequest abort;
  abort.set_session_id(session.session_id());
  EXPECT_FALSE(net.node(1).participant->Abort("agency-c", abort).ok());
  EXPECT_TRUE(net.node(1).participant->Abort("agency-a", abort).ok());
  EXPECT_FALSE(net.StepAt(net.node(1), 1, session, answers).ok());
  v1::FetchTranscriptsRequest fetch;
  fetch.set_session_id(session.session_id());
  EXPECT_TRUE(absl::IsNotFound(net.node(1).participant->FetchTranscripts(fetch).status()));
}

}  // namespace
}  // namespace raakvlak::node
