// A purpose that a newer version has replaced is not taken back into use (protocol.md, "What must
// be refused" 14): its signatures still hold, and only the version says that it is superseded.
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "authority/testing/sample.h"
#include "server/common/testing/temp_dir.h"
#include "server/node/mesh/blame.h"
#include "server/node/mesh/manifest_policy.h"
#include "server/node/mesh/seen_runs.h"

namespace raakvlak::node {
namespace {

using authority::testing::Sample;

class PurposeVersionTest : public ::testing::Test {
 protected:
  PurposeVersionTest() {
    auto roster = authority::Roster::Open(sample_.SignedRoster(), sample_.Pinned(0));
    EXPECT_TRUE(roster.ok()) << roster.status();
    roster_ = *std::move(roster);
  }
  // A run under the purpose as it stands in the sample, after `seen`.
  absl::Status Check(const SeenRuns& seen, std::uint64_t run_counter) {
    auto purpose = authority::Purpose::Open(sample_.SignedPurpose(), *roster_);
    EXPECT_TRUE(purpose.ok()) << purpose.status();
    hash_ = purpose->hash();
    v1::RunManifest body = sample_.Manifest(*roster_, *purpose);
    body.set_run_counter(run_counter);
    auto manifest = authority::Manifest::Parse(body.SerializeAsString());
    EXPECT_TRUE(manifest.ok()) << manifest.status();
    return CheckManifest({.roster = *roster_,
                          .purpose = *purpose,
                          .manifest = *manifest,
                          .keys_roster_hash = roster_->hash(),
                          .active_epoch = body.epoch(),
                          .own_id = "agency-a",
                          .normaliser_version = body.normaliser_version(),
                          .seen = seen,
                          .now = body.created_at() + 1});
  }

  Sample sample_{3};
  std::optional<authority::Roster> roster_;
  crypto::Digest hash_{};
};

TEST_F(PurposeVersionTest, Refusal14AnOlderVersionOfThePurpose) {
  sample_.purpose.set_version(2);
  SeenRuns seen;
  ASSERT_TRUE(Check(seen, 1).ok());
  seen.highest_counter = 1;
  seen.highest_attempt = 1;
  seen.purpose_version = 2;
  seen.purpose_hash = hash_;
  ASSERT_TRUE(Check(seen, 2).ok()) << "the same version again";

  sample_.purpose.set_version(1);
  sample_.purpose.mutable_types(0)->set_run_grant(2'000'000);
  const absl::Status status = Check(seen, 2);
  EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
  EXPECT_EQ(CulpritOf(status), "matcher");

  sample_.purpose.set_version(3);
  EXPECT_TRUE(Check(seen, 2).ok());
}

TEST_F(PurposeVersionTest, Refusal14TwoPurposesOfOneVersion) {
  SeenRuns seen;
  ASSERT_TRUE(Check(seen, 1).ok());
  seen.highest_counter = 1;
  seen.highest_attempt = 1;
  seen.purpose_version = 1;
  seen.purpose_hash = hash_;
  sample_.purpose.mutable_types(0)->set_epoch_ceiling(20'000'000);
  EXPECT_TRUE(absl::IsPermissionDenied(Check(seen, 2)));
}

TEST(SeenPurposesTest, RememberTheNewestOverRestarts) {
  common::testing::TempDir directory;
  const std::string path = directory / "seen.db";
  crypto::Digest first{}, second{};
  first.fill(1);
  second.fill(2);
  {
    auto store = SeenRunStore::Open(path);
    ASSERT_TRUE(store.ok()) << store.status();
    SeenRuns seen;
    ASSERT_TRUE((*store)->LookPurpose("harbour", seen).ok());
    EXPECT_EQ(seen.purpose_version, 0u);
    ASSERT_TRUE((*store)->RecordPurpose("harbour", 2, second).ok());
    ASSERT_TRUE((*store)->RecordPurpose("harbour", 1, first).ok());
    ASSERT_TRUE((*store)->RecordPurpose("other", 9, first).ok());
  }
  auto store = SeenRunStore::Open(path);
  ASSERT_TRUE(store.ok()) << store.status();
  SeenRuns seen;
  ASSERT_TRUE((*store)->LookPurpose("harbour", seen).ok());
  EXPECT_EQ(seen.purpose_version, 2u);
  EXPECT_EQ(seen.purpose_hash, second);
}

TEST(ManifestCounterTest, Refusal14CountersThatStoresCannotOrder) {
  Sample sample(3);
  auto roster = authority::Roster::Open(sample.SignedRoster(), sample.Pinned(0));
  ASSERT_TRUE(roster.ok());
  auto purpose = authority::Purpose::Open(sample.SignedPurpose(), *roster);
  ASSERT_TRUE(purpose.ok());
  v1::RunManifest body = sample.Manifest(*roster, *purpose);
  ASSERT_TRUE(authority::Manifest::Parse(body.SerializeAsString()).ok());
  body.set_run_counter(std::uint64_t{1} << 63);
  EXPECT_FALSE(authority::Manifest::Parse(body.SerializeAsString()).ok());
  body.set_run_counter(1);
  body.set_epoch(~std::uint64_t{0});
  EXPECT_FALSE(authority::Manifest::Parse(body.SerializeAsString()).ok());
}

}  // namespace
}  // namespace raakvlak::node
