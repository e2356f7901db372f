// Refusals 12 and 14 of protocol.md, "What must be refused", at the manifest.
#include "server/node/mesh/manifest_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/node/mesh/blame.h"
#include "server/node/mesh/testing/local_net.h"

namespace raakvlak::node {
namespace {

using authority::testing::Sample;
using testing::Partnership;

class ManifestPolicyTest : public ::testing::Test {
 protected:
  absl::Status Check(const v1::RunManifest& body) const {
    const auto manifest = authority::Manifest::Parse(body.SerializeAsString());
    if (!manifest.ok()) return manifest.status();
    return CheckManifest({.roster = *partnership_.roster,
                          .purpose = *partnership_.purpose,
                          .manifest = *manifest,
                          .keys_roster_hash = keys_roster_hash_,
                          .active_epoch = active_epoch_,
                          .own_id = own_id_,
                          .normaliser_version = testing::kNormaliser,
                          .seen = seen_,
                          .now = now_});
  }

  // Under a roster that ends before its purposes do.
  void UseRosterUntil(int64_t not_after) {
    partnership_ = Partnership(3, [&](Sample& sample) { sample.roster.set_not_after(not_after); });
    manifest_ = partnership_.Manifest();
    keys_roster_hash_ = partnership_.roster->hash();
  }

  Partnership partnership_{3};
  v1::RunManifest manifest_ = partnership_.Manifest();
  std::optional<crypto::Digest> keys_roster_hash_ = partnership_.roster->hash();
  uint64_t active_epoch_ = 1;
  std::string own_id_ = "agency-b";
  SeenRuns seen_;
  int64_t now_ = Sample::kNotBefore + 100;
};

TEST_F(ManifestPolicyTest, TakesWhatIsCovered) { EXPECT_TRUE(Check(manifest_).ok()); }

TEST_F(ManifestPolicyTest, Refusal12AnotherEpoch) {
  active_epoch_ = 2;
  EXPECT_EQ(Check(manifest_).code(), absl::StatusCode::kFailedPrecondition);
  manifest_.set_epoch(2);
  EXPECT_TRUE(Check(manifest_).ok());
  active_epoch_ = 0;
  EXPECT_EQ(Check(manifest_).code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(ManifestPolicyTest, Refusal12KeysOfAnotherRoster) {
  keys_roster_hash_->front() ^= 1;
  EXPECT_EQ(Check(manifest_).code(), absl::StatusCode::kFailedPrecondition);
  keys_roster_hash_.reset();
  EXPECT_FALSE(Check(manifest_).ok());
}

TEST_F(ManifestPolicyTest, Refusal14AnotherRosterOrPurpose) {
  v1::RunManifest altered = manifest_;
  altered.mutable_roster_hash()->front() ^= 1;
  EXPECT_EQ(CulpritOf(Check(altered)), "matcher");
  altered = manifest_;
  altered.mutable_purpose_hash()->front() ^= 1;
  EXPECT_EQ(Check(altered).code(), absl::StatusCode::kPermissionDenied);
}

TEST_F(ManifestPolicyTest, Refusal14RaisedGrant) {
  manifest_.set_grants(0, manifest_.grants(0) + 1);
  EXPECT_EQ(Check(manifest_).code(), absl::StatusCode::kPermissionDenied);
}

TEST_F(ManifestPolicyTest, Refusal14TypeOutsideThePurpose) {
  manifest_.set_identifier_types(1, "lei");
  EXPECT_EQ(Check(manifest_).code(), absl::StatusCode::kPermissionDenied);
}

TEST_F(ManifestPolicyTest, Refusal14Expired) {
  now_ = manifest_.expires_at();
  EXPECT_EQ(Check(manifest_).code(), absl::StatusCode::kFailedPrecondition);
  now_ = Sample::kNotAfter + 1;  // purpose and roster too
  EXPECT_FALSE(Check(manifest_).ok());
  now_ = Sample::kNotBefore - 1;
  EXPECT_FALSE(Check(manifest_).ok());
}

TEST_F(ManifestPolicyTest, Refusal14ExpiredRosterCoversNothing) {
  UseRosterUntil(now_ + 1);
  EXPECT_TRUE(Check(manifest_).ok());
  UseRosterUntil(now_ - 1);
  EXPECT_EQ(Check(manifest_).code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(ManifestPolicyTest, Refusal14ReplayUnderTheSameNumber) {
  seen_.highest_counter = 1;
  seen_.highest_attempt = 1;
  seen_.same_attempt = authority::ManifestHash(manifest_.SerializeAsString());
  EXPECT_TRUE(Check(manifest_).ok());  // the node was restarted
  seen_.ended = true;
  EXPECT_EQ(Check(manifest_).code(), absl::StatusCode::kPermissionDenied);
  seen_.ended = false;
  seen_.same_attempt->front() ^= 1;
  EXPECT_EQ(CulpritOf(Check(manifest_)), "matcher");
}

TEST_F(ManifestPolicyTest, Refusal14CountersDoNotGoBack) {
  seen_.highest_counter = 2;
  seen_.highest_attempt = 1;
  EXPECT_EQ(Check(manifest_).code(), absl::StatusCode::kPermissionDenied);
  seen_.highest_counter = 1;
  seen_.highest_attempt = 2;
  EXPECT_EQ(Check(manifest_).code(), absl::StatusCode::kPermissionDenied);
  manifest_.set_attempt(3);
  EXPECT_TRUE(Check(manifest_).ok());
}

TEST_F(ManifestPolicyTest, RunOfOthers) {
  own_id_ = "agency-z";
  EXPECT_EQ(Check(manifest_).code(), absl::StatusCode::kPermissionDenied);
}

TEST_F(ManifestPolicyTest, AnotherNormaliser) {
  manifest_.set_normaliser_version("test-2");
  EXPECT_EQ(Check(manifest_).code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(ManifestPolicyTest, Refusal8Committees) {
  const auto with = [&](const std::vector<uint32_t>& indices) {
    v1::RunManifest altered = manifest_;
    auto& set = *altered.mutable_evaluators(0);
    set.clear_share_indices();
    for (const uint32_t index : indices) set.add_share_indices(index);
    return Check(altered);
  };
  EXPECT_TRUE(with({1, 2}).ok());
  EXPECT_TRUE(with({1, 3}).ok());
  EXPECT_FALSE(with({0, 1}).ok());     // index 0
  EXPECT_FALSE(with({1, 1}).ok());     // duplicate
  EXPECT_FALSE(with({2, 1}).ok());     // unsorted
  EXPECT_FALSE(with({1, 4}).ok());     // off the roster
  EXPECT_FALSE(with({1}).ok());        // fewer than t
  EXPECT_FALSE(with({1, 2, 3}).ok());  // more than t
}

TEST(SeenRunStoreTest, RemembersForGood) {
  common::testing::TempDir directory;
  crypto::Digest hash;
  hash.fill(1);
  crypto::Digest other;
  other.fill(2);
  {
    auto store = testing::Must(SeenRunStore::Open(directory / "seen.db"));
    EXPECT_TRUE(store->Record("harbour", 4, 2, hash).ok());
    EXPECT_TRUE(store->Record("harbour", 4, 2, hash).ok());
    EXPECT_TRUE(absl::IsAlreadyExists(store->Record("harbour", 4, 2, other)));
  }
  auto store = testing::Must(SeenRunStore::Open(directory / "seen.db"));
  SeenRuns seen = testing::Must(store->Look("harbour", 4, 2));
  EXPECT_EQ(seen.highest_counter, 4u);
  EXPECT_EQ(seen.highest_attempt, 2u);
  EXPECT_EQ(seen.same_attempt, hash);
  EXPECT_FALSE(seen.ended);
  EXPECT_TRUE(store->MarkEnded(hash).ok());
  EXPECT_TRUE(testing::Must(store->Look("harbour", 4, 2)).ended);
  EXPECT_TRUE(testing::Must(store->HasEnded(hash)));
  EXPECT_FALSE(testing::Must(store->Look("harbour", 4, 1)).same_attempt.has_value());
  EXPECT_EQ(testing::Must(store->Look("other", 1, 1)).highest_counter, 0u);
}

TEST(RunSecretStoreTest, SealedAndErased) {
  common::testing::TempDir directory;
  crypto::SeededRandom random(3);
  crypto::Digest hash;
  hash.fill(1);
  const std::string secret = "the secret of a run, in the clear";
  const crypto::Secret<32> key(std::array<uint8_t, 32>{1});
  const auto file = [&] {
    common::PosixFileSystem fs;
    return testing::Must(common::ReadFile(fs, directory / "runs.db", 1 << 20));
  };
  {
    auto store = testing::Must(RunSecretStore::Open(directory / "runs.db", key, random));
    testing::Must(store->Put(hash, crypto::SecretBytes(crypto::AsBytes(secret))));
    EXPECT_TRUE(testing::Must(store->Get(hash)).has_value());
  }
  EXPECT_EQ(file().find(secret), std::string::npos);
  {
    const crypto::Secret<32> wrong(std::array<uint8_t, 32>{2});
    auto store = testing::Must(RunSecretStore::Open(directory / "runs.db", wrong, random));
    EXPECT_EQ(store->Get(hash).status().code(), absl::StatusCode::kDataLoss);
  }
  auto store = testing::Must(RunSecretStore::Open(directory / "runs.db", key, random));
  testing::Must(store->Erase(hash));
  EXPECT_FALSE(testing::Must(store->Get(hash)).has_value());
}

}  // namespace
}  // namespace raakvlak::node
