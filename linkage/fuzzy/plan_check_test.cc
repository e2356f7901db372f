// Plans that no node should take, and what a plan exposes.
#include "linkage/fuzzy/plan_check.h"

#include <gtest/gtest.h>

#include <limits>

#include "linkage/fuzzy/testing/people.h"

namespace raakvlak::linkage {
namespace {

using testing::MakeTable;
using testing::PeopleMaker;
using testing::PersonProfile;

Component Part(std::uint16_t field, ComponentForm form) {
  Component out;
  out.field = field;
  out.form = form;
  return out;
}

BlockingPlan TwoKeys() {
  BlockingPlan plan;
  plan.keys.resize(2);
  plan.keys[0].components = {Part(1, ComponentForm::kFull), Part(2, ComponentForm::kFull)};
  plan.keys[1].components = {Part(1, ComponentForm::kFirst3), Part(2, ComponentForm::kDateYear),
                             Part(4, ComponentForm::kLast4)};
  return plan;
}

TEST(ValidatePlanTest, AcceptsWhatThePlannerMakes) {
  PeopleMaker maker(1);
  PlanOptions options;
  options.largest_file = 2048;
  const Profile profile = PersonProfile();
  const BlockingPlan plan = PlanBlocking(profile, MakeTable(maker.Make(2000)), options);
  ASSERT_FALSE(plan.keys.empty());
  EXPECT_TRUE(ValidatePlan(profile, plan).ok()) << ValidatePlan(profile, plan);
  EXPECT_TRUE(ValidatePlan(profile, TwoKeys()).ok());
}

TEST(ValidatePlanTest, RefusesHostilePlans) {
  const auto refused = [](const auto& spoil) {
    BlockingPlan plan = TwoKeys();
    spoil(plan);
    return absl::IsInvalidArgument(ValidatePlan(PersonProfile(), plan));
  };
  EXPECT_TRUE(refused([](BlockingPlan& p) { p.keys.clear(); }));
  EXPECT_TRUE(refused([](BlockingPlan& p) { p.keys.assign(25, p.keys[0]); }));
  EXPECT_TRUE(refused([](BlockingPlan& p) { p.keys[1] = p.keys[0]; }));
  EXPECT_TRUE(refused([](BlockingPlan& p) { p.keys[0].components.pop_back(); }));
  EXPECT_TRUE(refused([](BlockingPlan& p) { p.keys[0].components[0].field = 77; }));
  EXPECT_TRUE(refused([](BlockingPlan& p) { p.keys[0].components[0].other_field = 300; }));
  // A form that a date has not.
  EXPECT_TRUE(
      refused([](BlockingPlan& p) { p.keys[0].components[1].form = ComponentForm::kPhonetic3; }));
  EXPECT_TRUE(refused(
      [](BlockingPlan& p) { p.keys[0].components[1].form = static_cast<ComponentForm>(200); }));
  // One field twice.
  EXPECT_TRUE(
      refused([](BlockingPlan& p) { p.keys[0].components[1] = Part(1, ComponentForm::kFirst3); }));
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(),
                           std::numeric_limits<double>::infinity(), -1.0, 1e9}) {
    EXPECT_TRUE(refused([&](BlockingPlan& p) { p.keys[1].min_bits = bad; }));
    EXPECT_TRUE(refused([&](BlockingPlan& p) { p.keys[1].dependence = bad; }));
    EXPECT_TRUE(refused([&](BlockingPlan& p) { p.keys[1].coverage = bad; }));
    EXPECT_TRUE(refused([&](BlockingPlan& p) { p.exposure = bad; }));
    EXPECT_TRUE(refused([&](BlockingPlan& p) { p.evaluations_per_record = bad; }));
  }
}

TEST(ValidatePlanTest, RefusesKeysOfOneKind) {
  Profile profile;
  profile.fields = {{"home", FieldKind::kPhone}, {"mobile", FieldKind::kPhone}};
  BlockingPlan plan;
  plan.keys.resize(1);
  plan.keys[0].components = {Part(0, ComponentForm::kFull), Part(1, ComponentForm::kFull)};
  EXPECT_TRUE(absl::IsInvalidArgument(ValidatePlan(profile, plan)));
}

TEST(KeyDefinitionTest, EqualOnlyForTheSameMeaning) {
  const Profile profile = PersonProfile();
  const BlockingPlan plan = TwoKeys();
  EXPECT_EQ(KeyDefinition(profile, plan.keys[0]), KeyDefinition(profile, TwoKeys().keys[0]));
  EXPECT_NE(KeyDefinition(profile, plan.keys[0]), KeyDefinition(profile, plan.keys[1]));
  Profile other = profile;
  other.fields[1].name = "maiden_name";
  EXPECT_NE(KeyDefinition(profile, plan.keys[0]), KeyDefinition(other, plan.keys[0]));
  other = profile;
  other.fields[1].kind = FieldKind::kText;
  EXPECT_NE(KeyDefinition(profile, plan.keys[0]), KeyDefinition(other, plan.keys[0]));
  // Figures say nothing of what the values mean.
  PlannedKey rarer = plan.keys[0];
  rarer.min_bits = 17;
  EXPECT_EQ(KeyDefinition(profile, plan.keys[0]), KeyDefinition(profile, rarer));
}

TEST(MeasureExposureTest, CountsRecordsInCompanyButNotOwnDuplicates) {
  const Profile profile = PersonProfile();
  PeopleMaker maker(2);
  std::vector<testing::Person> people = maker.Make(80);
  for (std::size_t i = 0; i < 10; ++i) {
    // Of the same surname, born on the same day.
    testing::Person namesake = maker.Make();
    namesake.given_name = people[i].given_name + "x";
    namesake.surname = people[i].surname;
    namesake.birth_date = people[i].birth_date;
    people.push_back(namesake);
  }
  for (std::size_t i = 20; i < 30; ++i) people.push_back(people[i]);  // the same again
  const RecordTable table = MakeTable(people);
  const double share = 20.0 / 90;
  EXPECT_NEAR(MeasureExposure(profile, TwoKeys(), table, {}), share, 1e-9);
  ExposureOptions options;
  options.largest_file = 200;
  EXPECT_NEAR(MeasureExposure(profile, TwoKeys(), table, options), 1 - (1 - share) * (1 - share),
              1e-9);
  options.counterparts = 3;
  EXPECT_NEAR(MeasureExposure(profile, TwoKeys(), table, options), 1 - std::pow(1 - share, 6),
              1e-9);
  options.counterparts = 1;
  // Of a part: no namesake among the first eighty.
  options.largest_file = 0;
  options.max_rows = 80;
  EXPECT_NEAR(MeasureExposure(profile, TwoKeys(), table, options), 0, 1e-9);
  EXPECT_EQ(MeasureExposure(profile, TwoKeys(), MakeTable({}), {}), 0);
}

TEST(MeasureExposureTest, AFileWhereAllRecordsAreAlikeHasNoBlocks) {
  PeopleMaker maker(3);
  const RecordTable table = MakeTable(std::vector<testing::Person>(5'000, maker.Make()));
  EXPECT_EQ(MeasureExposure(PersonProfile(), TwoKeys(), table, {}), 0);
}

}  // namespace
}  // namespace raakvlak::linkage
