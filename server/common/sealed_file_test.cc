#include "server/common/sealed_file.h"

#include <gtest/gtest.h>

#include "crypto/base/aead.h"
#include "server/common/testing/faulty_fs.h"
#include "server/common/testing/temp_dir.h"

namespace raakvlak::common {
namespace {

using testing::FaultyFileSystem;
using testing::TempDir;

constexpr size_t kBox = kSealedBlockSize + crypto::kAeadOverhead;

class SealedFileTest : public ::testing::Test {
 protected:
  std::string Plain(size_t size) {
    std::string text(size, '\0');
    for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31 + i / 251);
    return text;
  }
  void Write(const std::string& path, const std::string& text) {
    ASSERT_TRUE(WriteSealedFile(fs_, path, key_, "test", crypto::AsBytes(text), random_).ok());
  }
  absl::StatusOr<std::string> Read(const std::string& path, std::string_view label = "test") {
    auto bytes = ReadSealedFile(fs_, path, key_, label, 10 << 20);
    if (!bytes.ok()) return bytes.status();
    return crypto::ToString(bytes->Reveal(crypto::SecretAccess{}));
  }
  std::string Raw(const std::string& path) { return *ReadFile(fs_, path, 100 << 20); }
  void ExpectRefused(const std::string& sealed, const char* what) {
    ASSERT_TRUE(WriteFileAtomic(fs_, dir_ / "bad", sealed).ok());
    EXPECT_EQ(Read(dir_ / "bad").status().code(), absl::StatusCode::kDataLoss) << what;
  }

  TempDir dir_;
  FaultyFileSystem fs_;
  crypto::SeededRandom random_{1};
  crypto::Secret<32> key_ = random_.NewSecret<32>();
};

TEST_F(SealedFileTest, GivesBackWhatWasWrittenAtEverySize) {
  for (const size_t size : {size_t{0}, size_t{1}, kSealedBlockSize - 1, kSealedBlockSize,
                            kSealedBlockSize + 1, 2 * kSealedBlockSize, 3 * kSealedBlockSize + 5}) {
    const std::string text = Plain(size);
    Write(dir_ / "f", text);
    EXPECT_EQ(*Read(dir_ / "f"), text) << size;
    EXPECT_EQ(Raw(dir_ / "f").find(text.substr(0, 32)) != std::string::npos, size == 0) << size;
  }
}

TEST_F(SealedFileTest, StreamsInOddPieces) {
  const std::string text = Plain(200'000);
  auto writer = *SealedWriter::Create(fs_, dir_ / "f", key_, "test", random_);
  for (size_t at = 0; at < text.size(); at += 777) {
    ASSERT_TRUE(writer->Write(crypto::AsBytes(std::string_view(text).substr(at, 777))).ok());
  }
  EXPECT_FALSE(fs_.Exists(dir_ / "f"));
  ASSERT_TRUE(writer->Finish().ok());
  auto reader = *SealedReader::Open(fs_, dir_ / "f", key_, "test");
  std::string got;
  std::vector<uint8_t> piece(1009);
  while (true) {
    const size_t size = *reader->Read(piece);
    got.append(reinterpret_cast<const char*>(piece.data()), size);
    if (size < piece.size()) break;
  }
  EXPECT_EQ(got, text);
  EXPECT_EQ(*reader->Read(piece), 0u);
}

TEST_F(SealedFileTest, RefusesTruncation) {
  Write(dir_ / "f", Plain(3 * kSealedBlockSize));
  const std::string sealed = Raw(dir_ / "f");
  ASSERT_EQ(sealed.size(), kSealedHeaderSize + 3 * kBox);
  for (const size_t size :
       {size_t{0}, size_t{10}, kSealedHeaderSize, kSealedHeaderSize + 5, kSealedHeaderSize + kBox,
        kSealedHeaderSize + 2 * kBox, sealed.size() - 1}) {
    ExpectRefused(sealed.substr(0, size), "cut off");
  }
}

TEST_F(SealedFileTest, RefusesReorderingSplicingAndAlteration) {
  Write(dir_ / "f", Plain(3 * kSealedBlockSize));
  Write(dir_ / "g", Plain(3 * kSealedBlockSize));
  const std::string f = Raw(dir_ / "f");
  const std::string g = Raw(dir_ / "g");
  const auto block = [](const std::string& file, size_t i) {
    return file.substr(kSealedHeaderSize + i * kBox, kBox);
  };
  const std::string head = f.substr(0, kSealedHeaderSize);
  ASSERT_EQ(head + block(f, 0) + block(f, 1) + block(f, 2), f);
  ExpectRefused(head + block(f, 1) + block(f, 0) + block(f, 2), "swapped");
  ExpectRefused(head + block(f, 0) + block(f, 0) + block(f, 2), "repeated");
  ExpectRefused(head + block(f, 0) + block(f, 2), "dropped");
  ExpectRefused(head + block(f, 0) + block(g, 1) + block(f, 2), "spliced");
  ExpectRefused(g.substr(0, kSealedHeaderSize) + f.substr(kSealedHeaderSize), "other header");
  ExpectRefused(f + block(f, 2), "extended");
  ExpectRefused(f + "x", "extended by a byte");
  for (const size_t at : {size_t{0}, size_t{7}, size_t{8}, size_t{23}, size_t{24}, size_t{60},
                          kSealedHeaderSize + kBox - 1, f.size() - 1}) {
    std::string altered = f;
    altered[at] = static_cast<char>(altered[at] ^ 1);
    ExpectRefused(altered, "a bit flipped");
  }
}

TEST_F(SealedFileTest, RefusesAnotherKeyOrLabel) {
  Write(dir_ / "f", "secret");
  EXPECT_EQ(Read(dir_ / "f", "other").status().code(), absl::StatusCode::kDataLoss);
  key_ = random_.NewSecret<32>();
  EXPECT_EQ(Read(dir_ / "f").status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(SealedFileTest, AFailureKeepsTheOldFileAndLeavesNoRest) {
  Write(dir_ / "f", "old");
  const uint64_t before = fs_.steps();
  Write(dir_ / "f", "old");
  const uint64_t steps = fs_.steps() - before;
  for (uint64_t at = 0; at + 1 < steps; ++at) {
    fs_.FailAt(fs_.steps() + at);
    EXPECT_FALSE(
        WriteSealedFile(fs_, dir_ / "f", key_, "test", crypto::AsBytes("new"), random_).ok());
    fs_.Heal();
    EXPECT_EQ(*Read(dir_ / "f"), "old") << at;
  }
  { auto abandoned = *SealedWriter::Create(fs_, dir_ / "h", key_, "test", random_); }
  EXPECT_FALSE(fs_.Exists(dir_ / "h.tmp"));
}

TEST_F(SealedFileTest, BoundsWhatItReads) {
  Write(dir_ / "f", Plain(1000));
  EXPECT_EQ(ReadSealedFile(fs_, dir_ / "f", key_, "test", 999).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(ReadSealedFile(fs_, dir_ / "f", key_, "test", 1000).ok());
}

}  // namespace
}  // namespace raakvlak::common
