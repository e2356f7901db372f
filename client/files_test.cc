// Files: pieces and totals, whole replacement, modes.
#include "client/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "client/testing.h"

namespace raakvlak::client {
namespace {

TEST(Files, PiecesAddUp) {
  TemporaryFolder folder;
  const std::string path = folder.Write("a", std::string(600'000, 'x'));
  uint64_t bytes = 0;
  uint64_t last_done = 0;
  ASSERT_TRUE(ReadPieces(path, [&](std::string_view piece, uint64_t done, uint64_t total) {
                bytes += piece.size();
                last_done = done;
                EXPECT_EQ(total, 600'000u);
                return absl::OkStatus();
              }).ok());
  EXPECT_EQ(bytes, 600'000u);
  EXPECT_EQ(last_done, 600'000u);
}

TEST(Files, ErrorsNameTheFile) {
  TemporaryFolder folder;
  EXPECT_NE(ReadFile(folder / "none").status().message().find("none"), std::string::npos);
  EXPECT_FALSE(ReadFile(folder / "").ok());
  EXPECT_FALSE(ReadFile(folder.Write("big", "12345"), 4).ok());
}

TEST(Files, SecretFilesAreForTheirOwnerAlone) {
  TemporaryFolder folder;
  const std::vector<uint8_t> bytes = {1, 2, 3};
  ASSERT_TRUE(WriteNewSecretFile(folder / "s", crypto::SecretBytes(std::span(bytes))).ok());
  struct stat info {};
  ASSERT_EQ(stat((folder / "s").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(WriteNewSecretFile(folder / "s", crypto::SecretBytes(std::span(bytes))).code(),
            absl::StatusCode::kAlreadyExists);
}

}  // namespace
}  // namespace raakvlak::client
