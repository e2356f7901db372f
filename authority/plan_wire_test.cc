// Plans to the wire and back.
#include "authority/plan_wire.h"

#include <gtest/gtest.h>

#include "authority/plan_text.h"
#include "linkage/fuzzy/plan_check.h"
#include "linkage/fuzzy/testing/people.h"

namespace raakvlak::authority {
namespace {

using linkage::testing::MakeTable;
using linkage::testing::PeopleMaker;
using linkage::testing::PersonProfile;

TEST(PlanWire, APlannersThresholdsComeBackAsTheyWere) {
  PeopleMaker maker(5);
  linkage::PlanOptions options;
  options.largest_file = 2048;
  const linkage::Profile profile = PersonProfile();
  const linkage::BlockingPlan plan =
      linkage::PlanBlocking(profile, MakeTable(maker.Make(1500)), options);
  ASSERT_GT(plan.keys.size(), 3U);
  const auto back = PlanFromWire(PlanToWire(plan));
  ASSERT_TRUE(back.ok()) << back.status();
  ASSERT_EQ(back->keys.size(), plan.keys.size());
  for (std::size_t k = 0; k < plan.keys.size(); ++k) {
    EXPECT_EQ(back->keys[k].components, plan.keys[k].components);
    // To the last bit: the planner's own blocks are those of everybody else.
    EXPECT_EQ(back->keys[k].min_bits, plan.keys[k].min_bits);
    EXPECT_EQ(back->keys[k].dependence, plan.keys[k].dependence);
    EXPECT_NEAR(back->keys[k].mean_bits, plan.keys[k].mean_bits, 0.001);
    EXPECT_NEAR(back->keys[k].coverage, plan.keys[k].coverage, 0.0001);
    EXPECT_NEAR(back->keys[k].exposure, plan.keys[k].exposure, 0.0001);
  }
  EXPECT_NEAR(back->coverage, plan.coverage, 0.0001);
  EXPECT_NEAR(back->evaluations_per_record, plan.evaluations_per_record, 0.01);
  EXPECT_TRUE(linkage::ValidatePlan(profile, *back).ok());
  EXPECT_EQ(PlanToWire(*back).SerializeAsString(), PlanToWire(plan).SerializeAsString());
}

TEST(PlanWire, ComponentsThatReadTwoFieldsKeepBoth) {
  linkage::BlockingPlan plan;
  linkage::Component crossed{0, 1, linkage::ComponentForm::kNamesSorted};
  plan.keys.push_back(
      {{crossed, {2, linkage::Component::kNoField, linkage::ComponentForm::kDateYearSortedMd}}});
  const auto back = PlanFromWire(PlanToWire(plan));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->keys[0].components, plan.keys[0].components);
}

TEST(PlanWire, EveryFormHasANameThatIsRead) {
  for (int form = 0; form <= static_cast<int>(linkage::ComponentForm::kGreaterFirst4); ++form) {
    const auto f = static_cast<linkage::ComponentForm>(form);
    EXPECT_EQ(linkage::ParseComponentForm(linkage::ComponentFormName(f)), f);
  }
  EXPECT_FALSE(linkage::ParseComponentForm("unknown").has_value());
  EXPECT_FALSE(linkage::ParseComponentForm("").has_value());
}

// A form without words shows its name in brackets (plan_text.h).
TEST(PlanWire, EveryFormHasWords) {
  v1::ComparisonProfile profile;
  for (const char* name : {"one", "two"}) profile.add_fields()->set_name(name);
  linkage::BlockingPlan plan;
  linkage::PlannedKey& key = plan.keys.emplace_back();
  for (int form = 0;; ++form) {
    const auto f = static_cast<linkage::ComponentForm>(form);
    if (linkage::ComponentFormName(f) == "unknown") break;
    const bool two =
        f >= linkage::ComponentForm::kNamesSorted && f <= linkage::ComponentForm::kGreaterFirst4;
    key.components = {{0, two ? std::uint16_t{1} : linkage::Component::kNoField, f}};
    const std::string line = DescribePlan(profile, PlanToWire(plan))[0];
    EXPECT_EQ(line.find('('), std::string::npos) << line;
  }
}

TEST(PlanWire, RefusesWhatItDoesNotKnow) {
  v1::BlockingPlan plan;
  v1::KeyComponent& component = *plan.add_keys()->add_components();
  component.set_form("full");
  EXPECT_TRUE(PlanFromWire(plan).ok());
  component.set_field(1 << 20);
  EXPECT_FALSE(PlanFromWire(plan).ok());
  component.set_field(0);
  component.set_other_field(1 << 20);
  EXPECT_FALSE(PlanFromWire(plan).ok());
  component.set_other_field(0);
  component.set_form("first9");
  EXPECT_FALSE(PlanFromWire(plan).ok());
}

}  // namespace
}  // namespace raakvlak::authority
