#include "server/node/match_step.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "crypto/base/bytes.h"
#include "crypto/oprf/output_keys.h"
#include "server/common/fs.h"
#include "server/common/testing/temp_dir.h"
#include "server/node/mesh/blame.h"
#include "server/node/shared_file.h"
#include "server/node/tag_table.h"

namespace raakvlak::node {
namespace {

crypto::RunTag Tag(std::uint8_t n) {
  crypto::RunTag tag{};
  tag[0] = n;
  return tag;
}
// Higher tags have lesser secrets.
std::array<std::uint8_t, 32> SecretOf(std::uint8_t n) {
  std::array<std::uint8_t, 32> secret{};
  secret[0] = static_cast<std::uint8_t>(200 - n);
  return secret;
}

// Record 0 shares iban 1 and 2 and kvk 3 with b; iban 1 with c too. Record 1 shares iban 4 with c.
// Record 0 sits in block 5 with b, record 1 in block 6 with c.
class MatchStepTest : public ::testing::Test {
 protected:
  MatchStepTest() {
    key_ = random_.NewSecret<32>();
    pair_key_ = random_.NewSecret<64>();
    EXPECT_TRUE(fs_.MakePrivateDirectory(scratch_ / "runs").ok());
    auto files = RunFiles::Open(Seal(), scratch_ / "runs", std::string(64, 'h'));
    files_ = *std::move(files);
    Table("iban", {{1, {0}}, {2, {0}}, {4, {1}}});
    Table("kvk", {{3, {0}}});
    Shared("iban", "b", {1, 2});
    Shared("iban", "c", {1, 4});
    Shared("kvk", "b", {3});
    Shared("kvk", "c", {});
    Table("block-01", {{5, {0}}, {6, {1}}});
    Shared("block-01", "b", {5});
    Shared("block-01", "c", {6});
    RecordStepInput input{
        {"iban", "kvk", "block-01"}, {"a", "b", "c"}, {"b", "c"}, std::size_t{2} << 20};
    EXPECT_TRUE(MakeHandledRecords(input, *files_, {}).ok());
    auto reader = HandledRecordReader::Open(*files_);
    HandledRecord record;
    while (*reader->Next(record)) handles_[record.record] = crypto::ToString(record.handle);
    auto dataset = DatasetFileWriter::Create(Seal(), scratch_ / "data");
    for (const char* id : {"zero", "one"}) {
      StoredRecord stored;
      stored.record_id = id;
      EXPECT_TRUE((*dataset)->Add(stored).ok());
    }
    EXPECT_TRUE((*dataset)->Finish().ok());
  }
  SealContext Seal() { return {&fs_, &random_, &key_}; }
  void Table(const std::string& type,
             const std::map<std::uint8_t, std::vector<std::uint32_t>>& tags) {
    auto table = TagTableWriter::Create(files_->seal(), files_->directory(), type);
    for (const auto& [tag, records] : tags) {
      EXPECT_TRUE(table->Add(TagEntryBytes(Tag(tag), SecretOf(tag), records)).ok());
    }
    EXPECT_TRUE(table->Finish().ok());
  }
  void Shared(const std::string& type, const std::string& with,
              const std::vector<std::uint8_t>& tags) {
    auto writer = SharedWriter::Create(*files_, type, with);
    for (std::uint8_t tag : tags) EXPECT_TRUE(writer->Add(Tag(tag), SecretOf(tag)).ok());
    EXPECT_TRUE(writer->Finish().ok());
  }
  v1::NodeMatch Match(std::uint32_t record, const std::string& counterpart,
                      const std::vector<std::uint32_t>& types,
                      const std::vector<std::uint8_t>& tags) {
    v1::NodeMatch match;
    match.set_pair_id(std::string(15, 'p') + static_cast<char>('0' + pairs_++));
    match.set_handle(handles_.at(record));
    match.set_counterpart(counterpart);
    match.set_strength(v1::MATCH_STRENGTH_HARD);
    for (std::uint32_t type : types) match.add_agreed_types(type);
    for (std::uint8_t tag : tags) match.add_agreed_tags(crypto::ToString(Tag(tag)));
    return match;
  }
  // Pair id to reference, empty where the match was not accepted.
  absl::StatusOr<std::map<std::string, std::string>> Resolve(
      const std::vector<v1::NodeMatch>& matches) {
    MatchStepInput input;
    input.purpose_id = "harbour";
    input.epoch = 1;
    input.identifier_types = {"iban", "kvk", "block-01"};
    input.compared_fields = 2;
    input.decided = [this](const OwnMatch& match) { return decisions_[match.record_id]; };
    input.agencies = {"a", "b", "c"};
    input.match_pair_keys = {{"b", &pair_key_}, {"c", &pair_key_}};
    auto receiver = MatchReceiver::Create(std::move(input), *files_);
    if (!receiver.ok()) return receiver.status();
    for (const v1::NodeMatch& match : matches) {
      if (absl::Status s = (*receiver)->Take(match); !s.ok()) return s;
    }
    auto dataset = DatasetFileReader::Open(Seal(), scratch_ / "data");
    auto result = (*receiver)->Finish(**dataset, Seal(), scratch_ / "matches", {});
    if (!result.ok()) return result.status();
    result_ = *result;
    std::map<std::string, std::string> out;
    auto references = ReferenceReader::Open(*files_);
    exposure_ = references->exposure();
    v1::PairReference reference;
    while (*references->Next(reference)) {
      reported_[reference.pair_id()] = reference.decision();
      EXPECT_EQ(reference.accepted(), !reference.reference().empty());
      out[reference.pair_id()] = reference.reference();
    }
    return out;
  }
  // As a match by likeness says it: how two compared fields agree.
  static v1::NodeMatch Alike(v1::NodeMatch match, v1::MatchStrength strength,
                             const std::vector<v1::AgreementLevel>& levels) {
    match.set_strength(strength);
    for (const v1::AgreementLevel level : levels) match.add_agreement(level);
    return match;
  }
  // The mark of each match that was kept, in order of the dataset.
  std::vector<bool> Chained() {
    auto matches = OwnMatchReader::Open(Seal(), scratch_ / "matches");
    std::vector<bool> marks;
    OwnMatch match;
    while (*matches->Next(match)) marks.push_back(match.chained);
    return marks;
  }
  std::string Reference(std::uint8_t tag) {
    const auto secret = SecretOf(tag);
    return crypto::MatchReference(pair_key_, "harbour", 1, secret);
  }

  common::PosixFileSystem fs_;
  crypto::SystemRandom random_;
  common::testing::TempDir scratch_;
  crypto::Secret<32> key_;
  crypto::Secret<64> pair_key_;
  std::unique_ptr<RunFiles> files_;
  std::map<std::uint32_t, std::string> handles_;
  int pairs_ = 0;
  // By record id; what a steward decided before.
  std::map<std::string, v1::ReviewDecision> decisions_;
  // Of the last Resolve().
  MatchStepResult result_;
  std::optional<v1::Exposure> exposure_;
  std::map<std::string, v1::ReviewDecision> reported_;
};

TEST_F(MatchStepTest, DerivesTheReferenceFromTheValuesThatAgree) {
  auto both = Match(0, "b", {0, 1}, {1, 2, 3});
  auto one = Match(0, "b", {0}, {1});
  auto other = Match(1, "c", {0}, {4});
  other.set_chained(true);
  auto references = Resolve({both, one, other});
  ASSERT_TRUE(references.ok()) << references.status();
  // kvk ranks above iban.
  EXPECT_EQ(references->at(both.pair_id()), Reference(3));
  EXPECT_EQ(references->at(one.pair_id()), Reference(1));
  EXPECT_EQ(references->at(other.pair_id()), Reference(4));
  EXPECT_EQ(Chained(), (std::vector<bool>{false, false, true}));
  auto two = Match(0, "b", {0}, {1, 2});
  references = Resolve({two});
  ASSERT_TRUE(references.ok());
  EXPECT_EQ(references->at(two.pair_id()), Reference(2)) << "the least secret of the type";

  auto matches = OwnMatchReader::Open(Seal(), scratch_ / "matches");
  ASSERT_TRUE(matches.ok());
  OwnMatch match;
  ASSERT_TRUE(*matches->Next(match));
  EXPECT_EQ(match.record_id, "zero");
  EXPECT_EQ(match.counterpart, "b");
  EXPECT_EQ(match.agreed_types, std::vector<std::string>{"iban"});
  EXPECT_FALSE(*matches->Next(match));
}

TEST_F(MatchStepTest, DisputesWhatItDidNotConfirm) {
  auto weak = Match(0, "b", {0}, {1});
  weak.set_strength(v1::MATCH_STRENGTH_POSSIBLE);
  const std::vector<v1::NodeMatch> wrong = {
      Match(0, "c", {0}, {2}),     // not shared with c
      Match(1, "b", {0}, {4}),     // not shared with b
      Match(0, "b", {0}, {1, 4}),  // 4 is another record's
      Match(0, "b", {0}, {1, 3}),  // 3 is a kvk
      Match(0, "b", {0, 1}, {1}),  // no kvk agrees
      Match(0, "d", {0}, {1}),     // no such counterpart
      Match(0, "a", {0}, {1}),     // itself
      weak,
  };
  auto references = Resolve(wrong);
  ASSERT_TRUE(references.ok()) << references.status();
  for (const v1::NodeMatch& match : wrong) {
    EXPECT_EQ(references->at(match.pair_id()), "") << match.DebugString();
  }
}

TEST_F(MatchStepTest, AcceptsLikenessWithinAConfirmedBlock) {
  const std::vector<v1::AgreementLevel> levels = {v1::AGREEMENT_LEVEL_EXACT,
                                                  v1::AGREEMENT_LEVEL_CLOSE};
  auto alike = Alike(Match(0, "b", {2}, {5}), v1::MATCH_STRENGTH_STRONG, levels);
  auto with_number = Alike(Match(0, "b", {0, 2}, {1, 5}), v1::MATCH_STRENGTH_HARD, levels);
  decisions_["zero"] = v1::REVIEW_DECISION_MATCH;
  auto references = Resolve({with_number, alike});
  ASSERT_TRUE(references.ok()) << references.status();
  EXPECT_EQ(references->at(alike.pair_id()), Reference(5));
  EXPECT_EQ(references->at(with_number.pair_id()), Reference(1)) << "a block ranks last";
  EXPECT_EQ(reported_.at(alike.pair_id()), v1::REVIEW_DECISION_MATCH);
  // Record 1 sits in a block with c and is nobody's match.
  ASSERT_TRUE(exposure_.has_value());
  EXPECT_EQ(exposure_->records(), 2U);
  EXPECT_EQ(exposure_->exposed(), 1U);

  auto matches = OwnMatchReader::Open(Seal(), scratch_ / "matches");
  ASSERT_TRUE(matches.ok());
  OwnMatch match;
  bool found = false;
  while (*matches->Next(match)) {
    EXPECT_EQ(match.agreement, (std::vector<std::uint8_t>{1, 2}));
    for (const std::string& type : match.agreed_types) EXPECT_EQ(type, "iban");
    found = found || (match.agreed_types.empty() && match.strength == v1::MATCH_STRENGTH_STRONG);
  }
  EXPECT_TRUE(found);
  // Matched, it is exposed no more; nor is it by a match that is disputed.
  auto other = Alike(Match(1, "c", {2}, {6}), v1::MATCH_STRENGTH_POSSIBLE, levels);
  ASSERT_TRUE(Resolve({alike, other}).ok());
  EXPECT_EQ(exposure_->exposed(), 0U);
  other.set_counterpart("b");
  ASSERT_TRUE(Resolve({alike, other}).ok());
  EXPECT_EQ(result_.disputed, 1U);
  EXPECT_EQ(exposure_->exposed(), 1U);
}

TEST_F(MatchStepTest, DisputesLikenessThatClaimsTooMuch) {
  const std::vector<v1::AgreementLevel> levels = {v1::AGREEMENT_LEVEL_EXACT,
                                                  v1::AGREEMENT_LEVEL_EXACT};
  auto bare = Match(0, "b", {2}, {5});
  bare.set_strength(v1::MATCH_STRENGTH_POSSIBLE);
  const std::vector<v1::NodeMatch> wrong = {
      bare,                                                                     // only a block
      Alike(Match(0, "b", {2}, {5}), v1::MATCH_STRENGTH_HARD, levels),          // no number agrees
      Alike(Match(0, "b", {0, 2}, {1, 5}), v1::MATCH_STRENGTH_STRONG, levels),  // a number does
      Alike(Match(0, "c", {2}, {5}), v1::MATCH_STRENGTH_STRONG, levels),        // not shared with c
      Alike(Match(0, "b", {2}, {6}), v1::MATCH_STRENGTH_STRONG, levels),  // another record's block
  };
  auto references = Resolve(wrong);
  ASSERT_TRUE(references.ok()) << references.status();
  for (const v1::NodeMatch& match : wrong) {
    EXPECT_EQ(references->at(match.pair_id()), "") << match.DebugString();
  }
  auto one_field =
      Alike(Match(0, "b", {2}, {5}), v1::MATCH_STRENGTH_STRONG, {v1::AGREEMENT_LEVEL_EXACT});
  auto no_level = Alike(Match(0, "b", {2}, {5}), v1::MATCH_STRENGTH_STRONG,
                        {v1::AGREEMENT_LEVEL_EXACT, static_cast<v1::AgreementLevel>(9)});
  for (const v1::NodeMatch& match : {one_field, no_level}) {
    EXPECT_EQ(CulpritOf(Resolve({match}).status()), "matcher") << match.DebugString();
  }
}

TEST_F(MatchStepTest, MalformedMatchesAndForeignHandlesBlameTheMatcher) {
  std::vector<v1::NodeMatch> bad(6, Match(0, "b", {0}, {1}));
  bad[0].set_handle(std::string(16, 'x'));
  bad[1].set_handle("short");
  bad[2].clear_agreed_types();
  bad[3].clear_agreed_tags();
  bad[4].add_agreed_types(7);
  bad[5].add_agreed_tags(bad[5].agreed_tags(0));
  for (const v1::NodeMatch& match : bad) {
    auto references = Resolve({match});
    ASSERT_FALSE(references.ok()) << match.DebugString();
    EXPECT_EQ(CulpritOf(references.status()), "matcher") << references.status();
    EXPECT_FALSE(HaveReferences(*files_));
  }
}

}  // namespace
}  // namespace raakvlak::node
