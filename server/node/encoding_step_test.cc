// Encodings of what was asked for and confirmed, and what becomes of tasks that were not to be.
#include "server/node/encoding_step.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "crypto/base/bytes.h"
#include "crypto/oprf/output_keys.h"
#include "linkage/fuzzy/encoder.h"
#include "linkage/score/compare_encodings.h"
#include "linkage/score/encoding_layout.h"
#include "server/common/fs.h"
#include "server/common/testing/temp_dir.h"
#include "server/node/mesh/blame.h"
#include "server/node/record_step.h"
#include "server/node/shared_file.h"
#include "server/node/tag_table.h"

namespace raakvlak::node {
namespace {

crypto::RunTag Tag(std::uint8_t n) {
  crypto::RunTag tag{};
  tag[0] = n;
  return tag;
}
std::array<std::uint8_t, 32> SecretOf(std::uint8_t n) {
  std::array<std::uint8_t, 32> secret{};
  secret[0] = n;
  return secret;
}

constexpr std::uint32_t kB = 1;  // among the agencies
constexpr std::uint32_t kC = 2;
constexpr std::uint32_t kBlock1 = 0;  // among the types
constexpr std::uint32_t kBlock2 = 1;
constexpr std::uint32_t kIban = 2;

// Agency a with b and c. Block 1 of the first key holds records 0 and 1 and is shared with b; block
// 2 holds record 1 and is shared with both; block 5 holds record 2 and is shared with nobody. Block
// 3 of the second key holds record 0, shared with c. The iban 4 is record 2's, shared with b.
class EncodingStepTest : public ::testing::Test {
 protected:
  EncodingStepTest() {
    key_ = random_.NewSecret<32>();
    EXPECT_TRUE(fs_.MakePrivateDirectory(scratch_ / "runs").ok());
    files_ = *RunFiles::Open({&fs_, &random_, &key_}, scratch_ / "runs", std::string(64, 'h'));
    Table("block-01", {{1, {0, 1}}, {2, {1}}, {5, {2}}});
    Table("block-02", {{3, {0}}});
    Table("iban", {{4, {2}}});
    Shared("block-01", "b", {1, 2});
    Shared("block-01", "c", {2});
    Shared("block-02", "b", {});
    Shared("block-02", "c", {3});
    Shared("iban", "b", {4});
    Shared("iban", "c", {});
    for (const char* counterpart : {"b", "c"}) {
      pair_keys_.emplace(counterpart, random_.NewSecret<64>());
    }
    profile_.fields = {{"surname", linkage::FieldKind::kSurname},
                       {"born", linkage::FieldKind::kDate}};
    table_.columns = {{"jansen", "jansen", "de vries"}, {"19800101", "19800102", "19551231"}};
    blocks_ = {{0, "one", {0, 1}}, {0, "two", {1}}, {0, "five", {2}}, {1, "three", {0}}};
  }
  void HandIn(const std::set<std::string>& confirmed = {"b", "c"}) {
    RecordStepInput input{types_, agencies_, confirmed, std::size_t{2} << 20};
    ASSERT_TRUE(MakeHandledRecords(input, *files_, {}).ok());
    auto reader = HandledRecordReader::Open(*files_);
    HandledRecord record;
    while (*reader->Next(record)) handles_[record.record] = crypto::ToString(record.handle);
  }
  void Table(const std::string& type,
             const std::map<std::uint8_t, std::vector<std::uint32_t>>& tags) {
    auto table = TagTableWriter::Create(files_->seal(), files_->directory(), type);
    for (const auto& [tag, records] : tags) {
      ASSERT_TRUE(table->Add(TagEntryBytes(Tag(tag), SecretOf(tag), records)).ok());
    }
    ASSERT_TRUE(table->Finish().ok());
  }
  void Shared(const std::string& type, const std::string& with,
              const std::vector<std::uint8_t>& tags) {
    auto writer = SharedWriter::Create(*files_, type, with);
    for (std::uint8_t tag : tags) ASSERT_TRUE(writer->Add(Tag(tag), SecretOf(tag)).ok());
    ASSERT_TRUE(writer->Finish().ok());
  }
  v1::EncodingTask Task(std::uint32_t counterpart, std::uint32_t type, std::uint8_t tag,
                        std::uint32_t record) {
    v1::EncodingTask task;
    task.set_counterpart(counterpart);
    task.set_type_index(type);
    task.set_tag(crypto::ToString(Tag(tag)));
    task.set_handle(handles_.at(record));
    return task;
  }
  // In the order of the tasks.
  absl::StatusOr<std::vector<std::string>> Encode(const std::vector<v1::EncodingTask>& tasks) {
    EncodingStepInput input;
    input.identifier_types = types_;
    input.agencies = agencies_;
    input.profile = profile_;
    input.table = &table_;
    input.blocks = &blocks_;
    input.block_key =
        [this](const std::string& counterpart, const std::string& type,
               std::span<const std::uint8_t, 32> secret) -> absl::StatusOr<crypto::Secret<64>> {
      return crypto::DeriveBlockKey(pair_keys_.at(counterpart), type, secret);
    };
    input.fetch_tasks = [&](const auto& take) -> absl::Status {
      v1::EncodingTaskChunk chunk;
      for (const v1::EncodingTask& task : tasks) *chunk.add_tasks() = task;
      return take(chunk);
    };
    if (absl::Status made = MakeEncodings(input, *files_, {}); !made.ok()) return made;
    return Stored();
  }
  std::vector<std::string> Stored() {
    auto reader = EncodingReader::Open(*files_);
    EXPECT_TRUE(reader.ok()) << reader.status();
    EXPECT_EQ(reader->null_model().independent_size(), 2);
    std::vector<std::string> out;
    while (*reader->Next()) out.push_back(crypto::ToString(reader->encoding()));
    return out;
  }
  // What the counterpart would send for a record with this surname in the block.
  std::string Counterpart(const std::string& counterpart, const std::string& type, std::uint8_t tag,
                          const std::string& surname) {
    const crypto::Secret<64> secret =
        crypto::DeriveBlockKey(pair_keys_.at(counterpart), type, SecretOf(tag));
    linkage::BlockKey key;
    const auto bytes = secret.Reveal(crypto::SecretAccess{});
    std::copy(bytes.begin(), bytes.end(), key.begin());
    const linkage::RecordTable one{{{surname}, {"19800101"}}};
    const std::array<std::uint8_t, 16> dummy{};
    return linkage::RecordEncoder(profile_, one, dummy).Encode(key, one, 0);
  }
  void ExpectRefused(const std::vector<v1::EncodingTask>& tasks, const std::string& reason) {
    const auto encodings = Encode(tasks);
    ASSERT_FALSE(encodings.ok()) << reason;
    EXPECT_EQ(CulpritOf(encodings.status()), "matcher") << encodings.status();
    EXPECT_NE(encodings.status().message().find(reason), std::string::npos) << encodings.status();
    EXPECT_FALSE(HaveEncodings(*files_)) << "there is something to be sent";
  }

  common::PosixFileSystem fs_;
  crypto::SeededRandom random_{11};
  common::testing::TempDir scratch_;
  crypto::Secret<32> key_;
  std::unique_ptr<RunFiles> files_;
  const std::vector<std::string> types_ = {"block-01", "block-02", "iban"};
  const std::vector<std::string> agencies_ = {"a", "b", "c"};
  std::map<std::string, crypto::PairKey> pair_keys_;
  linkage::Profile profile_;
  linkage::RecordTable table_;
  std::vector<linkage::Block> blocks_;
  std::map<std::uint32_t, std::string> handles_;
};

TEST_F(EncodingStepTest, EncodesForTheBlockAndTheCounterpartAndOnce) {
  HandIn();
  const auto encodings = Encode({Task(kB, kBlock1, 2, 1), Task(kC, kBlock1, 2, 1)});
  ASSERT_TRUE(encodings.ok()) << encodings.status();
  ASSERT_EQ(encodings->size(), 2U);
  EXPECT_TRUE(linkage::IsWellFormed(profile_, (*encodings)[0]));
  linkage::AgreementPattern pattern;
  ASSERT_TRUE(linkage::CompareEncodings(profile_, (*encodings)[0],
                                        Counterpart("b", "block-01", 2, "jansen"), &pattern));
  EXPECT_EQ(pattern[0], 0) << "equal surnames agree exactly";
  EXPECT_EQ(pattern[1], 1) << "a day apart is close";
  // Done again after a kill, it is the same bytes.
  EXPECT_EQ(Stored(), *encodings);
}

// Point 18 of what must be refused: the keys of a third agency, with all that the matcher holds,
// open no encoding of another pair.
TEST_F(EncodingStepTest, AThirdAgencysKeysOpenNoEncodingOfAnotherPair) {
  HandIn();
  const auto encodings = Encode({Task(kB, kBlock1, 2, 1)});
  ASSERT_TRUE(encodings.ok()) << encodings.status();
  linkage::AgreementPattern pattern;
  // c shares the very block, so it knows L; but not K_AB.
  ASSERT_TRUE(linkage::CompareEncodings(profile_, encodings->front(),
                                        Counterpart("c", "block-01", 2, "jansen"), &pattern));
  EXPECT_EQ(pattern[0], 4) << "the right guess looks like any other";
  EXPECT_EQ(pattern[1], 4);
  // b itself, which has K_AB, opens only with the secret of the very block and type.
  for (const std::string& guess :
       {Counterpart("b", "block-01", 1, "jansen"), Counterpart("b", "block-02", 2, "jansen")}) {
    ASSERT_TRUE(linkage::CompareEncodings(profile_, encodings->front(), guess, &pattern));
    EXPECT_EQ(pattern[0], 4);
  }
}

TEST_F(EncodingStepTest, NoTasksIsFine) {
  HandIn();
  const auto encodings = Encode({});
  ASSERT_TRUE(encodings.ok()) << encodings.status();
  EXPECT_TRUE(encodings->empty());
  EXPECT_TRUE(HaveEncodings(*files_));
}

TEST_F(EncodingStepTest, TasksOfWhatWasNotConfirmedBlameTheMatcher) {
  HandIn();
  const std::string unconfirmed = "not confirmed to share";
  ExpectRefused({Task(kB, kBlock1, 2, 0)}, unconfirmed);  // record 0 is not in block 2
  ExpectRefused({Task(kC, kBlock1, 1, 1)}, unconfirmed);  // block 1 is not shared with c
  ExpectRefused({Task(kB, kBlock2, 3, 0)}, unconfirmed);  // block 3 is not shared with b
  ExpectRefused({Task(kB, kBlock2, 2, 1)}, unconfirmed);  // a tag of another type
  ExpectRefused({Task(kB, kIban, 4, 2)}, unconfirmed);    // shared and held, but no block
  ExpectRefused({Task(0, kBlock1, 2, 1)}, unconfirmed);   // with itself
  ExpectRefused({Task(3, kBlock1, 2, 1)}, unconfirmed);   // no such agency
  ExpectRefused({Task(kB, 3, 2, 1)}, unconfirmed);        // no such type
  ExpectRefused({Task(kB, kBlock1, 9, 1)}, unconfirmed);  // no such block
  v1::EncodingTask foreign = Task(kB, kBlock1, 2, 1);
  foreign.set_handle(std::string(16, 'x'));
  ExpectRefused({foreign}, unconfirmed);
  // A good task before it changes nothing.
  ExpectRefused({Task(kB, kBlock1, 2, 1), Task(kC, kBlock1, 1, 1)}, unconfirmed);
}

TEST_F(EncodingStepTest, TasksThatAreDoubleDisorderlyMalformedOrTooManyBlameTheMatcher) {
  HandIn();
  const v1::EncodingTask good = Task(kB, kBlock1, 2, 1);
  ExpectRefused({good, good}, "twice");
  ExpectRefused({Task(kC, kBlock1, 2, 1), good}, "out of order");
  v1::EncodingTask bad = good;
  bad.set_handle("short");
  ExpectRefused({bad}, "malformed");
  bad = good;
  bad.set_tag(std::string(17, 't'));
  ExpectRefused({bad}, "malformed");
  bad = good;
  bad.set_counterpart(257);  // 1 in its lowest byte
  ExpectRefused({bad}, "malformed");
  ExpectRefused(std::vector<v1::EncodingTask>(8193, good), "more than 8,192");
}

TEST_F(EncodingStepTest, NothingIsEncodedForACounterpartThatWasNotConfirmed) {
  HandIn({"c"});
  ExpectRefused({Task(kB, kBlock1, 2, 1)}, "not confirmed to share");
  const auto encodings = Encode({Task(kC, kBlock1, 2, 1)});
  EXPECT_TRUE(encodings.ok()) << encodings.status();
}

}  // namespace
}  // namespace raakvlak::node
