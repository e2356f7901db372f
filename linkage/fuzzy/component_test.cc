// Components of two fields that may stand in each other's place.
#include "linkage/fuzzy/component.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <utility>

#include "linkage/fuzzy/address_lines.h"
#include "linkage/fuzzy/corrupt.h"

namespace raakvlak::linkage {
namespace {

Profile AddressProfile() {
  Profile profile;
  profile.fields = {{"given_name", FieldKind::kGivenName}, {"surname", FieldKind::kSurname},
                    {"house_number", FieldKind::kText},    {"line_1", FieldKind::kAddress},
                    {"line_2", FieldKind::kAddress},       {"town", FieldKind::kPlace}};
  return profile;
}

RecordTable Table(std::string given, std::string surname, std::string line_1, std::string line_2) {
  RecordTable table;
  table.columns = {{std::move(given)},  {std::move(surname)}, {"8"},
                   {std::move(line_1)}, {std::move(line_2)},  {"leiden"}};
  return table;
}

std::string ValueOf(const RecordTable& table, std::uint16_t field, std::uint16_t other,
                    ComponentForm form) {
  return ComponentValue(AddressProfile(), table, 0, {field, other, form});
}

double Holders(const std::vector<std::string>& column, std::string_view value) {
  return static_cast<double>(std::count(column.begin(), column.end(), value));
}

TEST(ComponentTest, CrossedFieldsHaveTheSameValue) {
  const RecordTable straight = Table("willem", "van dijk", "lange straat", "huize zonzicht");
  const RecordTable crossed = Table("van dijk", "willem", "huize zonzicht", "lange straat");
  std::size_t seen = 0;
  for (const Component& c : ComponentsOf(AddressProfile())) {
    const bool within_names = c.field == 0 && c.other_field == 1;
    const bool within_lines = c.field == 3 && c.other_field == 4;
    if (!within_names && !within_lines) continue;
    ++seen;
    const std::string value = ComponentValue(AddressProfile(), straight, 0, c);
    EXPECT_FALSE(value.empty()) << ComponentFormName(c.form);
    EXPECT_EQ(value, ComponentValue(AddressProfile(), crossed, 0, c)) << ComponentFormName(c.form);
  }
  EXPECT_EQ(seen, 6U);
  EXPECT_EQ(ValueOf(straight, 0, 1, ComponentForm::kSortedFirst3), "van|wil");
  EXPECT_EQ(ValueOf(straight, 0, 1, ComponentForm::kSortedLast3), "ijk|lem");
  EXPECT_EQ(ValueOf(straight, 3, 4, ComponentForm::kSortedFirst4), "huiz|lang");
  EXPECT_EQ(ValueOf(straight, 3, 4, ComponentForm::kLesserFirst4), "huiz");
  EXPECT_EQ(ValueOf(straight, 3, 4, ComponentForm::kGreaterFirst4), "lang");
}

TEST(ComponentTest, OneOfTwoLinesIsEnoughForALesserOrGreater) {
  for (const bool first : {true, false}) {
    const RecordTable table =
        Table("willem", "", first ? "lange straat" : "", first ? "" : "lange straat");
    EXPECT_EQ(ValueOf(table, 3, 4, ComponentForm::kLesserFirst4), "lang");
    EXPECT_EQ(ValueOf(table, 3, 4, ComponentForm::kGreaterFirst4), "lang");
    EXPECT_EQ(ValueOf(table, 3, 4, ComponentForm::kSortedFirst4), "");
    EXPECT_EQ(ValueOf(table, 0, 1, ComponentForm::kSortedFirst3), "");
  }
  EXPECT_EQ(ValueOf(Table("", "", "", ""), 3, 4, ComponentForm::kLesserFirst4), "");
}

TEST(ComponentTest, NamesAndNeighbouringLinesAreCrossedAndNothingElse) {
  std::set<std::pair<std::uint16_t, std::uint16_t>> pairs;
  for (const Component& c : ComponentsOf(AddressProfile())) {
    if (c.other_field != Component::kNoField) pairs.emplace(c.field, c.other_field);
  }
  const std::set<std::pair<std::uint16_t, std::uint16_t>> expected = {
      {0, 1}, {2, 3}, {3, 4}, {4, 5}};
  EXPECT_EQ(pairs, expected);
}

TEST(ComponentTest, WordsOfACompanyNameInAnyOrder) {
  Profile profile;
  profile.fields = {{"name", FieldKind::kCompanyName}};
  RecordTable table;
  table.columns = {{"jansen  bouw", "bouw jansen", "groen wit", ""}};
  const auto value = [&](std::size_t row, ComponentForm form) {
    return ComponentValue(profile, table, row, {0, Component::kNoField, form});
  };
  EXPECT_EQ(value(0, ComponentForm::kWordsSorted), "bouwjansen");
  EXPECT_EQ(value(1, ComponentForm::kWordsSorted), "bouwjansen");
  EXPECT_EQ(value(0, ComponentForm::kLongestWord), "jansen");
  EXPECT_EQ(value(1, ComponentForm::kLongestWord), "jansen");
  EXPECT_EQ(value(2, ComponentForm::kLongestWord), "groen");
  EXPECT_EQ(value(3, ComponentForm::kLongestWord), "");
  EXPECT_EQ(value(3, ComponentForm::kWordsSorted), "");
}

TEST(AddressLinesTest, NumbersAndCodesAreNoWords) {
  EXPECT_TRUE(HoldsWords({"lange straat 12", "", "huize zonzicht", "8"}));
  EXPECT_FALSE(HoldsWords({"12", "8a", "", "142"}));
  EXPECT_FALSE(HoldsWords({"nsw", "vic", "qld"}));
  EXPECT_FALSE(HoldsWords({"", ""}));
  EXPECT_FALSE(HoldsWords({}));
}

TEST(CorruptTest, LinesNextToEachOtherAreCrossed) {
  const RecordTable table = Table("willem", "dijk", "lange straat", "huize zonzicht");
  CorruptionRates rates;
  rates.typo = rates.missing = rates.moved = rates.crossed = 0;
  rates.crossed_lines = 0.5;
  SeededRandom random(3);
  const RecordTable damaged =
      CorruptRecords(AddressProfile(), table, std::vector<std::size_t>(1000, 0), rates, random);
  EXPECT_EQ(Holders(damaged.columns[0], "willem"), 1000);
  // Half of the copies, a half of those with the town in the second line's place. The house number
  // is a text, but none of words: nothing stands in its place.
  EXPECT_EQ(Holders(damaged.columns[2], "8"), 1000);
  EXPECT_NEAR(Holders(damaged.columns[3], "huize zonzicht"), 250, 60);
  EXPECT_NEAR(Holders(damaged.columns[5], "huize zonzicht"), 250, 60);
}

}  // namespace
}  // namespace raakvlak::linkage
