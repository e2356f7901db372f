// The shared case files: every identifier case, and every pair of names. Skipped where they are not
// there.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "linkage/normalise/birth_date.h"
#include "linkage/normalise/checksum.h"
#include "linkage/normalise/normalise.h"

namespace raakvlak::linkage {
namespace {

bool Load(const std::string& file, nlohmann::json& json) {
  std::ifstream in(std::string(RAAKVLAK_SHARED_DIR) + "/identifiers/" + file);
  if (!in) return false;
  json = nlohmann::json::parse(in);
  return true;
}

IdentifierType TypeOf(const std::string& name) {
  static const std::map<std::string, IdentifierType> kOthers = {
      {"btw_id", IdentifierType::kBtw},
      {"vestigingsnummer", IdentifierType::kVestiging},
      {"bitcoin", IdentifierType::kCryptoAddress},
      {"ethereum", IdentifierType::kCryptoAddress},
      {"nl_document", IdentifierType::kDocument}};
  const auto other = kOthers.find(name);
  if (other != kOthers.end()) return other->second;
  return ParseIdentifierType(name).value();
}

TEST(SharedCasesTest, EveryIdentifierCase) {
  nlohmann::json json;
  if (!Load("identifier-cases.json", json)) GTEST_SKIP() << "no shared cases";
  int count = 0;
  for (const auto& item : json["cases"]) {
    const std::string type = item["type"];
    const std::string input = item["input"];
    const std::string id = item["id"];
    const bool valid = item["valid"];
    const std::string expected = item["normalised"].is_null() ? "" : item["normalised"];
    ++count;
    if (type == "mrz_check") {
      EXPECT_EQ(std::to_string(MrzCheckDigit(input).value()), expected) << id;
    } else if (type == "dob") {
      const BirthDate date = ParseBirthDate(input);
      EXPECT_EQ(date.ok(), valid) << id << " " << input << " " << date.message;
      if (valid) {
        EXPECT_EQ(date.Display(), expected) << id;
      }
    } else {
      const NormaliseResult result = Normalise(TypeOf(type), input);
      EXPECT_EQ(result.ok(), valid) << id << " " << input << ": " << result.message;
      EXPECT_EQ(result.value, expected) << id << " " << input;
      if (item.contains("padded")) {
        EXPECT_NE(result.flags & kFlagPadded, 0u) << id;
      }
    }
  }
  EXPECT_GT(count, 300);
}

std::vector<std::string> Keys(const NormaliseResult& result) {
  std::vector<std::string> keys;
  if (!result.ok()) return keys;
  keys.push_back(result.value);
  keys.insert(keys.end(), result.alternatives.begin(), result.alternatives.end());
  return keys;
}

void CheckPairs(const nlohmann::json& pairs, IdentifierType type) {
  for (const auto& item : pairs) {
    const std::string a = item["a"];
    const std::string b = item["b"];
    const std::vector<std::string> keys_a = Keys(Normalise(type, a));
    const std::vector<std::string> keys_b = Keys(Normalise(type, b));
    const bool equal = std::any_of(keys_a.begin(), keys_a.end(), [&](const std::string& key) {
      return std::find(keys_b.begin(), keys_b.end(), key) != keys_b.end();
    });
    EXPECT_EQ(equal, item["expect"] == "same")
        << item["id"] << " " << a << " / " << b << ": " << testing::PrintToString(keys_a) << " "
        << testing::PrintToString(keys_b);
  }
}

TEST(SharedCasesTest, PersonPairs) {
  nlohmann::json json;
  if (!Load("name-pairs.json", json)) GTEST_SKIP() << "no shared cases";
  CheckPairs(json["persons"], IdentifierType::kPersonName);
}

TEST(SharedCasesTest, CompanyPairs) {
  nlohmann::json json;
  if (!Load("name-pairs.json", json)) GTEST_SKIP() << "no shared cases";
  CheckPairs(json["companies"], IdentifierType::kCompanyName);
}

}  // namespace
}  // namespace raakvlak::linkage
