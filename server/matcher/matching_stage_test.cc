// What is matched with what, how strongly, and in which groups; the files' limits.
#include "server/matcher/matching_stage.h"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/common/testing/temp_dir.h"
#include "server/matcher/capture.h"
#include "server/matcher/encoding_upload.h"
#include "server/matcher/pairing_stage.h"
#include "server/matcher/testing/fake_agency.h"
#include "server/matcher/uploads.h"

namespace raakvlak::matcher {
namespace {

using linkage::IdentifierType;
using linkage::Strength;
using testing::FakeAgency;

struct Found {
  int first_agency, second_agency;
  std::size_t first, second;
  Strength strength;
  linkage::AgreedTypes types;
  std::uint32_t group;

  friend auto operator<=>(const Found&, const Found&) = default;
};

class MatchingStageTest : public ::testing::Test {
 protected:
  // Positions of types.
  static constexpr int kBlock1 = 0;
  static constexpr int kBlock2 = 1;
  static constexpr int kIban = 2;
  static constexpr int kName = 3;

  MatchingStageTest() {
    context_.types = {IdentifierType::kBlock01, IdentifierType::kBlock02, IdentifierType::kIban,
                      IdentifierType::kPersonName};
    context_.type_names = {"block-01", "block-02", "iban", "person-name"};
    context_.max_records_per_value = {10, 10, 50, 50};
    context_.profile.fields = {{"given_name", linkage::FieldKind::kGivenName},
                               {"surname", linkage::FieldKind::kSurname},
                               {"birth_date", linkage::FieldKind::kDate},
                               {"phone", linkage::FieldKind::kPhone}};
  }

  // `agencies` agencies with `n` persons whom all of them have, so that there is something to learn
  // from; records 0 to n - 1 of each.
  void Populate(std::size_t agencies, int n) {
    for (std::size_t a = 0; a < agencies; ++a) {
      FakeAgency& agency = agencies_.emplace_back();
      agency.id = std::string("agency-") + static_cast<char>('a' + a);
      context_.agencies.push_back(agency.id);
      for (int i = 1; i <= n; ++i) Add(a, {{kBlock1, i}, {kBlock2, i}}, {i, i, i, i});
    }
  }
  // The record's number.
  std::size_t Add(std::size_t agency, std::vector<std::pair<int, int>> values,
                  std::vector<int> fields) {
    agencies_[agency].records.push_back(std::move(values));
    agencies_[agency].fields.push_back(std::move(fields));
    return agencies_[agency].records.size() - 1;
  }

  // Hands in everybody's records.
  void HandInRecords() {
    ASSERT_TRUE(fs_.MakePrivateDirectory(directory_.path()).ok());
    for (std::size_t a = 0; a < agencies_.size(); ++a) {
      auto writer =
          FramedWriter::Create(fs_, directory_.Records(static_cast<int>(a)), kRecordsMagic);
      ASSERT_TRUE(writer.ok());
      const auto entries = agencies_[a].RecordsWith(testing::SharedBy(agencies_, a));
      for (const v1::RecordEntry& entry : entries) {
        StoredRecord record;
        std::copy_n(crypto::AsBytes(entry.handle()).begin(), kHandleBytes, record.handle.begin());
        for (const v1::SharedTag& shared : entry.shared()) {
          StoredValue& value = record.values.emplace_back();
          value.type = static_cast<std::uint8_t>(shared.type_index());
          value.counterparts = shared.counterparts();
          std::copy_n(crypto::AsBytes(shared.tag()).begin(), linkage::kTagBytes,
                      value.tag.bytes.begin());
        }
        std::sort(record.values.begin(), record.values.end(), [](const auto& x, const auto& y) {
          return std::tie(x.type, x.tag) < std::tie(y.type, y.tag);
        });
        ASSERT_TRUE((*writer)->Add(Encode(record)).ok());
      }
      ASSERT_TRUE((*writer)->Finish().ok());
    }
  }
  void HandInEncodings(std::uint64_t block_pairs = 500) {
    for (std::size_t a = 0; a < agencies_.size(); ++a) {
      std::map<std::string, std::size_t> records;
      for (std::size_t r = 0; r < agencies_[a].records.size(); ++r) {
        records[agencies_[a].Handle(r)] = r;
      }
      std::string encodings;
      v1::UploadEncodingsHeader header;
      ASSERT_TRUE(ForEachStored<StoredTask>(fs_, directory_.Tasks(static_cast<int>(a)), kTasksMagic,
                                            [&](const StoredTask& task) {
                                              encodings += agencies_[a].Encoding(
                                                  context_.profile,
                                                  crypto::ToString(task.tag.bytes),
                                                  records.at(crypto::ToString(task.handle)));
                                              header.set_count(header.count() + 1);
                                              return absl::OkStatus();
                                            })
                      .ok());
      *header.mutable_null_model() = testing::FakeNullModel(context_.profile.fields.size());
      header.mutable_null_model()->set_block_pairs(block_pairs);
      const int agency = static_cast<int>(a);
      auto upload = EncodingUpload::Create(fs_, directory_, directory_.Encodings(agency), agency,
                                           context_.profile, header);
      ASSERT_TRUE(upload.ok()) << upload.status();
      const std::size_t size = linkage::EncodedSize(context_.profile);
      const std::size_t step = kMaxEncodingBytesPerMessage / size * size;
      for (std::size_t at = 0; at < encodings.size(); at += step) {
        ASSERT_TRUE((*upload)->Add(std::string_view(encodings).substr(at, step)).ok());
      }
      ASSERT_TRUE((*upload)->Finish().ok());
    }
  }
  // All stages; the matches of records that are not among the first `persons`.
  std::set<Found> Match(std::size_t persons) {
    HandInRecords();
    const auto paired = PairBlocks(fs_, directory_, context_, {}, {});
    EXPECT_TRUE(paired.ok()) << paired.status();
    HandInEncodings();
    const auto outcome = MatchRecords(fs_, directory_, context_, {}, random_);
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    if (!outcome.ok()) return {};
    outcome_ = *outcome;
    std::set<Found> found;
    EXPECT_TRUE(ForEachStored<StoredPair>(
                    fs_, directory_.Pairs(), kPairsMagic,
                    [&](const StoredPair& pair) {
                      const std::size_t x =
                          agencies_[pair.first_agency].RecordOf(crypto::ToString(pair.first));
                      const std::size_t y =
                          agencies_[pair.second_agency].RecordOf(crypto::ToString(pair.second));
                      if (x >= persons || y >= persons) {
                        found.insert({pair.first_agency, pair.second_agency, x, y, pair.strength,
                                      pair.types, pair.group});
                      } else {
                        EXPECT_EQ(x, y);
                      }
                      return absl::OkStatus();
                    })
                    .ok());
    return found;
  }

  common::testing::TempDir dir_;
  common::PosixFileSystem fs_;
  RunDirectory directory_{dir_.path(), "run", 1};
  crypto::SeededRandom random_{5};
  StageContext context_;
  std::vector<FakeAgency> agencies_;
  MatchOutcome outcome_;
};

TEST_F(MatchingStageTest, DamagedRecordsAreStillOneSubject) {
  Populate(2, 40);
  // A field differs, another is missing.
  const std::size_t x = Add(0, {{kBlock1, 900}}, {900, 900, 900, 1});
  const std::size_t y = Add(1, {{kBlock1, 900}}, {900, 900, 900, 2});
  const std::size_t x2 = Add(0, {{kBlock2, 901}}, {901, 901, 901, 0});
  const std::size_t y2 = Add(1, {{kBlock2, 901}}, {901, 901, 901, 3});
  const auto found = Match(40);
  ASSERT_EQ(found.size(), 2U);
  for (const Found& match : found) {
    EXPECT_TRUE((match.first == x && match.second == y && match.types == 1) ||
                (match.first == x2 && match.second == y2 && match.types == 2));
    EXPECT_NE(match.strength, Strength::kHard);
  }
  EXPECT_EQ(outcome_.pairs, 42U);
  EXPECT_TRUE(outcome_.few_own_pairs.empty());
}

TEST_F(MatchingStageTest, ExactAgreementsStandBesideLikeness) {
  Populate(2, 40);
  // A name alone, in no common block; an account, with a name.
  const std::size_t x = Add(0, {{kName, 5}}, {7, 7, 7, 7});
  const std::size_t y = Add(1, {{kName, 5}}, {8, 8, 8, 8});
  const std::size_t x2 = Add(0, {{kIban, 6}, {kName, 6}}, {9, 9, 9, 9});
  const std::size_t y2 = Add(1, {{kIban, 6}, {kName, 6}}, {10, 10, 10, 10});
  const auto found = Match(40);
  ASSERT_EQ(found.size(), 2U);
  for (const Found& match : found) {
    if (match.first == x) {
      EXPECT_EQ(match.second, y);
      EXPECT_EQ(match.strength, Strength::kPossible);
      EXPECT_EQ(match.types, 0b1000U);
    } else {
      EXPECT_EQ(match.first, x2);
      EXPECT_EQ(match.second, y2);
      EXPECT_EQ(match.strength, Strength::kHard);
      EXPECT_EQ(match.types, 0b1100U);
    }
  }
}

TEST_F(MatchingStageTest, ANameThatAgreesIsAsStrongAsTheLikenessSays) {
  Populate(2, 40);
  const std::size_t x = Add(0, {{kName, 5}, {kBlock1, 900}}, {900, 900, 900, 900});
  const std::size_t y = Add(1, {{kName, 5}, {kBlock1, 900}}, {900, 900, 900, 900});
  const auto found = Match(40);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.begin()->first, x);
  EXPECT_EQ(found.begin()->second, y);
  EXPECT_EQ(found.begin()->strength, Strength::kStrong);
  EXPECT_EQ(found.begin()->types, 0b1001U);
}

TEST_F(MatchingStageTest, OneToOneWhereDeduplicatedAndGroupsOtherwise) {
  for (const bool deduplicated : {true, false}) {
    agencies_.clear();
    context_.agencies.clear();
    context_.profile.deduplicated = deduplicated;
    Populate(2, 40);
    const std::size_t x = Add(0, {{kBlock1, 900}}, {900, 900, 900, 900});
    const std::size_t best = Add(1, {{kBlock1, 900}}, {900, 900, 900, 900});
    Add(1, {{kBlock1, 900}}, {900, 900, 900, 901});
    const auto found = Match(40);
    ASSERT_EQ(found.size(), deduplicated ? 1U : 2U);
    EXPECT_EQ(found.begin()->first, x);
    EXPECT_EQ(found.begin()->second, best);
    EXPECT_EQ(found.begin()->group, found.rbegin()->group);
  }
}

TEST_F(MatchingStageTest, RecordsOfThreeAgenciesAreOneGroupThoughTwoShareNoBlock) {
  Populate(3, 40);
  const std::size_t a = Add(0, {{kBlock1, 900}}, {900, 900, 900, 1});
  const std::size_t b = Add(1, {{kBlock1, 900}, {kBlock2, 902}}, {900, 900, 900, 900});
  const std::size_t c = Add(2, {{kBlock2, 902}}, {2, 900, 900, 900});
  const auto found = Match(40);
  ASSERT_EQ(found.size(), 2U);
  for (const Found& match : found) {
    EXPECT_TRUE((match.first_agency == 0 && match.first == a && match.second == b) ||
                (match.first_agency == 1 && match.first == b && match.second == c));
    EXPECT_EQ(match.group, found.begin()->group);
  }
  EXPECT_EQ(outcome_.refused_chains, 0U);
}

TEST_F(MatchingStageTest, AChainThatAComparisonSpeaksAgainstIsRefused) {
  Populate(3, 40);
  // Of b only a name is known: it may be a or c, who are surely not one.
  const std::size_t a = Add(0, {{kBlock1, 900}}, {900, 1, 1, 1});
  const std::size_t b = Add(1, {{kBlock1, 900}}, {900, 0, 0, 0});
  const std::size_t c = Add(2, {{kBlock1, 900}}, {900, 2, 2, 2});
  const auto found = Match(40);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.begin()->first, a);
  EXPECT_EQ(found.begin()->second, b);
  EXPECT_EQ(outcome_.refused_chains, 1U);
  // Where a checked number says so, it stays.
  agencies_[1].records[b].push_back({kIban, 1});
  agencies_[2].records[c].push_back({kIban, 1});
  const auto with_number = Match(40);
  ASSERT_EQ(with_number.size(), 1U);
  EXPECT_EQ(with_number.begin()->first, b);
  EXPECT_EQ(with_number.begin()->second, c);
  EXPECT_EQ(with_number.begin()->strength, Strength::kHard);
  EXPECT_EQ(outcome_.refused_chains, 1U);
}

TEST_F(MatchingStageTest, FewOwnPairsAreSaid) {
  Populate(2, 40);
  HandInRecords();
  ASSERT_TRUE(PairBlocks(fs_, directory_, context_, {}, {}).ok());
  HandInEncodings(/*block_pairs=*/3);
  const auto outcome = MatchRecords(fs_, directory_, context_, {}, random_);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->few_own_pairs, (std::vector<std::pair<int, int>>{{0, 1}}));
}

TEST_F(MatchingStageTest, NothingSharedNothingCompared) {
  Populate(2, 0);
  Add(0, {{kBlock1, 1}}, {1, 1, 1, 1});
  Add(1, {{kBlock1, 2}}, {1, 1, 1, 1});
  EXPECT_TRUE(Match(0).empty());
  EXPECT_EQ(outcome_.pairs, 0U);
  EXPECT_TRUE(outcome_.few_own_pairs.empty());
}

TEST_F(MatchingStageTest, MorePairsThanAllowedEndTheRunWithAClearSentence) {
  Populate(2, 40);
  HandInRecords();
  const auto outcome = PairBlocks(fs_, directory_, context_, {}, {.max_pairs = 39});
  EXPECT_EQ(outcome.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_NE(outcome.status().message().find("agency-a and agency-b"), absl::string_view::npos);
}

TEST_F(MatchingStageTest, BlocksOverTheCapAndUnconfirmedOnesAreNotCompared) {
  Populate(2, 5);
  for (int i = 0; i < 11; ++i) Add(0, {{kBlock1, 900}}, {900, 900, 900, i});
  Add(1, {{kBlock1, 900}}, {900, 900, 900, 900});
  HandInRecords();
  auto outcome = PairBlocks(fs_, directory_, context_, {}, {});
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->skipped_blocks, 1U);
  auto types_of_tasks = [&] {
    std::set<int> types;
    EXPECT_TRUE(ForEachStored<StoredTask>(fs_, directory_.Tasks(0), kTasksMagic,
                                          [&](const StoredTask& task) {
                                            types.insert(task.type);
                                            return absl::OkStatus();
                                          })
                    .ok());
    return types;
  };
  EXPECT_EQ(types_of_tasks(), std::set<int>{kBlock1});
  const std::vector<UnconfirmedPair> unconfirmed = {{0, 1, kBlock1}};
  outcome = PairBlocks(fs_, directory_, context_, unconfirmed, {});
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->skipped_blocks, 0U);
  EXPECT_EQ(types_of_tasks(), std::set<int>{kBlock2});
}

TEST_F(MatchingStageTest, ACaptureHoldsBlocksAndEncodings) {
  Populate(2, 3);
  Add(0, {{kBlock1, 1}}, {900, 900, 900, 900});
  Add(1, {{kBlock2, 50}}, {901, 901, 901, 901});
  HandInRecords();
  ASSERT_TRUE(PairBlocks(fs_, directory_, context_, {}, {}).ok());
  HandInEncodings();
  ASSERT_TRUE(CaptureRun(fs_, directory_, context_, {}, dir_ / "capture").ok());
  const auto text = common::ReadFile(fs_, dir_ / "capture", 1 << 20);
  ASSERT_TRUE(text.ok());
  std::vector<std::string> lines = absl::StrSplit(*text, '\n', absl::SkipEmpty());
  EXPECT_EQ(lines[0],
            "{\"fields\": [[\"given_name\", \"given_name\"], [\"surname\", \"surname\"], "
            "[\"birth_date\", \"date\"], [\"phone\", \"phone\"]]}");
  // Six blocks, of which one has a stranger; four candidate pairs.
  std::map<std::string, int> seen;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const bool compared = lines[i].find("\"compare\"") != std::string::npos;
    const bool record = lines[i].find("\"handle\"") != std::string::npos;
    ++seen[record ? "record" : compared ? "pair" : "block"];
    if (!compared) continue;
    EXPECT_GT(lines[i].size(), 4 * linkage::EncodedSize(context_.profile));
  }
  // The stranger was not handed in.
  EXPECT_EQ(seen["record"], 7);
  EXPECT_EQ(seen["block"], 6);
  EXPECT_EQ(seen["pair"], 4);
  const std::string block = absl::StrCat("{\"pair\": [0, 1], \"key\": 0, \"tag\": \"",
                                         crypto::ToHex(crypto::AsBytes(testing::TagOf(kBlock1, 1))),
                                         "\", \"a\": [0, 3], \"b\": [4]}");
  EXPECT_NE(std::find(lines.begin(), lines.end(), block), lines.end()) << *text;
}

TEST_F(MatchingStageTest, EncodingsThatWereDamagedOnDiskAreNoticed) {
  Populate(2, 5);
  HandInRecords();
  ASSERT_TRUE(PairBlocks(fs_, directory_, context_, {}, {}).ok());
  HandInEncodings();
  auto bytes = common::ReadFile(fs_, directory_.Encodings(1), 1 << 20);
  ASSERT_TRUE(bytes.ok());
  (*bytes)[bytes->size() / 2] ^= 1;
  ASSERT_TRUE(common::WriteFileAtomic(fs_, directory_.Encodings(1), *bytes).ok());
  EXPECT_EQ(MatchRecords(fs_, directory_, context_, {}, random_).status().code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace raakvlak::matcher
