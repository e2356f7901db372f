#include "server/node/record_step.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "server/common/fs.h"
#include "server/common/testing/temp_dir.h"
#include "server/node/shared_file.h"
#include "server/node/tag_table.h"

namespace raakvlak::node {
namespace {

using crypto::SecretAccess;

crypto::RunTag Tag(std::uint8_t n) {
  crypto::RunTag tag{};
  tag[0] = n;
  return tag;
}

std::array<std::uint8_t, 32> SecretOf(std::uint8_t n) {
  std::array<std::uint8_t, 32> secret{};
  secret[31] = n;
  return secret;
}

class RecordStepTest : public ::testing::Test {
 protected:
  RecordStepTest() {
    key_ = random_.NewSecret<32>();
    EXPECT_TRUE(fs_.MakePrivateDirectory(scratch_ / "runs").ok());
    auto files = RunFiles::Open({&fs_, &random_, &key_}, scratch_ / "runs", std::string(64, 'h'));
    EXPECT_TRUE(files.ok()) << files.status();
    files_ = *std::move(files);
  }
  void OwnTags(const std::string& type,
               const std::map<std::uint8_t, std::vector<std::uint32_t>>& tags) {
    auto table = TagTableWriter::Create(files_->seal(), files_->directory(), type);
    ASSERT_TRUE(table.ok());
    for (const auto& [tag, records] : tags) {
      ASSERT_TRUE(table->Add(TagEntryBytes(Tag(tag), SecretOf(tag), records)).ok());
    }
    ASSERT_TRUE(table->Finish().ok());
  }
  void Shared(const std::string& type, const std::string& with,
              const std::vector<std::uint8_t>& tags) {
    auto writer = SharedWriter::Create(*files_, type, with);
    ASSERT_TRUE(writer.ok());
    for (std::uint8_t tag : tags) ASSERT_TRUE(writer->Add(Tag(tag), SecretOf(tag)).ok());
    ASSERT_TRUE(writer->Finish().ok());
  }
  // By record number.
  std::map<std::uint32_t, HandledRecord> Read() {
    std::map<std::uint32_t, HandledRecord> out;
    auto reader = HandledRecordReader::Open(*files_);
    EXPECT_TRUE(reader.ok()) << reader.status();
    Handle last{};
    while (true) {
      HandledRecord record;
      auto more = reader->Next(record);
      EXPECT_TRUE(more.ok()) << more.status();
      if (!more.ok() || !*more) return out;
      EXPECT_GT(record.handle, last) << "not in order of handle";
      last = record.handle;
      out.emplace(record.record, std::move(record));
    }
  }

  common::PosixFileSystem fs_;
  crypto::SystemRandom random_;
  common::testing::TempDir scratch_;
  crypto::Secret<32> key_;
  std::unique_ptr<RunFiles> files_;
  RecordStepInput input_{{"iban", "kvk"}, {"a", "me", "b"}, {"a", "b"}, std::size_t{2} << 20};
};

TEST_F(RecordStepTest, GathersEachRecordsConfirmedSharedTags) {
  OwnTags("iban", {{1, {7}}, {2, {7, 8}}, {3, {9}}});
  OwnTags("kvk", {{4, {8}}, {5, {1}}});
  Shared("iban", "a", {1, 2});
  Shared("iban", "b", {2});
  Shared("kvk", "a", {});
  Shared("kvk", "b", {4});
  auto count = MakeHandledRecords(input_, *files_, {});
  ASSERT_TRUE(count.ok()) << count.status();
  EXPECT_EQ(*count, 2u);
  auto records = Read();
  ASSERT_EQ(records.size(), 2u);
  const HandledRecord& seven = records.at(7);
  ASSERT_EQ(seven.shared.size(), 2u);
  EXPECT_EQ(seven.shared[0].tag, Tag(1));
  EXPECT_EQ(seven.shared[0].counterparts, 1u);  // a
  EXPECT_EQ(seven.shared[1].counterparts, 5u);  // a and b; the bits are places in the manifest
  EXPECT_EQ(seven.shared[1].block_secret.Reveal(SecretAccess{})[31], 2);
  const HandledRecord& eight = records.at(8);
  ASSERT_EQ(eight.shared.size(), 2u);
  EXPECT_EQ(eight.shared[1].type_index, 1);
  EXPECT_EQ(eight.shared[1].counterparts, 4u);
  EXPECT_NE(seven.handle, eight.handle);
}

TEST_F(RecordStepTest, NothingLeavesForAPairThatWasNotConfirmed) {
  OwnTags("iban", {{1, {7}}, {2, {8}}});
  OwnTags("kvk", {});
  Shared("iban", "a", {1, 2});
  Shared("iban", "b", {1});
  Shared("kvk", "a", {});
  Shared("kvk", "b", {});
  input_.confirmed = {"b"};
  auto count = MakeHandledRecords(input_, *files_, {});
  ASSERT_TRUE(count.ok()) << count.status();
  auto records = Read();
  ASSERT_EQ(records.size(), 1u);
  ASSERT_EQ(records.at(7).shared.size(), 1u);
  EXPECT_EQ(records.at(7).shared[0].counterparts, 4u);
}

TEST_F(RecordStepTest, HandlesStayWhenTheStepIsDoneAgain) {
  OwnTags("iban", {{1, {7}}, {2, {8}}});
  OwnTags("kvk", {});
  for (const char* with : {"a", "b"}) {
    Shared("iban", with, {1, 2});
    Shared("kvk", with, {});
  }
  ASSERT_TRUE(MakeHandledRecords(input_, *files_, {}).ok());
  auto first = Read();
  auto again = MakeHandledRecords(input_, *files_, {});
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(*again, 2u);
  EXPECT_EQ(Read().at(7).handle, first.at(7).handle);
}

}  // namespace
}  // namespace raakvlak::node
