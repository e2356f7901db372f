// Plans of others on the own file.
#include "server/node/plan_policy.h"

#include <gtest/gtest.h>

#include "authority/plan_wire.h"
#include "linkage/fuzzy/testing/people.h"
#include "server/node/mesh/blame.h"

namespace raakvlak::node {
namespace {

using linkage::testing::MakeTable;
using linkage::testing::PeopleMaker;
using linkage::testing::PersonProfile;

class PlanPolicyTest : public ::testing::Test {
 protected:
  PlanPolicyTest() {
    for (const linkage::ComparedField& field : PersonProfile().fields) {
      v1::ComparedField& to = *profile_.add_fields();
      to.set_name(field.name);
      to.set_kind(std::string(linkage::FieldKindName(field.kind)));
    }
    profile_.set_version(1);
    profile_.set_block_cap(10);
    profile_.set_max_keys(24);
    profile_.set_max_exposure(500);
    manifest_.set_planner("customs");
    for (const char* agency : {"customs", "police"}) manifest_.add_agencies(agency);
    linkage::PlanOptions options;
    options.largest_file = 2048;
    *manifest_.mutable_plan() = authority::PlanToWire(
        linkage::PlanBlocking(PersonProfile(), MakeTable(PeopleMaker(1).Make(2000)), options));
    own_ = MakeTable(PeopleMaker(2).Make(2000));
  }
  absl::Status Check() const {
    return CheckPlanOnOwnFile(profile_, manifest_, own_, {.largest_file = 2048});
  }

  v1::ComparisonProfile profile_;
  v1::RunManifest manifest_;
  linkage::RecordTable own_;
};

TEST_F(PlanPolicyTest, TakesAnHonestPlanOfAnotherFile) { EXPECT_TRUE(Check().ok()) << Check(); }

TEST_F(PlanPolicyTest, DeclinesAPlanThatExposesTheFileAndSaysHowMuch) {
  // Surname and gender, whatever is shared: everybody sits with strangers.
  manifest_.mutable_plan()->Clear();
  v1::PlannedKey& key = *manifest_.mutable_plan()->add_keys();
  for (const auto& [field, form] :
       {std::pair<std::uint32_t, const char*>{1, "first2"}, {2, "yyyy"}}) {
    v1::KeyComponent& component = *key.add_components();
    component.set_field(field);
    component.set_form(form);
  }
  const absl::Status status = Check();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_NE(status.message().find("customs"), absl::string_view::npos) << status;
  EXPECT_NE(status.message().find("the purpose allows 5.0%"), absl::string_view::npos) << status;
  // Nobody is to blame for a file that is spread otherwise.
  EXPECT_EQ(CulpritOf(status), "");
  // A purpose that allows everything is content.
  profile_.set_max_exposure(10'000);
  EXPECT_TRUE(Check().ok());
}

TEST_F(PlanPolicyTest, CountsTheStrangersOfAllCounterparts) {
  ASSERT_TRUE(Check().ok());
  // Within what is tolerated for one counterpart, not for nineteen.
  for (int more = 0; more < 18; ++more) manifest_.add_agencies("tax");
  EXPECT_EQ(Check().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(PlanPolicyTest, BlamesTheMatcherForAPlanThatDoesNotSuitTheProfile) {
  const v1::BlockingPlan good = manifest_.plan();
  const auto refused = [&](const std::function<void(v1::PlannedKey&)>& spoil) {
    *manifest_.mutable_plan() = good;
    spoil(*manifest_.mutable_plan()->mutable_keys(0));
    const absl::Status status = Check();
    return absl::IsInvalidArgument(status) && CulpritOf(status) == "matcher";
  };
  EXPECT_TRUE(refused([](v1::PlannedKey& k) { k.mutable_components(0)->set_form("first9"); }));
  EXPECT_TRUE(refused([](v1::PlannedKey& k) { k.mutable_components(0)->set_field(17); }));
  EXPECT_TRUE(refused([](v1::PlannedKey& k) { k.set_min_bits(4'000'000'000); }));
  EXPECT_TRUE(refused([](v1::PlannedKey& k) { *k.add_components() = k.components(0); }));
}

}  // namespace
}  // namespace raakvlak::node
