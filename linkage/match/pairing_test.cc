#include "linkage/match/pairing.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace raakvlak::linkage {
namespace {

Tag MakeTag(std::uint8_t n) {
  Tag tag;
  tag.bytes[0] = n;
  return tag;
}

PairingLimits Limits(std::vector<std::uint32_t> most) {
  PairingLimits limits;
  limits.max_records_per_value = std::move(most);
  return limits;
}

TEST(PairingTest, CollectsTheTypesOnWhichTwoRecordsAgree) {
  const std::vector<std::uint8_t> agencies = {0, 0, 1, 1};
  const absl::StatusOr<Pairing> result = PairRecords(agencies,
                                                     {{0, 0, 0b10, MakeTag(1)},
                                                      {2, 0, 0b01, MakeTag(1)},
                                                      {0, 1, 0b10, MakeTag(7)},
                                                      {2, 1, 0b01, MakeTag(7)},
                                                      {3, 1, 0b01, MakeTag(7)},
                                                      {1, 0, 0b10, MakeTag(9)}},
                                                     Limits({10, 10}));
  ASSERT_TRUE(result.ok()) << result.status();
  const std::vector<RecordPair> want = {{0, 2, 0b11}, {0, 3, 0b10}};
  EXPECT_EQ(result->pairs, want);
  EXPECT_EQ(result->skipped_values, 0U);
}

TEST(PairingTest, TheSameTagUnderTwoTypesIsTwoValues) {
  const std::vector<std::uint8_t> agencies = {0, 1};
  const auto result =
      PairRecords(agencies, {{0, 0, 0b10, MakeTag(1)}, {1, 1, 0b01, MakeTag(1)}}, Limits({10, 10}));
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(result->pairs.empty());
}

TEST(PairingTest, BothSidesMustHaveConfirmed) {
  const std::vector<std::uint8_t> agencies = {0, 1};
  for (AgencyMask a : {0b00U, 0b10U}) {
    for (AgencyMask b : {0b00U, 0b01U}) {
      const auto result =
          PairRecords(agencies, {{0, 0, a, MakeTag(1)}, {1, 0, b, MakeTag(1)}}, Limits({10}));
      ASSERT_TRUE(result.ok());
      EXPECT_EQ(result->pairs.size(), a != 0 && b != 0 ? 1U : 0U);
    }
  }
}

TEST(PairingTest, SkipsAndCountsValuesThatTooManyRecordsHold) {
  std::vector<std::uint8_t> agencies;
  std::vector<SharedValue> values;
  for (std::uint32_t r = 0; r < 8; ++r) {
    agencies.push_back(r < 4 ? 0 : 1);
    values.push_back({r, 0, 0b11, MakeTag(1)});
  }
  for (const auto& [most, pairs, skipped] :
       std::vector<std::tuple<std::uint32_t, std::size_t, std::uint64_t>>{{4, 16, 0}, {3, 0, 1}}) {
    const auto result = PairRecords(agencies, values, Limits({most}));
    ASSERT_TRUE(result.ok());
    EXPECT_EQ(result->pairs.size(), pairs);
    EXPECT_EQ(result->skipped_values, skipped);
  }
  PairingLimits limits = Limits({100});
  limits.max_pairs_per_value = 15;
  auto result = PairRecords(agencies, values, limits);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->skipped_values, 1U);
  limits = Limits({100});
  limits.max_pairs = 15;
  EXPECT_EQ(PairRecords(agencies, values, limits).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(PairingTest, RefusesWhatDoesNotExist) {
  EXPECT_FALSE(
      PairRecords(std::vector<std::uint8_t>{0}, {{1, 0, 1, MakeTag(1)}}, Limits({1})).ok());
  EXPECT_FALSE(
      PairRecords(std::vector<std::uint8_t>{0}, {{0, 1, 1, MakeTag(1)}}, Limits({1})).ok());
  EXPECT_FALSE(PairRecords(std::vector<std::uint8_t>{32}, {}, Limits({1})).ok());
}

TEST(PairingTest, AgreesWithComparingEverythingWithEverything) {
  std::mt19937 random(11);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::uint8_t> agencies;
    std::vector<SharedValue> values;
    for (std::uint32_t r = 0; r < 30; ++r) {
      agencies.push_back(static_cast<std::uint8_t>(random() % 4));
      for (int i = 0; i < 4; ++i) {
        values.push_back({r, static_cast<std::uint8_t>(random() % 3),
                          static_cast<AgencyMask>(random() % 16),
                          MakeTag(static_cast<std::uint8_t>(random() % 12))});
      }
    }
    std::map<std::pair<std::uint32_t, std::uint32_t>, AgreedTypes> truth;
    for (const SharedValue& x : values) {
      for (const SharedValue& y : values) {
        if (x.record < y.record && agencies[x.record] != agencies[y.record] && x.type == y.type &&
            x.tag == y.tag && (x.counterparts >> agencies[y.record] & 1) != 0 &&
            (y.counterparts >> agencies[x.record] & 1) != 0) {
          truth[{x.record, y.record}] |= AgreedTypes{1} << x.type;
        }
      }
    }
    const auto result = PairRecords(agencies, values, Limits({1000, 1000, 1000}));
    ASSERT_TRUE(result.ok());
    ASSERT_EQ(result->pairs.size(), truth.size());
    for (const RecordPair& pair : result->pairs) {
      EXPECT_EQ(truth.at({pair.first, pair.second}), pair.types);
    }
  }
}

TEST(PairingTest, StrengthIsThatOfTheBestType) {
  const std::vector<IdentifierType> types = {IdentifierType::kPersonName, IdentifierType::kIban,
                                             IdentifierType::kNameBirthDate};
  EXPECT_EQ(StrengthOf(0b001, types), Strength::kPossible);
  EXPECT_EQ(StrengthOf(0b101, types), Strength::kStrong);
  EXPECT_EQ(StrengthOf(0b111, types), Strength::kHard);
  EXPECT_EQ(StrengthOf(0b010, types), Strength::kHard);
}

}  // namespace
}  // namespace raakvlak::linkage
