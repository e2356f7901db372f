// Refusal 14 of protocol.md, "What must be refused", at the opening of a run: members shown
// different manifests, equivocation, values that do not match.
#include "server/node/mesh/run_opening.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/base/aead.h"
#include "server/node/mesh/blame.h"
#include "server/node/mesh/signed_payload.h"

namespace raakvlak::node {
namespace {

using crypto::SecretAccess;

class RunOpeningTest : public ::testing::Test {
 protected:
  RunOpeningTest() {
    for (const char* id : {"a", "b", "c"}) {
      keys_.push_back(crypto::SigningKey::Generate(random_));
      members_.push_back({id, keys_.back().verify_key()});
    }
    hash_.fill(5);
  }
  RunOpening::Parameters Parameters(size_t i) {
    return {.own_id = members_[i].agency_id,
            .manifest_hash = hash_,
            .members = members_,
            .signing_key = &keys_[i],
            .random = &random_};
  }
  std::unique_ptr<RunOpening> Begin(size_t i) {
    auto opening = RunOpening::Begin(Parameters(i));
    EXPECT_TRUE(opening.ok()) << opening.status();
    return *std::move(opening);
  }
  void BeginAll() {
    for (size_t i = 0; i < 3; ++i) openings_.push_back(Begin(i));
  }
  const std::string& id(size_t i) { return members_[i].agency_id; }
  void ExchangeOpenings() {
    for (size_t i = 0; i < 3; ++i) {
      for (size_t j = 0; j < 3; ++j) {
        if (i != j) {
          ASSERT_TRUE(openings_[i]->AddOpening(id(j), openings_[j]->opening()).ok());
        }
      }
    }
  }
  void ExchangeReveals() {
    for (size_t i = 0; i < 3; ++i) {
      for (size_t j = 0; j < 3; ++j) {
        if (i == j) continue;
        const auto reveal = openings_[j]->RevealTo(id(i));
        ASSERT_TRUE(reveal.ok());
        ASSERT_TRUE(openings_[i]->AddReveal(id(j), *reveal).ok());
      }
    }
  }

  crypto::SeededRandom random_{1};
  std::vector<crypto::SigningKey> keys_;
  std::vector<RunMember> members_;
  crypto::Digest hash_{};
  std::vector<std::unique_ptr<RunOpening>> openings_;
};

TEST_F(RunOpeningTest, AllMembersGetTheSameKeys) {
  BeginAll();
  ExchangeOpenings();
  EXPECT_FALSE(openings_[0]->complete());
  ExchangeReveals();
  std::vector<RunKeys> keys;
  for (const auto& opening : openings_) {
    auto got = opening->Keys();
    ASSERT_TRUE(got.ok()) << got.status();
    keys.push_back(*std::move(got));
  }
  EXPECT_TRUE(keys[0].group_key == keys[1].group_key);
  EXPECT_TRUE(keys[0].group_key == keys[2].group_key);
  EXPECT_TRUE(keys[0].pair_keys.at("b") == keys[1].pair_keys.at("a"));
  EXPECT_TRUE(keys[1].pair_keys.at("c") == keys[2].pair_keys.at("b"));
  EXPECT_FALSE(keys[0].pair_keys.at("b") == keys[0].pair_keys.at("c"));
}

TEST_F(RunOpeningTest, NothingIsRevealedBeforeAllOpeningsAreIn) {
  BeginAll();
  ASSERT_TRUE(openings_[0]->AddOpening("b", openings_[1]->opening()).ok());
  EXPECT_TRUE(absl::IsUnavailable(openings_[0]->RevealTo("b").status()));
  EXPECT_TRUE(absl::IsUnavailable(openings_[0]->Keys().status()));
  EXPECT_THAT(openings_[0]->Missing(), ::testing::ElementsAre("c"));
}

TEST_F(RunOpeningTest, Refusal14TwoMembersShownDifferentManifests) {
  BeginAll();
  hash_.fill(6);
  const auto other = Begin(1);
  const absl::Status status = openings_[0]->AddOpening("b", other->opening());
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(CulpritOf(status), "b");
  // For good, whatever comes.
  EXPECT_FALSE(openings_[0]->AddOpening("b", openings_[1]->opening()).ok());
  EXPECT_FALSE(openings_[0]->failure().ok());
}

TEST_F(RunOpeningTest, Refusal14RevealForAnotherMemberEndsNothing) {
  BeginAll();
  ExchangeOpenings();
  const auto for_c = openings_[1]->RevealTo("c");
  ASSERT_TRUE(for_c.ok());
  EXPECT_EQ(CulpritOf(openings_[0]->AddReveal("b", *for_c)), "b");
  // Whoever carried it may have replayed it: the run goes on.
  EXPECT_TRUE(openings_[0]->failure().ok());
  ExchangeReveals();
  EXPECT_TRUE(openings_[0]->complete());
}

TEST_F(RunOpeningTest, Refusal14ValueUnlikeItsCommitment) {
  BeginAll();
  ExchangeOpenings();
  const auto honest = openings_[1]->RevealTo("a");
  ASSERT_TRUE(honest.ok());
  v1::RunReveal reveal;
  v1::RunOpening opening_of_a;
  ASSERT_TRUE(reveal.ParseFromString(honest->payload()));
  ASSERT_TRUE(opening_of_a.ParseFromString(openings_[0]->opening().payload()));
  // What b knows: its ephemeral key stands in its snapshot, after the version.
  const crypto::SecretBytes snapshot = openings_[1]->Snapshot();
  const crypto::Secret<32> ephemeral(snapshot.Reveal(SecretAccess{}).subspan(1).first<32>());
  crypto::ExchangePublicKey key_of_a{};
  std::copy(opening_of_a.ephemeral_key().begin(), opening_of_a.ephemeral_key().end(),
            key_of_a.begin());
  const auto pair_key =
      crypto::DerivePairKey(crypto::ExchangeKey::FromSecret(ephemeral), key_of_a, hash_, "b", "a");
  ASSERT_TRUE(pair_key.ok());
  crypto::ByteWriter bound_to;
  bound_to.Raw(kRunRevealContext).Raw(hash_).Raw(crypto::AsBytes(reveal.openings_hash()));
  reveal.set_sealed_random(
      crypto::ToString(crypto::Seal(crypto::DeriveSealKey(*pair_key, "b", "a"), bound_to.view(),
                                    random_.NewSecret<32>().Reveal(SecretAccess{}), random_)));
  const absl::Status status = openings_[0]->AddReveal(
      "b", SignPayload(keys_[1], "b", kRunRevealContext, reveal.SerializeAsString()));
  EXPECT_EQ(CulpritOf(status), "b");
  EXPECT_THAT(status.message(), ::testing::HasSubstr("does not match its commitment"));
  EXPECT_FALSE(openings_[0]->failure().ok());
}

TEST_F(RunOpeningTest, Refusal14TwoOpeningsOfOneMember) {
  BeginAll();
  const auto second = Begin(1);
  ASSERT_TRUE(openings_[0]->AddOpening("b", openings_[1]->opening()).ok());
  ASSERT_TRUE(openings_[0]->AddOpening("b", openings_[1]->opening()).ok());
  const absl::Status status = openings_[0]->AddOpening("b", second->opening());
  EXPECT_EQ(CulpritOf(status), "b");
  EXPECT_FALSE(openings_[0]->failure().ok());
}

TEST_F(RunOpeningTest, Refusal14EquivocationShowsInTheReveals) {
  BeginAll();
  const auto other = Begin(2);  // c shows a one opening and b another
  for (const auto& [to, from, message] :
       {std::tuple<size_t, size_t, v1::SignedPayload>{0, 1, openings_[1]->opening()},
        {0, 2, openings_[2]->opening()},
        {1, 0, openings_[0]->opening()},
        {1, 2, other->opening()}}) {
    ASSERT_TRUE(openings_[to]->AddOpening(id(from), message).ok());
  }
  const auto reveal = openings_[0]->RevealTo("b");
  ASSERT_TRUE(reveal.ok());
  const absl::Status status = openings_[1]->AddReveal("a", *reveal);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(openings_[1]->Keys().ok());
}

TEST_F(RunOpeningTest, Refusal14ForgedSignatureIsRefusedWithoutEndingTheRun) {
  BeginAll();
  v1::SignedPayload forged = openings_[1]->opening();
  (*forged.mutable_signature())[0] ^= 1;
  EXPECT_EQ(CulpritOf(openings_[0]->AddOpening("b", forged)), "b");
  EXPECT_TRUE(openings_[0]->failure().ok());
  // A reveal's signature is worth nothing as an opening's.
  forged = SignPayload(keys_[1], "b", kRunRevealContext, openings_[1]->opening().payload());
  EXPECT_FALSE(openings_[0]->AddOpening("b", forged).ok());
  EXPECT_TRUE(openings_[0]->AddOpening("b", openings_[1]->opening()).ok());
}

TEST_F(RunOpeningTest, Refusal14StrangersAndCopies) {
  BeginAll();
  EXPECT_FALSE(openings_[0]->AddOpening("d", openings_[1]->opening()).ok());
  EXPECT_FALSE(openings_[0]->AddOpening("c", openings_[1]->opening()).ok());
  ASSERT_TRUE(openings_[0]->AddOpening("b", openings_[1]->opening()).ok());
  const v1::SignedPayload copy =
      SignPayload(keys_[2], "c", kRunOpeningContext, openings_[1]->opening().payload());
  EXPECT_EQ(CulpritOf(openings_[0]->AddOpening("c", copy)), "c");
  EXPECT_FALSE(openings_[0]->failure().ok());
}

TEST_F(RunOpeningTest, Refusal14KeyOfSmallOrder) {
  BeginAll();
  v1::RunOpening opening;
  ASSERT_TRUE(opening.ParseFromString(openings_[1]->opening().payload()));
  opening.set_ephemeral_key(std::string(32, '\0'));
  const absl::Status status = openings_[0]->AddOpening(
      "b", SignPayload(keys_[1], "b", kRunOpeningContext, opening.SerializeAsString()));
  EXPECT_EQ(CulpritOf(status), "b");
  EXPECT_FALSE(openings_[0]->failure().ok());
}

TEST_F(RunOpeningTest, Refusal14RevealThatDoesNotOpen) {
  BeginAll();
  ExchangeOpenings();
  const auto reveal = openings_[1]->RevealTo("a");
  ASSERT_TRUE(reveal.ok());
  v1::RunReveal body;
  ASSERT_TRUE(body.ParseFromString(reveal->payload()));
  (*body.mutable_sealed_random())[30] ^= 1;
  const absl::Status status = openings_[0]->AddReveal(
      "b", SignPayload(keys_[1], "b", kRunRevealContext, body.SerializeAsString()));
  EXPECT_EQ(CulpritOf(status), "b");
  EXPECT_FALSE(openings_[0]->failure().ok());
}

TEST_F(RunOpeningTest, Refusal14RevealMeantForAnotherMember) {
  BeginAll();
  ExchangeOpenings();
  const auto reveal = openings_[1]->RevealTo("c");
  ASSERT_TRUE(reveal.ok());
  EXPECT_FALSE(openings_[0]->AddReveal("b", *reveal).ok());
  EXPECT_FALSE(openings_[0]->complete());
}

TEST_F(RunOpeningTest, RestoredOpeningIsTheSameAtEveryStage) {
  BeginAll();
  const auto restore = [&] {
    auto restored = RunOpening::Restore(Parameters(0), openings_[0]->Snapshot());
    ASSERT_TRUE(restored.ok()) << restored.status();
    EXPECT_EQ((*restored)->opening().payload(), openings_[0]->opening().payload());
    openings_[0] = *std::move(restored);
  };
  restore();
  ExchangeOpenings();
  restore();
  EXPECT_TRUE(openings_[0]->has_all_openings());
  ExchangeReveals();
  restore();
  const auto restored = openings_[0]->Keys();
  const auto other = openings_[1]->Keys();
  ASSERT_TRUE(restored.ok() && other.ok());
  EXPECT_TRUE(restored->group_key == other->group_key);
}

TEST_F(RunOpeningTest, RestoringAnAlteredSnapshotFails) {
  BeginAll();
  ExchangeOpenings();
  const crypto::SecretBytes snapshot = openings_[0]->Snapshot();
  std::vector<uint8_t> bytes(snapshot.Reveal(SecretAccess{}).begin(),
                             snapshot.Reveal(SecretAccess{}).end());
  bytes.pop_back();
  EXPECT_FALSE(RunOpening::Restore(Parameters(0), crypto::SecretBytes(std::move(bytes))).ok());
}

}  // namespace
}  // namespace raakvlak::node
