#include "authority/plan_text.h"

#include <gtest/gtest.h>

namespace raakvlak::authority {
namespace {

TEST(PlanTextTest, KeysInWords) {
  v1::ComparisonProfile profile;
  for (const char* name : {"given_name", "surname", "birth_date"})
    profile.add_fields()->set_name(name);
  v1::BlockingPlan plan;
  plan.set_coverage(9'712);
  plan.set_exposure(431);
  plan.set_evaluations_per_record(1'250);
  v1::PlannedKey& first = *plan.add_keys();
  first.set_mean_bits(18'000);
  first.set_coverage(8'120);
  first.set_exposure(120);
  first.add_components()->set_form("first3");
  first.mutable_components(0)->set_field(1);
  first.add_components()->set_form("yyyymm");
  first.mutable_components(1)->set_field(2);
  v1::PlannedKey& second = *plan.add_keys();
  second.add_components()->set_form("names-sorted");
  second.mutable_components(0)->set_field(0);
  second.mutable_components(0)->set_other_field(2);
  second.add_components()->set_form("new-form");
  second.mutable_components(1)->set_field(2);
  v1::PlannedKey& third = *plan.add_keys();
  third.set_mean_bits(22'200);
  third.add_components()->set_form("sorted-last3");
  third.mutable_components(0)->set_field(0);
  third.mutable_components(0)->set_other_field(2);
  v1::PlannedKey& fourth = *plan.add_keys();
  fourth.set_mean_bits(40'000);
  fourth.add_components()->set_form("new-form");
  fourth.mutable_components(0)->set_field(0);
  fourth.mutable_components(0)->set_other_field(2);
  const std::vector<std::string> lines = DescribePlan(profile, plan);
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_EQ(
      lines[0],
      "block-01: first three letters of surname, with year and month of birth_date; one record "
      "in 260000 has the same, finds 81.2%, exposes 1.20%");
  EXPECT_EQ(lines[1],
            "block-02: given_name and surname in whatever order, with birth_date (new-form); one "
            "record in 1.0 has the same, finds 0.0%, exposes 0.00%");
  EXPECT_EQ(
      lines[2],
      "block-03: last three letters of given_name and surname in whatever order; one record in "
      "4.8 million has the same, finds 0.0%, exposes 0.00%");
  EXPECT_EQ(lines[3],
            "block-04: given_name and surname (new-form); one record in a billion or more has the "
            "same, finds 0.0%, exposes 0.00%");
  EXPECT_EQ(lines[4], "4 keys, 12.5 evaluations a record: expected to find 97.1%, to expose 4.31%");
}

}  // namespace
}  // namespace raakvlak::authority
