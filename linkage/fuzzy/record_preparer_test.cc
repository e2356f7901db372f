// What files really hold: hostile, empty and foreign values, and files that tell nobody apart.
// Never a crash, never quadratic; what cannot be used is counted.
#include "linkage/fuzzy/record_preparer.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "linkage/fuzzy/blocks.h"
#include "linkage/fuzzy/encoder.h"
#include "linkage/fuzzy/file_figures.h"
#include "linkage/fuzzy/learn_null_model.h"
#include "linkage/fuzzy/name_pair.h"
#include "linkage/fuzzy/own_duplicates.h"
#include "linkage/fuzzy/plan_check.h"
#include "linkage/fuzzy/seeded_random.h"
#include "linkage/score/compare_encodings.h"

namespace raakvlak::linkage {
namespace {

constexpr std::array<std::uint8_t, 16> kKey = {1};

const std::vector<SourceField> kEveryKind = {
    {"code", SourceKind::kExact},      {"note", SourceKind::kText},
    {"given", SourceKind::kGivenName}, {"surname", SourceKind::kSurname},
    {"name", SourceKind::kPersonName}, {"company", SourceKind::kCompanyName},
    {"date", SourceKind::kDate},       {"town", SourceKind::kPlace},
    {"street", SourceKind::kAddress},  {"postcode", SourceKind::kPostcode},
    {"phone", SourceKind::kPhone}};

std::vector<std::string> HostileValues() {
  std::string nul("jan\0sen", 7);
  return {"",
          " ",
          "-",
          "onbekend",
          "N.v.t.",
          "xxxx",
          "00000000",
          "a",
          "J",
          "é",
          std::string(10'000, 'a'),
          std::string(10'000, '\''),
          std::string(10'000, ' '),
          std::string(5'000, '\xff'),
          "Jansen Иванов 山田",
          "مرحبا يوحنا",
          "\u202eneslaJ\u202c",
          "👩‍👩‍👧 Bakker 🎉",
          "\xc3\x28 Vis\xe2\x82ser",
          "\xed\xa0\x80",
          nul,
          "e\u0301\u0301\u0301\u0301\u0301\u0301",
          "Jansen, van den Berg - de Vries BV i.l. h.o.d.n. X",
          "van",
          "van der",
          "99999999",
          "31-02-1980",
          "1980-13-45T25:61",
          "+31 (0) 6 12345678",
          "0031000000000000000000000000000000000000000",
          "1234 AB",
          "B.V.",
          "\x01\x02\x03\x04",
          "' OR 1=1; --"};
}

// The whole of what a node does with a file.
void Use(const Profile& profile, const RecordTable& table) {
  ASSERT_EQ(table.columns.size(), profile.fields.size());
  for (const auto& column : table.columns) {
    for (const std::string& value : column) {
      ASSERT_LE(value.size(), 256U);
      for (const char c : value) {
        // Folded: letters, digits, spaces, hyphens, what is unknown of a date.
        ASSERT_TRUE((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == ' ' || c == '-' ||
                    c == '?' || c == '.')
            << value;
      }
    }
  }
  MeasureFile(profile, table);
  PlanOptions options;
  options.largest_file = table.rows();
  options.sample = 256;
  const BlockingPlan plan = PlanBlocking(profile, table, options);
  if (!plan.keys.empty()) {
    EXPECT_TRUE(ValidatePlan(profile, plan).ok()) << ValidatePlan(profile, plan);
  }
  MeasureExposure(profile, plan, table, {});
  BlockCounts counts;
  const std::vector<Block> blocks = MakeBlocks(profile, plan, table, &counts);
  for (const Block& block : blocks) ASSERT_LE(block.records.size(), profile.block_cap);
  NullModelOptions few;
  few.random_pairs = 200;
  const NullModel null = LearnNullModel(profile, table, blocks, kKey, few);
  FindOwnDuplicates(profile, table, blocks, kKey, null);
  const RecordEncoder encoder(profile, table, kKey);
  const BlockKey key{};
  for (std::size_t row = 0; row < std::min<std::size_t>(table.rows(), 50); ++row) {
    const std::string encoding = encoder.Encode(key, table, row);
    ASSERT_EQ(encoding.size(), EncodedSize(profile));
    AgreementPattern pattern;
    ASSERT_TRUE(CompareEncodings(profile, encoding, encoding, &pattern));
    for (std::size_t f = 0; f < profile.fields.size(); ++f) {
      EXPECT_EQ(pattern[f], table.columns[f][row].empty() ? kMissingLevel : 0);
    }
  }
}

TEST(RecordPreparerTest, HostileValuesInEveryKindOfColumn) {
  const std::vector<std::string> values = HostileValues();
  const std::vector<std::vector<std::string>> raw(kEveryKind.size(), values);
  std::uint64_t unusable = 0;
  const RecordTable table = PrepareRecords(kEveryKind, raw, true, &unusable);
  EXPECT_EQ(table.rows(), values.size());
  // At the least: space, hyphen, placeholders, bytes that are no text, in each of eleven columns.
  EXPECT_GT(unusable, 7 * kEveryKind.size());
  EXPECT_LT(unusable, values.size() * kEveryKind.size());
  Use(DefaultProfile(kEveryKind), table);
}

TEST(RecordPreparerTest, AnyBytes) {
  SeededRandom random(11);
  std::vector<std::vector<std::string>> raw(kEveryKind.size());
  for (auto& column : raw) {
    for (int i = 0; i < 300; ++i) {
      std::string value;
      for (std::uint64_t n = random.Below(40); n > 0; --n) {
        value.push_back(
            static_cast<char>(random.Chance(0.5) ? random.Below(256) : 'a' + random.Below(6)));
      }
      column.push_back(std::move(value));
    }
  }
  Use(DefaultProfile(kEveryKind), PrepareRecords(kEveryKind, raw, false, nullptr));
}

TEST(RecordPreparerTest, EmptyFilesAndFilesOfOneRecord) {
  for (const std::size_t rows : {0, 1, 2}) {
    const std::vector<std::vector<std::string>> raw(kEveryKind.size(),
                                                    std::vector<std::string>(rows, "jan"));
    Use(DefaultProfile(kEveryKind), PrepareRecords(kEveryKind, raw, true, nullptr));
  }
  Use(Profile(), RecordTable());
}

TEST(RecordPreparerTest, AllRecordsAlikeGiveNoBlocksAndNoDuplicates) {
  const std::vector<SourceField> fields = {{"given", SourceKind::kGivenName},
                                           {"surname", SourceKind::kSurname},
                                           {"date", SourceKind::kDate}};
  std::vector<std::vector<std::string>> raw(3);
  for (int i = 0; i < 20'000; ++i) {
    raw[0].emplace_back("Jan");
    raw[1].emplace_back("Jansen");
    raw[2].emplace_back("1980-01-01");
  }
  const Profile profile = DefaultProfile(fields);
  const RecordTable table = PrepareRecords(fields, raw, true, nullptr);
  PlanOptions options;
  options.largest_file = table.rows();
  options.sample = 256;
  const BlockingPlan plan = PlanBlocking(profile, table, options);
  EXPECT_TRUE(MakeBlocks(profile, plan, table, nullptr).empty());
}

TEST(RecordPreparerTest, ABlockThatHalfTheFileFallsIntoIsDroppedAndCounted) {
  Profile profile;
  profile.fields = {{"surname", FieldKind::kSurname}, {"date", FieldKind::kDate}};
  RecordTable table;
  table.columns.resize(2);
  for (std::size_t i = 0; i < 10'000; ++i) {
    table.columns[0].push_back(i % 2 == 0 ? "jansen" : "naam" + std::to_string(i));
    table.columns[1].emplace_back("19800101");
  }
  BlockingPlan plan;
  plan.keys.resize(1);
  plan.keys[0].components.resize(2);
  plan.keys[0].components[1].field = 1;
  BlockCounts counts;
  const std::vector<Block> blocks = MakeBlocks(profile, plan, table, &counts);
  EXPECT_EQ(counts.too_large, 1U);
  EXPECT_EQ(blocks.size(), 5'000U);
  // The rarity that the plan asks for drops them one by one.
  plan.keys[0].min_bits = 5;
  EXPECT_EQ(MakeBlocks(profile, plan, table, &counts).size(), 5'000U);
  EXPECT_EQ(counts.too_common, 5'000U);
}

TEST(RecordPreparerTest, DatesKeepWhatIsKnownOfThem) {
  EXPECT_EQ(LenientDate("03-04-1980"), "19800403");
  EXPECT_EQ(LenientDate("03-04-1980", false), "19800304");
  EXPECT_EQ(LenientDate("1980/4/3"), "19800403");
  EXPECT_EQ(LenientDate("19721322"), "19721322");
  EXPECT_EQ(LenientDate("00-00-1980"), "1980????");
  EXPECT_EQ(LenientDate("1980"), "1980????");
  EXPECT_EQ(LenientDate("00-04-0000"), "");
  EXPECT_EQ(LenientDate("3/4/80"), "19800403");
  EXPECT_EQ(LenientDate("3/4/80", false), "19800304");
  EXPECT_EQ(LenientDate("3/4/07"), "20070403");
  EXPECT_EQ(LenientDate("03041980"), "19800403");
  EXPECT_EQ(LenientDate("03041980", false), "19800304");
  EXPECT_EQ(LenientDate("3 april 1980"), "19800403");
  EXPECT_EQ(LenientDate("12 dec 1980"), "19801212");
  EXPECT_EQ(LenientDate("00-04-1980"), "198004??");
  EXPECT_EQ(LenientDate("19800403", true), "19800403");
  for (const std::string& value : HostileValues()) {
    const std::string date = LenientDate(value);
    EXPECT_TRUE(date.empty() || date.size() == 8) << value;
  }
}

TEST(NamePairTest, HostileNamesAreNeverSure) {
  const std::vector<std::string> values = HostileValues();
  std::vector<std::string> left;
  std::vector<std::string> right;
  for (const std::string& a : values) {
    for (const std::string& b : values) {
      left.push_back(a);
      right.push_back(b);
    }
  }
  for (const NameKind kind : {NameKind::kPerson, NameKind::kCompany}) {
    const auto scores = ScoreNamePairs(left, right, kind);
    ASSERT_EQ(scores.size(), left.size());
    for (std::size_t i = 0; i < scores.size(); ++i) {
      EXPECT_GE(scores[i].score, 0);
      EXPECT_LE(scores[i].score, 1);
      if (left[i].find_first_not_of(" -") != std::string::npos) continue;
      EXPECT_EQ(scores[i].score, 0);
    }
  }
}

TEST(NamePairTest, TellsSameFromAlikeFromDifferent) {
  const auto person = ScoreNamePairs(
      {"Pieter Maassen", "J. de Vries", "Jan Jansen", "Onbekend"},
      {"PIETER MAASSEN", "Jan de Vries", "Karel Pietersen", "Onbekend"}, NameKind::kPerson);
  EXPECT_TRUE(person[0].same);
  EXPECT_GE(person[1].score, kNamePairThreshold);
  EXPECT_FALSE(person[1].same);
  EXPECT_LT(person[2].score, kNamePairThreshold);
  EXPECT_LT(person[3].score, kNamePairThreshold);
  const auto company =
      ScoreNamePairs({"Bakkerij Jansen B.V.", "Bakkerij Jansen B.V."},
                     {"Bakkerij Janssen BV", "Bakkerij Jansen N.V."}, NameKind::kCompany);
  EXPECT_GE(company[0].score, kNamePairThreshold);
  EXPECT_LT(company[1].score, kNamePairThreshold);
}

}  // namespace
}  // namespace raakvlak::linkage
