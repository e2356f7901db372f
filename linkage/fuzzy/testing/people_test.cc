#include "linkage/fuzzy/testing/people.h"

#include <gtest/gtest.h>

namespace raakvlak::linkage::testing {
namespace {

TEST(PeopleTest, WhatIsMissingIsNotDamaged) {
  PeopleMaker people(1);
  const Person person = people.Make();
  const Person empty = people.Damaged(person, 0, 1);
  EXPECT_EQ(empty.given_name + empty.surname + empty.birth_date + empty.phone, "");
  EXPECT_EQ(empty.postcode, person.postcode);
  const Person again = people.Damaged(empty, 1, 0);
  EXPECT_EQ(again.given_name + again.surname + again.birth_date + again.phone, "");
}

}  // namespace
}  // namespace raakvlak::linkage::testing
