#include "server/common/fs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "server/common/testing/faulty_fs.h"
#include "server/common/testing/temp_dir.h"

namespace raakvlak::common {
namespace {

using testing::FaultyFileSystem;
using testing::TempDir;

mode_t ModeOf(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(lstat(path.c_str(), &info), 0);
  return info.st_mode & 0777;
}

TEST(FileSystemTest, WritesAndReadsPrivateFiles) {
  TempDir dir;
  PosixFileSystem fs;
  ASSERT_TRUE(WriteFileAtomic(fs, dir / "a", "first").ok());
  ASSERT_TRUE(WriteFileAtomic(fs, dir / "a", "second").ok());
  EXPECT_EQ(*ReadFile(fs, dir / "a", 100), "second");
  EXPECT_EQ(ModeOf(dir / "a"), 0600u);
  EXPECT_EQ(ReadFile(fs, dir / "a", 5).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReadFile(fs, dir / "b", 5).status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(*fs.List(dir.path()), ::testing::ElementsAre("a"));
}

TEST(FileSystemTest, AtomicWriteLeavesOldOrNewWhereverItFails) {
  TempDir dir;
  FaultyFileSystem fs;
  const std::string path = dir / "state";
  ASSERT_TRUE(WriteFileAtomic(fs, path, "old").ok());
  const uint64_t before = fs.steps();
  ASSERT_TRUE(WriteFileAtomic(fs, path, "old").ok());
  const uint64_t steps = fs.steps() - before;
  ASSERT_GE(steps, 5u);
  for (uint64_t at = 0; at < steps; ++at) {
    ASSERT_TRUE(WriteFileAtomic(fs, path, "old").ok());
    fs.FailAt(fs.steps() + at);
    EXPECT_FALSE(WriteFileAtomic(fs, path, "newer").ok()) << at;
    fs.Heal();
    EXPECT_THAT(*ReadFile(fs, path, 100), ::testing::AnyOf("old", "newer")) << at;
  }
}

TEST(FileSystemTest, PrivateDirectoriesArePrivate) {
  TempDir dir;
  PosixFileSystem fs;
  ASSERT_TRUE(fs.MakePrivateDirectory(dir / "x/y/z").ok());
  EXPECT_EQ(ModeOf(dir / "x"), 0700u);
  EXPECT_EQ(ModeOf(dir / "x/y/z"), 0700u);
  ASSERT_TRUE(fs.MakePrivateDirectory(dir / "x/y/z").ok());
  ASSERT_EQ(chmod((dir / "x/y").c_str(), 0750), 0);
  const absl::Status open = fs.MakePrivateDirectory(dir / "x/y");
  EXPECT_EQ(open.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(open.message()), ::testing::HasSubstr("chmod 700"));
}

TEST(FileSystemTest, RemoveTreeFollowsNoLinks) {
  TempDir dir;
  PosixFileSystem fs;
  ASSERT_TRUE(fs.MakePrivateDirectory(dir / "keep").ok());
  ASSERT_TRUE(WriteFileAtomic(fs, dir / "keep/file", "x").ok());
  ASSERT_TRUE(fs.MakePrivateDirectory(dir / "go").ok());
  std::filesystem::create_directory_symlink(dir / "keep", dir / "go/link");
  ASSERT_TRUE(fs.RemoveTree(dir / "go").ok());
  EXPECT_FALSE(fs.Exists(dir / "go"));
  EXPECT_TRUE(fs.Exists(dir / "keep/file"));
  EXPECT_TRUE(fs.RemoveTree(dir / "go").ok());
}

TEST(FileSystemTest, DirectoryOf) {
  EXPECT_EQ(DirectoryOf("a/b.txt"), "a");
  EXPECT_EQ(DirectoryOf("b.txt"), ".");
  EXPECT_EQ(DirectoryOf("/b"), "/");
}

}  // namespace
}  // namespace raakvlak::common
