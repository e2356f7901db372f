// The schema file: what it means, and that mistakes are named with their line.
#include "dataset/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace raakvlak::dataset {
namespace {

using linkage::IdentifierType;
using testing::HasSubstr;

std::string Message(std::string_view toml) {
  return std::string(ParseSchema(toml, "s.toml").status().message());
}

TEST(SchemaTest, EverythingAtOnce) {
  const auto schema = ParseSchema(R"(
record_id = "zaak"
delimiter = ";"
encoding = "windows-1252"
date_order = "mdy"
max_field_bytes = 1000
[columns]
rekening = "iban"
"KvK-nummer" = "kvk"
nummer = ["rsin", "kvk"]
geboren = "birth_date"
[[person_name]]
given = "voornaam"
prefix = "tussenvoegsel"
surname = "achternaam"
[[name_birth_date]]
name = "naam"
birth_date = "geboren"
[compare]
plaats = "place"
achternaam = "surname"
)",
                                  "s.toml");
  ASSERT_TRUE(schema.ok()) << schema.status();
  EXPECT_EQ(schema->record_id, "zaak");
  EXPECT_EQ(schema->delimiter, ';');
  EXPECT_EQ(schema->encoding, Encoding::kWindows1252);
  EXPECT_EQ(schema->date_order, linkage::DateOrder::kMonthDayYear);
  EXPECT_EQ(schema->max_field_bytes, 1000u);
  ASSERT_EQ(schema->fields.size(), 7u);
  EXPECT_EQ(schema->fields[0].type, IdentifierType::kIban);
  EXPECT_EQ(schema->fields[0].column, "rekening");
  EXPECT_EQ(schema->fields[1].Label(), "KvK-nummer");
  EXPECT_EQ(schema->fields[2].type, IdentifierType::kRsin);
  EXPECT_EQ(schema->fields[3].type, IdentifierType::kKvk);
  EXPECT_EQ(schema->fields[5].Label(), "voornaam+tussenvoegsel+achternaam");
  EXPECT_TRUE(schema->fields[5].from_parts());
  EXPECT_EQ(schema->fields[6].type, IdentifierType::kNameBirthDate);
  EXPECT_FALSE(schema->fields[6].from_parts());
  ASSERT_EQ(schema->compare.size(), 2u);
  EXPECT_EQ(schema->compare[0].column, "plaats");
  EXPECT_EQ(CompareKindName(schema->compare[1].kind), "surname");
}

TEST(SchemaTest, UnknownKeysAreRefusedWithTheirLine) {
  EXPECT_THAT(Message("record_id = \"id\"\n\ncolour = 1\n"),
              HasSubstr("s.toml: line 3: unknown key \"colour\""));
  EXPECT_THAT(Message("record_id = \"id\"\n[[person_name]]\nsurname = \"a\"\nbirth_date = \"b\"\n"),
              HasSubstr("line 4: unknown key \"birth_date\""));
}

TEST(SchemaTest, UnknownTypesAndKindsListTheKnownOnes) {
  EXPECT_THAT(Message("record_id = \"id\"\n[columns]\nx = \"ibn\"\n"),
              testing::AllOf(HasSubstr("line 3: unknown type \"ibn\""), HasSubstr("iban")));
  EXPECT_THAT(Message("record_id = \"id\"\n[compare]\nx = \"fuzzy\"\n"),
              HasSubstr("line 3: unknown kind"));
  EXPECT_THAT(Message("record_id = \"id\"\n[columns]\nx = \"name_birth_date\"\n"),
              HasSubstr("[[name_birth_date]]"));
}

TEST(SchemaTest, AComparedColumnMayNameItsField) {
  const auto schema = ParseSchema(
      "record_id = \"id\"\n[compare]\na = \"address\"\nb = {kind = \"date\", field = "
      "\"born\"}\n",
      "s.toml");
  ASSERT_TRUE(schema.ok()) << schema.status();
  ASSERT_EQ(schema->compare.size(), 2u);
  EXPECT_EQ(CompareKindName(schema->compare[0].kind), "address");
  EXPECT_EQ(schema->compare[0].field, "");
  EXPECT_EQ(CompareKindName(schema->compare[1].kind), "date");
  EXPECT_EQ(schema->compare[1].field, "born");
  const std::string start = "record_id = \"id\"\n[compare]\n";
  EXPECT_THAT(Message(start + "b = {field = \"born\"}\n"), HasSubstr("line 3"));
  EXPECT_THAT(Message(start + "b = {kind = \"dated\"}\n"), HasSubstr("unknown kind \"dated\""));
  EXPECT_THAT(Message(start + "b = {kind = \"date\", colour = \"red\"}\n"),
              HasSubstr("unknown key \"colour\""));
  EXPECT_THAT(Message(start + "a = {kind = \"date\", field = \"born\"}\nb = {kind = \"date\", "
                              "field = \"born\"}\n"),
              HasSubstr("two columns are the field \"born\""));
}

TEST(SchemaTest, WrongValues) {
  EXPECT_THAT(Message("record_id = 5\n"), HasSubstr("line 1"));
  EXPECT_THAT(Message("record_id = \"\"\n"), HasSubstr("not empty"));
  EXPECT_THAT(Message("record_id = \"id\"\ndelimiter = \"|\"\n"), HasSubstr("line 2: delimiter"));
  EXPECT_THAT(Message("record_id = \"id\"\nencoding = \"latin1\"\n"),
              HasSubstr("line 2: encoding"));
  EXPECT_THAT(Message("record_id = \"id\"\ndate_order = \"ymd\"\n"),
              HasSubstr("line 2: date_order"));
  EXPECT_THAT(Message("record_id = \"id\"\nmax_field_bytes = 0\n"),
              HasSubstr("line 2: max_field_bytes"));
  EXPECT_THAT(Message("record_id = \"id\"\ncolumns = 3\n"), HasSubstr("[columns]"));
  EXPECT_THAT(Message("record_id = \"id\"\nperson_name = 3\n"), HasSubstr("[[person_name]]"));
  EXPECT_THAT(Message("record_id = \"id\"\n[columns]\nx = []\n"), HasSubstr("line 3"));
}

TEST(SchemaTest, MissingParts) {
  EXPECT_THAT(Message("[columns]\nx = \"kvk\"\n"), HasSubstr("record_id is missing"));
  EXPECT_THAT(Message("record_id = \"id\"\n"), HasSubstr("no column has a type"));
  EXPECT_THAT(Message("record_id = \"id\"\n[[name_birth_date]]\nname = \"n\"\n"),
              HasSubstr("needs birth_date"));
  EXPECT_THAT(Message("record_id = \"id\"\n[[person_name]]\ngiven = \"n\"\n"),
              HasSubstr("needs either"));
  EXPECT_THAT(Message("record_id = \"id\"\n[[person_name]]\nname = \"n\"\nsurname = \"s\"\n"),
              HasSubstr("needs either"));
}

TEST(SchemaTest, BrokenTomlHasItsLine) {
  EXPECT_THAT(Message("record_id = \"id\"\n[columns\n"), HasSubstr("s.toml: line 2"));
  EXPECT_FALSE(ParseSchema("\xff\xfe", "s.toml").ok());
}

}  // namespace
}  // namespace raakvlak::dataset
