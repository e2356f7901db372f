#include "server/common/sorted_file.h"

#include <gtest/gtest.h>

#include "server/common/testing/faulty_fs.h"
#include "server/common/testing/temp_dir.h"

namespace raakvlak::common {
namespace {

using testing::FaultyFileSystem;
using testing::TempDir;

FileTag Tag(uint32_t value) {
  FileTag tag{};
  for (size_t i = 0; i < 4; ++i) tag[i] = static_cast<uint8_t>(value >> (24 - 8 * i));
  tag[15] = 0xff;
  return tag;
}

class SortedFileTest : public ::testing::Test {
 protected:
  crypto::Digest Write(const std::string& path, uint32_t count) {
    auto writer = *SortedFileWriter::Create(fs_, path);
    for (uint32_t i = 0; i < count; ++i) EXPECT_TRUE(writer->Add(Tag(2 * i)).ok());
    EXPECT_EQ(writer->count(), count);
    return *writer->Finish();
  }
  absl::Status ReadAll(const std::string& path, uint64_t* count = nullptr) {
    auto reader = SortedFileReader::Open(fs_, path);
    if (!reader.ok()) return reader.status();
    for (uint64_t i = 0;; ++i) {
      absl::StatusOr<bool> more = (*reader)->Next();
      if (!more.ok()) return more.status();
      if (!*more) {
        if (count != nullptr) *count = i;
        return (*reader)->Next().status();
      }
      if ((*reader)->tag() != Tag(static_cast<uint32_t>(2 * i))) {
        return absl::InternalError("a wrong tag");
      }
    }
  }
  TempDir dir_;
  FaultyFileSystem fs_;
};

TEST_F(SortedFileTest, GivesBackWhatWasWritten) {
  for (const uint32_t count : {0u, 1u, 4095u, 4096u, 4097u, 20000u}) {
    const crypto::Digest digest = Write(dir_ / "f", count);
    uint64_t got = 0;
    EXPECT_TRUE(ReadAll(dir_ / "f", &got).ok()) << count;
    EXPECT_EQ(got, count);
    auto reader = *SortedFileReader::Open(fs_, dir_ / "f");
    EXPECT_EQ(reader->count(), count);
    EXPECT_EQ(reader->digest(), digest);
  }
}

TEST_F(SortedFileTest, RefusesUnsortedAndRepeatedTags) {
  auto writer = *SortedFileWriter::Create(fs_, dir_ / "f");
  ASSERT_TRUE(writer->Add(Tag(5)).ok());
  EXPECT_EQ(writer->Add(Tag(5)).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(writer->Add(Tag(4)).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(writer->Add(Tag(6)).ok());
}

TEST_F(SortedFileTest, TakesPackedTags) {
  std::vector<uint8_t> packed;
  for (uint32_t i = 0; i < 10; ++i) {
    const FileTag tag = Tag(2 * i);
    packed.insert(packed.end(), tag.begin(), tag.end());
  }
  auto writer = *SortedFileWriter::Create(fs_, dir_ / "f");
  ASSERT_TRUE(writer->AddPacked(packed).ok());
  EXPECT_EQ(writer->AddPacked(packed).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(writer->AddPacked(std::span(packed).first(15)).code(),
            absl::StatusCode::kInvalidArgument);
  ASSERT_TRUE(writer->Finish().ok());
  EXPECT_TRUE(ReadAll(dir_ / "f").ok());
}

TEST_F(SortedFileTest, RefusesAlteredFiles) {
  Write(dir_ / "f", 100);
  const std::string good = *ReadFile(fs_, dir_ / "f", 1 << 20);
  for (const size_t at : {size_t{0}, size_t{8}, size_t{30}, size_t{8 + 1599}, good.size() - 72,
                          good.size() - 65, good.size() - 64, good.size() - 1}) {
    std::string altered = good;
    altered[at] = static_cast<char>(altered[at] ^ 1);
    ASSERT_TRUE(WriteFileAtomic(fs_, dir_ / "g", altered).ok());
    EXPECT_FALSE(ReadAll(dir_ / "g").ok()) << at;
  }
  for (const size_t size : {size_t{0}, size_t{8}, size_t{79}, good.size() - 16, good.size() - 1}) {
    ASSERT_TRUE(WriteFileAtomic(fs_, dir_ / "g", good.substr(0, size)).ok());
    EXPECT_EQ(ReadAll(dir_ / "g").code(), absl::StatusCode::kDataLoss) << size;
  }
}

TEST_F(SortedFileTest, AnUnfinishedFileNeverShows) {
  {
    auto writer = *SortedFileWriter::Create(fs_, dir_ / "f");
    ASSERT_TRUE(writer->Add(Tag(1)).ok());
  }
  EXPECT_TRUE(fs_.List(dir_.path())->empty());
  Write(dir_ / "probe", 10);
  const uint64_t steps = fs_.steps();
  for (uint64_t at = 0; at < steps; ++at) {
    FaultyFileSystem fs;
    fs.FailAt(at);
    auto writer = SortedFileWriter::Create(fs, dir_ / "f");
    if (!writer.ok()) continue;
    if ((*writer)->Add(Tag(0)).ok() && (*writer)->Finish().ok()) break;
    writer->reset();
    if (fs_.Exists(dir_ / "f")) {
      EXPECT_TRUE(ReadAll(dir_ / "f").ok()) << at;
    }
  }
}

}  // namespace
}  // namespace raakvlak::common
