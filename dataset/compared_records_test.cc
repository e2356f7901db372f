// Which column serves which field, and the values that come of it.
#include "dataset/compared_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace raakvlak::dataset {
namespace {

using linkage::FieldKind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Schema Parse(const std::string& compare) {
  auto schema = ParseSchema("record_id = \"id\"\n[compare]\n" + compare, "s.toml");
  EXPECT_TRUE(schema.ok()) << schema.status();
  return schema.ok() ? *schema : Schema();
}

linkage::Profile Fields(std::vector<linkage::ComparedField> fields) {
  linkage::Profile profile;
  profile.fields = std::move(fields);
  return profile;
}

// "column" or "column/second" or "-" for each field.
std::vector<std::string> Sources(const Schema& schema, const linkage::Profile& profile) {
  std::vector<std::string> out;
  for (const auto& source : MapFields(schema.compare, profile)) {
    out.push_back(!source.has_value()
                      ? "-"
                      : schema.compare[source->column].column + (source->second ? "/second" : ""));
  }
  return out;
}

const linkage::Profile kPerson = Fields({{"given_name", FieldKind::kGivenName},
                                         {"surname", FieldKind::kSurname},
                                         {"date", FieldKind::kDate},
                                         {"phone", FieldKind::kPhone}});

TEST(ComparedRecords, AColumnOfTheKindServesTheField) {
  const Schema schema = Parse(
      "voornaam = \"given_name\"\nachternaam = \"surname\"\ngeboren = \"date\"\ntel = \"phone\"\n");
  EXPECT_THAT(Sources(schema, kPerson), ElementsAre("voornaam", "achternaam", "geboren", "tel"));
  EXPECT_TRUE(ExplainMissing(schema.compare, kPerson).empty());
}

TEST(ComparedRecords, AWholeNameServesBothItsFields) {
  const Schema schema = Parse("naam = \"person_name\"\ngeboren = \"date\"\n");
  EXPECT_THAT(Sources(schema, kPerson), ElementsAre("naam", "naam/second", "geboren", "-"));
  const auto missing = ExplainMissing(schema.compare, kPerson);
  ASSERT_EQ(missing.size(), 1U);
  EXPECT_THAT(missing[0], HasSubstr("COLUMN = \"phone\""));
}

TEST(ComparedRecords, OfSeveralColumnsTheNamedOneServes) {
  const linkage::Profile profile =
      Fields({{"born", FieldKind::kDate}, {"gender", FieldKind::kExact}});
  EXPECT_THAT(Sources(Parse("a = \"date\"\nb = {kind = \"date\", field = \"born\"}\n"
                            "gender = \"exact\"\nstate = \"exact\"\n"),
                      profile),
              ElementsAre("b", "gender"));
  // A column that is named for another field is no candidate.
  EXPECT_THAT(Sources(Parse("a = \"date\"\nb = {kind = \"date\", field = \"died\"}\n"), profile),
              ElementsAre("a", "-"));
  const Schema unclear = Parse("a = \"date\"\nb = \"date\"\n");
  EXPECT_THAT(Sources(unclear, profile), ElementsAre("-", "-"));
  EXPECT_THAT(ExplainMissing(unclear.compare, profile)[0], HasSubstr("(a, b)"));
  // Named for the field, but of another kind.
  EXPECT_THAT(Sources(Parse("b = {kind = \"phone\", field = \"born\"}\n"), profile),
              ElementsAre("-", "-"));
}

TEST(ComparedRecords, ACompanyNameGivesItsLegalForm) {
  const linkage::Profile profile =
      Fields({{"company_name", FieldKind::kCompanyName}, {"legal_form", FieldKind::kExact}});
  const Schema schema = Parse("bedrijf = \"company_name\"\n");
  EXPECT_THAT(Sources(schema, profile), ElementsAre("bedrijf", "bedrijf/second"));
  ComparedRecords records(schema, profile);
  records.Add({"Jansen Transport B.V."});
  const linkage::RecordTable table = records.Take();
  EXPECT_THAT(table.columns[0], ElementsAre("jansen transport"));
  EXPECT_FALSE(table.columns[1][0].empty());
}

TEST(ComparedRecords, ValuesComeNormalisedInTheOrderOfTheProfile) {
  const Schema schema = Parse("geboren = \"date\"\nadres = \"address\"\nnaam = \"person_name\"\n");
  ComparedRecords records(schema, kPerson);
  records.Add({"26-05-1983", "Dam 1", "Jan van den Berg"});
  records.Add({"onzin", "Dam 1", "onbekend"});
  // A surname alone is of use.
  records.Add({"", "", "Jansen"});
  const linkage::RecordTable table = records.Take();
  ASSERT_EQ(table.columns.size(), 4U);
  EXPECT_THAT(table.columns[0], ElementsAre("jan", "", ""));
  EXPECT_THAT(table.columns[1], ElementsAre("berg", "", "jansen"));
  EXPECT_THAT(table.columns[2], ElementsAre("19830526", "", ""));
  EXPECT_THAT(table.columns[3], ElementsAre("", "", ""));
  // In the order of the schema: the address is compared with nothing.
  EXPECT_THAT(records.unusable(), ElementsAre(1, 0, 1));
}

TEST(ComparedRecords, TheSchemaSaysWhetherTheDayComesFirst) {
  auto schema =
      ParseSchema("record_id = \"id\"\ndate_order = \"mdy\"\n[compare]\nd = \"date\"\n", "s.toml");
  ASSERT_TRUE(schema.ok());
  ComparedRecords records(*schema, Fields({{"date", FieldKind::kDate}}));
  records.Add({"03/04/1980"});
  EXPECT_THAT(records.Take().columns[0], ElementsAre("19800304"));
}

TEST(ComparedRecords, ManyRecordsKeepTheirOrder) {
  const Schema schema = Parse("t = \"phone\"\n");
  ComparedRecords records(schema, kPerson);
  for (int i = 0; i < 10'000; ++i) records.Add({std::to_string(600'000'000 + i)});
  const linkage::RecordTable table = records.Take();
  ASSERT_EQ(table.rows(), 10'000U);
  EXPECT_EQ(table.columns[3][5000], "600005000");
  EXPECT_EQ(table.columns[3][9999], "600009999");
}

}  // namespace
}  // namespace raakvlak::dataset
