// Records and quality report from whole files, good and bad.
#include "dataset/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "dataset/fingerprints.h"

namespace raakvlak::dataset {
namespace {

using linkage::IdentifierType;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kSchema = R"(
record_id = "id"
[columns]
rekening = "iban"
kvk = "kvk"
)";

struct Outcome {
  absl::Status status;
  std::vector<Record> records;
  QualityReport report;
};

Outcome Read(std::string_view schema, std::string_view csv, ReaderOptions options = {}) {
  Outcome outcome;
  options.label = "a.csv";
  DatasetReader reader(ParseSchema(schema, "s.toml").value(), options, [&](Record record) {
    outcome.records.push_back(std::move(record));
    return absl::OkStatus();
  });
  outcome.status = reader.Push(csv);
  if (outcome.status.ok()) outcome.status = reader.Finish();
  outcome.report = reader.report();
  return outcome;
}

std::string Message(const Outcome& outcome) { return std::string(outcome.status.message()); }

TEST(DatasetReaderTest, RecordsOfNormalisedValues) {
  const Outcome outcome = Read(kSchema,
                               "id;rekening;kvk;rest\n"
                               " 7 ;nl91 abna 0417 1643 00;KvK 1234567;x\n"
                               "8;;69599084;y\n");
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  ASSERT_EQ(outcome.records.size(), 2u);
  EXPECT_EQ(outcome.records[0].record_id, "7");
  EXPECT_EQ(outcome.records[0].row, 2u);
  EXPECT_THAT(outcome.records[0].values,
              ElementsAre(Value{IdentifierType::kKvk, "01234567"},
                          Value{IdentifierType::kIban, "NL91ABNA0417164300"}));
  EXPECT_THAT(outcome.records[1].values, ElementsAre(Value{IdentifierType::kKvk, "69599084"}));
  EXPECT_TRUE(outcome.report.clean());
  EXPECT_EQ(outcome.report.fields[0].missing, 1u);
  EXPECT_THAT(outcome.report.fields[1].padded.first_rows, ElementsAre(2u));
  EXPECT_EQ(outcome.report.delimiter, "semicolon");
  EXPECT_EQ(outcome.report.encoding, "ascii");
}

TEST(DatasetReaderTest, NamesFromColumnsAndCompounds) {
  const Outcome outcome = Read(R"(
record_id = "id"
date_order = "mdy"
[[person_name]]
given = "voornaam"
prefix = "tv"
surname = "naam"
[[name_birth_date]]
given = "voornaam"
prefix = "tv"
surname = "naam"
birth_date = "geboren"
[compare]
naam = "surname"
)",
                               "id,voornaam,tv,naam,geboren\n"
                               "1,Jan,van der,Berg,5/26/1983\n"
                               "2,Eva,,Müller,1990-01-01\n"
                               "3,Piet,,Jansen,onbekend\n");
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  ASSERT_EQ(outcome.records.size(), 3u);
  EXPECT_THAT(outcome.records[0].values,
              ElementsAre(Value{IdentifierType::kNameBirthDate, "janvanderberg|19830526"},
                          Value{IdentifierType::kPersonName, "janvanderberg"}));
  EXPECT_THAT(outcome.records[0].compare, ElementsAre("Berg"));
  // Both spellings of the umlaut are compared.
  EXPECT_THAT(outcome.records[1].values,
              ElementsAre(Value{IdentifierType::kNameBirthDate, "evamueller|19900101"},
                          Value{IdentifierType::kNameBirthDate, "evamuller|19900101"},
                          Value{IdentifierType::kPersonName, "evamueller"},
                          Value{IdentifierType::kPersonName, "evamuller"}));
  EXPECT_EQ(outcome.report.fields[1].missing, 1u);
  EXPECT_THAT(outcome.report.fields[1].weak_date.first_rows, ElementsAre(3u));
  EXPECT_EQ(outcome.report.encoding, "utf-8");
}

TEST(DatasetReaderTest, AWindows1252FileGivesTheSameValues) {
  constexpr std::string_view kNames = "record_id = \"id\"\n[columns]\nnaam = \"person_name\"\n";
  const Outcome utf8 = Read(kNames, "id,naam\n1,Eva Müller\n");
  const Outcome windows = Read(kNames, "id,naam\n1,Eva M\xFCller\n");
  ASSERT_EQ(utf8.records.size(), 1u);
  ASSERT_EQ(windows.records.size(), 1u);
  EXPECT_EQ(windows.records[0].values, utf8.records[0].values);
}

TEST(DatasetReaderTest, InvalidValuesAreCountedWithReasonsAndFirstRows) {
  ReaderOptions options;
  options.sample_rows = 2;
  const Outcome outcome = Read(kSchema,
                               "id,rekening,kvk\n"
                               "1,NL92ABNA0417164300,1\n"
                               "2,NL92ABNA0417164300,69599084\n"
                               "3,NL92ABNA0417164300,69599084\n"
                               "4,NL91,69599084\n"
                               "5,onbekend,\n",
                               options);
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  const FieldQuality& iban = outcome.report.fields[0];
  EXPECT_EQ(iban.invalid, 4u);
  EXPECT_EQ(iban.missing, 1u);
  const auto& checksum = iban.problems.at(linkage::RefusalReason::kChecksum);
  EXPECT_EQ(checksum.rows.count, 3u);
  EXPECT_THAT(checksum.rows.first_rows, ElementsAre(2u, 3u));
  EXPECT_EQ(iban.problems.at(linkage::RefusalReason::kLength).rows.count, 1u);
  EXPECT_EQ(outcome.report.fields[1].duplicates, 2u);
  EXPECT_THAT(outcome.report.empty.first_rows, ElementsAre(2u, 6u));
  EXPECT_EQ(outcome.report.records, 3u);
  EXPECT_FALSE(outcome.report.clean());
}

TEST(DatasetReaderTest, RaggedRowsAndBadIdsAreLeftOutAndReported) {
  const Outcome outcome = Read(kSchema,
                               "id,rekening,kvk\n"
                               "1,,69599084\n"
                               "2,,69599084,more\n"
                               "3\n"
                               ",,69599084\n"
                               "1,,68750110\n"
                               "4,,68750110\n");
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(outcome.report.rows, 6u);
  EXPECT_EQ(outcome.report.records, 2u);
  EXPECT_THAT(outcome.report.ragged.first_rows, ElementsAre(3u, 4u));
  EXPECT_THAT(outcome.report.missing_id.first_rows, ElementsAre(5u));
  ASSERT_EQ(outcome.report.first_duplicate_ids.size(), 1u);
  EXPECT_EQ(outcome.report.first_duplicate_ids[0].row, 6u);
  EXPECT_EQ(outcome.report.first_duplicate_ids[0].first_row, 2u);
}

TEST(DatasetReaderTest, AMillionBadRowsKeepASmallReport) {
  DatasetReader reader(ParseSchema(kSchema, "s.toml").value(), {}, nullptr);
  ASSERT_TRUE(reader.Push("id,rekening,kvk\n").ok());
  std::string block;
  for (int i = 0; i < 1000; ++i) block += "x,NL00,abc\nragged\n";
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(reader.Push(block).ok());
  ASSERT_TRUE(reader.Finish().ok());
  EXPECT_EQ(reader.report().rows, 1'000'000u);
  EXPECT_EQ(reader.report().ragged.count, 500'000u);
  EXPECT_EQ(reader.report().ragged.first_rows.size(), 10u);
  EXPECT_EQ(reader.report().duplicate_ids, 499'999u);
  EXPECT_LT(reader.report().ToText().size(), 4000u);
}

TEST(DatasetReaderTest, MissingColumns) {
  EXPECT_THAT(Message(Read(kSchema, "id,kvk\n1,2\n")),
              HasSubstr("a.csv: row 1: no column \"rekening\""));
  EXPECT_THAT(Message(Read(kSchema, "id,Rekening,kvk\n")), HasSubstr("upper and lower case"));
  EXPECT_THAT(Message(Read("record_id = \"id\"\ndelimiter = \";\"\n[columns]\nkvk = \"kvk\"\n",
                           "id,kvk\n1,2\n")),
              HasSubstr("is the delimiter right?"));
  EXPECT_THAT(Message(Read(kSchema, "id,kvk,kvk,rekening\n")), HasSubstr("\"kvk\" occurs twice"));
  // What the first row holds may be data: it is not repeated.
  EXPECT_THAT(Message(Read(kSchema, "9,NL91ABNA0417164300,69599084\n")),
              testing::Not(HasSubstr("NL91ABNA0417164300")));
}

TEST(DatasetReaderTest, EmptyAndHeaderOnlyFiles) {
  EXPECT_THAT(Message(Read(kSchema, "")), HasSubstr("a.csv: the file is empty"));
  const Outcome header = Read(kSchema, "id,rekening,kvk\n");
  EXPECT_TRUE(header.status.ok());
  EXPECT_EQ(header.report.rows, 0u);
}

TEST(DatasetReaderTest, ABsnInAVatNumberIsWithheld) {
  constexpr std::string_view kVat = "record_id = \"id\"\n[columns]\nbtw = \"btw\"\n";
  constexpr std::string_view kCsv = "id,btw\n1,NL111222333B01\n2,NL822477348B01\n";
  const Outcome off = Read(kVat, kCsv);
  EXPECT_EQ(off.report.fields[0].valid, 2u);
  EXPECT_THAT(off.report.fields[0].withheld.first_rows, ElementsAre(2u));
  ASSERT_EQ(off.records.size(), 1u);
  EXPECT_EQ(off.records[0].record_id, "2");
  ReaderOptions options;
  options.bsn_allowed = true;
  EXPECT_EQ(Read(kVat, kCsv, options).records.size(), 2u);
}

TEST(DatasetReaderTest, ReportsHoldNoValues) {
  const Outcome outcome = Read(kSchema, "id,rekening,kvk\nsecret-id,NL92ABNA0417164300,6959908X\n");
  for (const std::string& text : {outcome.report.ToText(), outcome.report.ToJson().dump()}) {
    EXPECT_THAT(text, testing::Not(HasSubstr("0417164300")));
    EXPECT_THAT(text, testing::Not(HasSubstr("6959908X")));
    EXPECT_THAT(text, testing::Not(HasSubstr("secret-id")));
    EXPECT_THAT(text, HasSubstr("rekening"));
  }
}

TEST(DatasetReaderTest, JsonHasEveryCount) {
  const nlohmann::json json =
      Read(kSchema, "id,rekening,kvk\n1,NL92ABNA0417164300,69599084\n1,,\n").report.ToJson();
  EXPECT_EQ(json["rows"], 2);
  EXPECT_EQ(json["records"], 1);
  EXPECT_EQ(json["clean"], false);
  EXPECT_EQ(json["duplicate_ids"]["count"], 1);
  EXPECT_EQ(json["duplicate_ids"]["rows"][0]["row"], 3);
  EXPECT_EQ(json["fields"][0]["type"], "iban");
  EXPECT_EQ(json["fields"][0]["problems"][0]["reason"], "checksum");
  EXPECT_EQ(json["fields"][0]["problems"][0]["rows"][0], 2);
  EXPECT_EQ(json["fields"][1]["valid"], 1);
}

TEST(DatasetReaderTest, AFileNameThatIsNotUtf8StillMakesJson) {
  QualityReport report;
  report.label = "caf\xe9.csv";
  EXPECT_THAT(report.ToJson().dump(), HasSubstr("caf?.csv"));
}

TEST(DatasetReaderTest, AnErrorOfTheSinkComesBack) {
  DatasetReader reader(ParseSchema(kSchema, "s.toml").value(), {},
                       [](const Record&) { return absl::ResourceExhaustedError("full"); });
  EXPECT_EQ(reader.Push("id,rekening,kvk\n1,,69599084\n").code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(FingerprintsTest, FindsWhatItKeptAndSaysWhenFull) {
  Fingerprints<std::uint64_t> set(5000);
  for (std::uint64_t i = 0; i < 5000; ++i) {
    EXPECT_EQ(set.FindOrAdd(Fingerprint(std::to_string(i)), i), nullptr);
  }
  EXPECT_FALSE(set.full());
  for (std::uint64_t i = 0; i < 5000; ++i) {
    const std::uint64_t* found = set.FindOrAdd(Fingerprint(std::to_string(i)), 0);
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(*found, i);
  }
  EXPECT_EQ(set.FindOrAdd(Fingerprint("another"), 1), nullptr);
  EXPECT_EQ(set.FindOrAdd(Fingerprint("another"), 1), nullptr);
  EXPECT_TRUE(set.full());
}

}  // namespace
}  // namespace raakvlak::dataset
