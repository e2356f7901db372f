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
  EXPECT_EQ(DescribePlan(profile, plan),
            (std::vector<std::string>{
                "block-01: first three letters of surname, with year and month of birth_date; "
                "finds 81.2%, exposes 1.20%",
                "block-02: given_name and surname in whatever order, with birth_date (new-form); "
                "finds 0.0%, exposes 0.00%",
                "2 keys, 12.5 evaluations a record: expected to find 97.1%, to expose 4.31%"}));
}

}  // namespace
}  // namespace raakvlak::authority
