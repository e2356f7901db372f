// Profiles and plans: what is taken, what is refused.
#include "authority/comparison.h"

#include <gtest/gtest.h>

#include <functional>

#include "authority/testing/sample.h"

namespace raakvlak::authority {
namespace {

using testing::Sample;

v1::KeyComponent Component(uint32_t field, const std::string& form) {
  v1::KeyComponent component;
  component.set_field(field);
  component.set_form(form);
  return component;
}

// Surname and date of birth; given name and phone.
v1::BlockingPlan SamplePlan() {
  v1::BlockingPlan plan;
  v1::PlannedKey& first = *plan.add_keys();
  *first.add_components() = Component(1, "full");
  *first.add_components() = Component(2, "full");
  v1::PlannedKey& second = *plan.add_keys();
  *second.add_components() = Component(0, "initial");
  *second.add_components() = Component(3, "full");
  return plan;
}

TEST(ComparisonProfile, IsTakenAndTranslated) {
  Sample sample(2);
  sample.AddProfile(3);
  EXPECT_TRUE(CheckPurposeForm(sample.purpose).ok()) << CheckPurposeForm(sample.purpose);
  const linkage::Profile profile = ToProfile(sample.purpose.profile());
  ASSERT_EQ(profile.fields.size(), 4u);
  EXPECT_EQ(profile.fields[1].kind, linkage::FieldKind::kSurname);
  EXPECT_EQ(profile.max_keys, 3u);
  EXPECT_DOUBLE_EQ(profile.max_exposure, 0.08);
  EXPECT_TRUE(profile.deduplicated);
}

TEST(ComparisonProfile, RefusedForms) {
  using Change = std::function<void(v1::Purpose&)>;
  const std::vector<Change> changes = {
      [](v1::Purpose& p) { p.mutable_profile()->set_version(0); },
      [](v1::Purpose& p) { p.mutable_profile()->clear_fields(); },
      [](v1::Purpose& p) { p.mutable_profile()->mutable_fields(0)->set_kind("soundex"); },
      [](v1::Purpose& p) { p.mutable_profile()->mutable_fields(0)->set_name("surname"); },
      [](v1::Purpose& p) { p.mutable_profile()->mutable_fields(0)->set_name("Given name"); },
      [](v1::Purpose& p) { p.mutable_profile()->set_block_cap(0); },
      [](v1::Purpose& p) { p.mutable_profile()->set_max_keys(25); },
      [](v1::Purpose& p) { p.mutable_profile()->set_max_keys(4); },  // no type block-04
      [](v1::Purpose& p) { p.mutable_profile()->set_max_exposure(0); },
      [](v1::Purpose& p) { p.mutable_profile()->set_max_exposure(10'001); },
      [](v1::Purpose& p) { p.clear_profile(); },  // block types without a profile
      [](v1::Purpose& p) {
        for (v1::ComparedField& field : *p.mutable_profile()->mutable_fields()) {
          field.set_kind("text");
        }
      },
  };
  for (size_t i = 0; i < changes.size(); ++i) {
    Sample sample(2);
    sample.AddProfile(3);
    changes[i](sample.purpose);
    EXPECT_EQ(CheckPurposeForm(sample.purpose).code(), absl::StatusCode::kInvalidArgument) << i;
  }
}

TEST(BlockingPlan, RefusedForms) {
  Sample sample(2);
  sample.AddProfile(2);
  const v1::ComparisonProfile& profile = sample.purpose.profile();
  EXPECT_TRUE(CheckPlan(profile, SamplePlan()).ok());
  using Change = std::function<void(v1::BlockingPlan&)>;
  const std::vector<Change> changes = {
      [](v1::BlockingPlan& p) { p.clear_keys(); },
      [](v1::BlockingPlan& p) { *p.add_keys() = p.keys(0); },  // more than max_keys
      [](v1::BlockingPlan& p) { *p.mutable_keys(1) = p.keys(0); },
      [](v1::BlockingPlan& p) { p.mutable_keys(0)->mutable_components()->RemoveLast(); },
      [](v1::BlockingPlan& p) { p.mutable_keys(0)->mutable_components(0)->set_field(4); },
      [](v1::BlockingPlan& p) { p.mutable_keys(0)->mutable_components(0)->set_field(2); },
      [](v1::BlockingPlan& p) { p.mutable_keys(0)->mutable_components(0)->set_other_field(5); },
      [](v1::BlockingPlan& p) { p.mutable_keys(0)->mutable_components(0)->clear_form(); },
  };
  for (size_t i = 0; i < changes.size(); ++i) {
    v1::BlockingPlan plan = SamplePlan();
    changes[i](plan);
    EXPECT_FALSE(CheckPlan(profile, plan).ok()) << i;
  }
}

TEST(BlockingPlan, StandsInTheManifestExactlyWhereBlocksAreLinked) {
  Sample sample(2);
  sample.AddProfile(2);
  const auto roster = Roster::Open(sample.SignedRoster(), std::nullopt);
  ASSERT_TRUE(roster.ok()) << roster.status();
  const auto purpose = Purpose::Open(sample.SignedPurpose(), *roster);
  ASSERT_TRUE(purpose.ok()) << purpose.status();
  const auto check = [&](const std::function<void(v1::RunManifest&)>& change) {
    v1::RunManifest body = sample.Manifest(*roster, *purpose);
    *body.mutable_plan() = SamplePlan();
    body.set_planner("agency-a");
    change(body);
    const auto manifest = Manifest::Parse(body.SerializeAsString());
    return manifest.ok() ? manifest->CheckCoveredBy(*roster, *purpose) : manifest.status();
  };
  EXPECT_TRUE(check([](v1::RunManifest&) {}).ok()) << check([](v1::RunManifest&) {});
  EXPECT_FALSE(check([](v1::RunManifest& m) { m.clear_plan(); }).ok());
  EXPECT_FALSE(check([](v1::RunManifest& m) { m.set_planner("agency-z"); }).ok());
  EXPECT_FALSE(
      check([](v1::RunManifest& m) { m.mutable_plan()->mutable_keys()->RemoveLast(); }).ok());
}

}  // namespace
}  // namespace raakvlak::authority
