// What a roster, a purpose and a manifest must be before anybody believes them.
#include <gtest/gtest.h>

#include <functional>

#include "authority/manifest.h"
#include "authority/testing/sample.h"

namespace raakvlak::authority {
namespace {

using testing::Sample;

TEST(Roster, OpensWhenEveryOfficerSigned) {
  Sample sample(3);
  auto roster = Roster::Open(sample.SignedRoster(), sample.Pinned(0));
  ASSERT_TRUE(roster.ok()) << roster.status();
  EXPECT_EQ(roster->threshold(), 2u);
  EXPECT_EQ(roster->PartyOf("uri:raakvlak:node:agency-b"), (Party{Role::kNode, "agency-b"}));
  EXPECT_EQ(roster->PartyOf("uri:raakvlak:steward:agency-c"), (Party{Role::kSteward, "agency-c"}));
  EXPECT_EQ(roster->PartyOf("uri:raakvlak:coordinator"), (Party{Role::kCoordinator, ""}));
  EXPECT_EQ(roster->PartyOf("uri:raakvlak:stranger"), std::nullopt);
}

TEST(Roster, Refused14LackingSignature) {
  Sample sample(3);
  auto document = sample.SignedRoster();
  document.mutable_signatures()->RemoveLast();
  const auto status = Roster::Open(document, sample.Pinned(0)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(status.message().find("agency-c"), std::string::npos);
}

TEST(Roster, Refused14AlteredBody) {
  Sample sample(3);
  auto document = sample.SignedRoster();
  sample.roster.set_threshold(3);
  document.set_body(sample.roster.SerializeAsString());
  EXPECT_EQ(Roster::Open(document, sample.Pinned(0)).status().code(),
            absl::StatusCode::kPermissionDenied);
}

TEST(Roster, RefusedWhenThePinnedOfficerDiffers) {
  Sample sample(3);
  auto pinned = sample.Pinned(0);
  pinned.key = sample.officers[1].verify_key();
  EXPECT_EQ(Roster::Open(sample.SignedRoster(), pinned).status().code(),
            absl::StatusCode::kPermissionDenied);
}

TEST(Roster, RefusedForms) {
  const std::vector<std::pair<const char*, std::function<void(v1::Roster&)>>> cases = {
      {"threshold of one", [](auto& r) { r.set_threshold(1); }},
      {"threshold above members", [](auto& r) { r.set_threshold(4); }},
      {"share index zero", [](auto& r) { r.mutable_members(0)->set_share_index(0); }},
      {"share index twice", [](auto& r) { r.mutable_members(0)->set_share_index(2); }},
      {"members out of order", [](auto& r) { r.mutable_members()->SwapElements(0, 1); }},
      {"identity twice",
       [](auto& r) {
         r.mutable_members(0)->set_node_identities(0, r.members(1).node_identities(0));
       }},
      {"short key", [](auto& r) { r.mutable_members(0)->set_roster_key("short"); }},
      {"roster key twice",
       [](auto& r) { r.mutable_members(0)->set_roster_key(r.members(1).roster_key()); }},
      {"no types", [](auto& r) { r.clear_identifier_types(); }},
      {"types out of order", [](auto& r) { r.mutable_identifier_types()->SwapElements(0, 1); }},
      {"one member", [](auto& r) { r.mutable_members()->DeleteSubrange(1, 2); }},
      {"agency id with a path", [](auto& r) { r.mutable_members(0)->set_agency_id("../a"); }},
  };
  for (const auto& [name, change] : cases) {
    Sample sample(3);
    ASSERT_TRUE(CheckRosterForm(sample.roster).ok());
    change(sample.roster);
    EXPECT_FALSE(CheckRosterForm(sample.roster).ok()) << name;
  }
}

TEST(Roster, ExpiresAfterItsDate) {
  Sample sample(2);
  auto roster = Roster::Open(sample.SignedRoster(), std::nullopt);
  ASSERT_TRUE(roster.ok());
  EXPECT_TRUE(roster->CheckValidAt(Sample::kNotAfter).ok());
  EXPECT_FALSE(roster->CheckValidAt(Sample::kNotAfter + 1).ok());
}

TEST(Purpose, OpensWhenItsOfficersSigned) {
  Sample sample(3);
  auto roster = Roster::Open(sample.SignedRoster(), std::nullopt);
  ASSERT_TRUE(roster.ok());
  auto purpose = Purpose::Open(sample.SignedPurpose(), *roster);
  ASSERT_TRUE(purpose.ok()) << purpose.status();
  EXPECT_NE(purpose->FindType("kvk"), nullptr);
  EXPECT_EQ(purpose->FindType("bsn"), nullptr);
  EXPECT_FALSE(purpose->CheckValidAt(Sample::kNotBefore - 1).ok());
  EXPECT_TRUE(purpose->CheckValidAt(Sample::kNotBefore).ok());
  EXPECT_FALSE(purpose->CheckValidAt(Sample::kNotAfter + 1).ok());
}

TEST(Purpose, Refused14RaisedGrantOrLackingSignature) {
  Sample sample(3);
  auto roster = Roster::Open(sample.SignedRoster(), std::nullopt);
  ASSERT_TRUE(roster.ok());
  auto document = sample.SignedPurpose();
  auto raised = sample.purpose;
  raised.mutable_types(0)->set_run_grant(raised.types(0).run_grant() + 1);
  auto altered = document;
  altered.set_body(raised.SerializeAsString());
  EXPECT_EQ(Purpose::Open(altered, *roster).status().code(), absl::StatusCode::kPermissionDenied);
  document.mutable_signatures()->DeleteSubrange(0, 1);
  EXPECT_EQ(Purpose::Open(document, *roster).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(Purpose, RefusedTypeOrAgencyOffTheRoster) {
  Sample sample(3);
  auto roster = Roster::Open(sample.SignedRoster(), std::nullopt);
  ASSERT_TRUE(roster.ok());
  sample.purpose.mutable_types(1)->set_identifier_type("zzz");
  EXPECT_FALSE(Purpose::Open(sample.SignedPurpose(), *roster).ok());
  Sample other(3);
  other.purpose.add_agencies("stranger");
  EXPECT_FALSE(Purpose::Open(other.SignedPurpose(), *roster).ok());
}

TEST(Purpose, SignedRosterIsNoPurpose) {
  Sample sample(3);
  auto roster = Roster::Open(sample.SignedRoster(), std::nullopt);
  ASSERT_TRUE(roster.ok());
  auto document = sample.SignedPurpose();
  document.set_kind(std::string(kRosterKind));
  EXPECT_FALSE(Purpose::Open(document, *roster).ok());
}

class ManifestTest : public ::testing::Test {
 protected:
  ManifestTest()
      : sample_(3),
        roster_(*Roster::Open(sample_.SignedRoster(), std::nullopt)),
        purpose_(*Purpose::Open(sample_.SignedPurpose(), roster_)),
        body_(sample_.Manifest(roster_, purpose_)) {}

  absl::Status Check() {
    auto manifest = Manifest::Parse(body_.SerializeAsString());
    if (!manifest.ok()) return manifest.status();
    return manifest->CheckCoveredBy(roster_, purpose_);
  }

  Sample sample_;
  Roster roster_;
  Purpose purpose_;
  v1::RunManifest body_;
};

TEST_F(ManifestTest, IsCovered) { EXPECT_TRUE(Check().ok()) << Check(); }

TEST_F(ManifestTest, HashNamesTheBytes) {
  const std::string bytes = body_.SerializeAsString();
  body_.set_attempt(2);
  EXPECT_NE(ManifestHash(bytes), ManifestHash(body_.SerializeAsString()));
}

TEST_F(ManifestTest, Refused8Committees) {
  const auto original = body_;
  const std::vector<std::pair<const char*, std::vector<uint32_t>>> cases = {
      {"index zero", {0, 1}},     {"duplicate", {1, 1}},        {"unsorted", {2, 1}},
      {"off the roster", {1, 9}}, {"too many", {1, 2, 3}},      {"too few", {1}},
      {"without itself", {2, 3}}, {"out of range", {1, 65536}},
  };
  for (const auto& [name, indices] : cases) {
    body_ = original;
    auto& set = *body_.mutable_evaluators(0);
    set.clear_share_indices();
    for (uint32_t index : indices) set.add_share_indices(index);
    EXPECT_EQ(Check().code(), absl::StatusCode::kPermissionDenied) << name;
  }
}

TEST_F(ManifestTest, Refused14Uncovered) {
  const auto original = body_;
  const std::vector<std::pair<const char*, std::function<void(v1::RunManifest&)>>> cases = {
      {"raised grant", [](auto& m) { m.set_grants(0, m.grants(0) + 1); }},
      {"another roster", [](auto& m) { m.mutable_roster_hash()->front() ^= 1; }},
      {"another purpose", [](auto& m) { m.mutable_purpose_hash()->front() ^= 1; }},
      {"another type", [](auto& m) { m.set_identifier_types(0, "aaa"); }},
      {"past the purpose", [](auto& m) { m.set_expires_at(Sample::kNotAfter + 1); }},
  };
  for (const auto& [name, change] : cases) {
    body_ = original;
    change(body_);
    EXPECT_FALSE(Check().ok()) << name;
  }
}

}  // namespace
}  // namespace raakvlak::authority
