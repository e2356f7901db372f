// The file of pairs against the pairing and grouping of everything in memory.
#include "server/matcher/exact_stage.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "crypto/base/random.h"
#include "linkage/match/grouping.h"
#include "server/common/testing/memory_fs.h"

namespace raakvlak::matcher {
namespace {

using linkage::IdentifierType;

class ExactStageTest : public ::testing::Test {
 protected:
  ExactStageTest() {
    context_.types = {IdentifierType::kIban, IdentifierType::kPersonName};
    context_.type_names = {"iban", "person-name"};
    context_.agencies = {"agency-a", "agency-b", "agency-c"};
    context_.max_records_per_value = {3, 2};
  }
  std::uint32_t Below(std::uint32_t n) {
    std::array<std::uint8_t, 4> bytes{};
    random_.Fill(bytes);
    return crypto::ByteReader(bytes).U32() % n;
  }
  static StoredValue Value(std::uint8_t type, std::uint32_t number, linkage::AgencyMask with) {
    StoredValue value{type, with, {}};
    value.tag.bytes[3] = static_cast<std::uint8_t>(number);
    return value;
  }
  void Write(int agency, std::vector<std::vector<StoredValue>> records) {
    auto writer = FramedWriter::Create(fs_, directory_.Records(agency), kRecordsMagic);
    ASSERT_TRUE(writer.ok());
    for (std::vector<StoredValue>& values : records) {
      std::sort(values.begin(), values.end(), [](const auto& x, const auto& y) {
        return std::tie(x.type, x.tag) < std::tie(y.type, y.tag);
      });
      StoredRecord record{{}, std::move(values)};
      random_.Fill(record.handle);
      ASSERT_TRUE((*writer)->Add(Encode(record)).ok());
    }
    ASSERT_TRUE((*writer)->Finish().ok());
  }
  std::vector<StoredPair> Pairs() {
    std::vector<StoredPair> pairs;
    EXPECT_TRUE(ForEachStored<StoredPair>(fs_, directory_.Pairs(), kPairsMagic,
                                          [&](const StoredPair& pair) {
                                            pairs.push_back(pair);
                                            return absl::OkStatus();
                                          })
                    .ok());
    EXPECT_TRUE(std::is_sorted(pairs.begin(), pairs.end(),
                               [](const auto& x, const auto& y) { return x.id < y.id; }));
    std::sort(pairs.begin(), pairs.end(), [](const auto& x, const auto& y) {
      return std::tie(x.first_record, x.second_record) < std::tie(y.first_record, y.second_record);
    });
    return pairs;
  }
  // Without ids, which are random; values that are skipped must not be in it.
  std::vector<StoredPair> Expected(std::span<const UnconfirmedPair> unconfirmed,
                                   std::uint64_t* skipped) {
    const auto records = LoadRecords(fs_, directory_, context_, unconfirmed);
    EXPECT_TRUE(records.ok());
    std::vector<linkage::SharedValue> values;
    for (std::uint32_t r = 0; r < records->handles.size(); ++r) {
      for (const StoredValue& value : records->Of(r)) {
        values.push_back({r, value.type, value.counterparts, value.tag});
      }
    }
    linkage::PairingLimits limits;
    limits.max_records_per_value = context_.max_records_per_value;
    const auto pairing = linkage::PairRecords(records->agency_of, values, limits);
    EXPECT_TRUE(pairing.ok());
    *skipped = pairing->skipped_values;
    const auto grouping = linkage::GroupPairs(records->agency_of, pairing->pairs);
    std::vector<StoredPair> expected;
    for (std::size_t i = 0; i < pairing->pairs.size(); ++i) {
      const linkage::RecordPair& pair = pairing->pairs[i];
      StoredPair& stored = expected.emplace_back();
      stored.first_agency = records->agency_of[pair.first];
      stored.second_agency = records->agency_of[pair.second];
      stored.first = records->handles[pair.first];
      stored.second = records->handles[pair.second];
      stored.first_record = pair.first;
      stored.second_record = pair.second;
      stored.types = pair.types;
      stored.strength = linkage::StrengthOf(pair.types, context_.types);
      stored.group = grouping.group_of_pair[i];
      ForEachAgreed(*records, pair.first, pair.second,
                    [&](const StoredValue& value) { stored.agreed.push_back(value.tag); });
      std::sort(stored.agreed.begin(), stored.agreed.end());
    }
    return expected;
  }

  common::testing::MemoryFileSystem fs_;
  RunDirectory directory_{"/data", "harbour-1", 1};
  StageContext context_;
  crypto::SeededRandom random_{11};
};

TEST_F(ExactStageTest, RandomRecordsAsInMemory) {
  int with_pairs = 0;
  for (int round = 0; round < 300; ++round) {
    // Three values of a type at most, so that none is held by too many.
    for (int agency = 0; agency < 3; ++agency) {
      std::vector<std::vector<StoredValue>> records(1 + Below(6));
      std::array<std::array<std::uint32_t, 8>, 2> held{};
      for (auto& values : records) {
        std::set<std::pair<std::uint8_t, std::uint32_t>> own;
        for (std::uint32_t i = 0; i <= Below(4); ++i) {
          const auto type = static_cast<std::uint8_t>(Below(2));
          const std::uint32_t number = Below(8);
          if (held[type][number] == context_.max_records_per_value[type] ||
              !own.emplace(type, number).second) {
            continue;
          }
          ++held[type][number];
          const linkage::AgencyMask others = 0b111U & ~(1U << agency);
          values.push_back(Value(type, number, Below(3) == 0 ? others & (1U << Below(3)) : others));
        }
      }
      Write(agency, std::move(records));
    }
    std::vector<UnconfirmedPair> unconfirmed;
    if (Below(4) == 0) unconfirmed.push_back({0, 2, 1});
    std::uint64_t skipped = 0;
    const std::vector<StoredPair> expected = Expected(unconfirmed, &skipped);
    ASSERT_EQ(skipped, 0U);
    const auto outcome = MatchExactly(fs_, directory_, context_, unconfirmed, random_);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_EQ(outcome->pairs, expected.size());
    EXPECT_EQ(outcome->skipped_values, 0U);
    std::vector<StoredPair> found = Pairs();
    for (StoredPair& pair : found) pair.id = {};
    ASSERT_EQ(found, expected) << round;
    with_pairs += expected.empty() ? 0 : 1;
  }
  EXPECT_GT(with_pairs, 200);
}

TEST_F(ExactStageTest, AValueThatTooManyHoldCountsForNothing) {
  // Four records of one agency hold value 1; value 2 is as it should be.
  Write(0,
        {{Value(0, 1, 2), Value(0, 2, 2)}, {Value(0, 1, 2)}, {Value(0, 1, 2)}, {Value(0, 1, 2)}});
  Write(1, {{Value(0, 1, 1), Value(0, 2, 1)}});
  Write(2, {});
  const auto outcome = MatchExactly(fs_, directory_, context_, {}, random_);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->skipped_values, 1U);
  const std::vector<StoredPair> pairs = Pairs();
  ASSERT_EQ(pairs.size(), 1U);
  EXPECT_EQ(pairs[0].agreed, std::vector<linkage::Tag>{Value(0, 2, 0).tag});
}

TEST_F(ExactStageTest, NothingSharedNothingMatched) {
  for (int agency = 0; agency < 3; ++agency) Write(agency, {});
  const auto outcome = MatchExactly(fs_, directory_, context_, {}, random_);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->pairs, 0U);
  EXPECT_TRUE(Pairs().empty());
}

TEST_F(ExactStageTest, DamagedRecordsAreNoticed) {
  Write(0, {{Value(0, 1, 2)}});
  Write(1, {{Value(0, 1, 1)}});
  Write(2, {{Value(9, 1, 1)}});
  EXPECT_EQ(MatchExactly(fs_, directory_, context_, {}, random_).status().code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace raakvlak::matcher
