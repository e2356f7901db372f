#include "server/common/data_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "server/common/fs.h"
#include "server/common/testing/temp_dir.h"

namespace raakvlak::common {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::TempDir;

std::string Complaint(const std::string& path) {
  return std::string(CheckDataDirectory(path).status().message());
}

void MakeDirectory(const std::string& path, mode_t mode) {
  ASSERT_EQ(mkdir(path.c_str(), mode), 0);
  ASSERT_EQ(chmod(path.c_str(), mode), 0);
}

TEST(DataDirectoryTest, APrivateDirectoryIsInOrderAndNothingIsMade) {
  TempDir dir;
  PosixFileSystem fs;
  MakeDirectory(dir / "data", 0700);
  EXPECT_EQ(*CheckDataDirectory(dir / "data"), "");
  EXPECT_TRUE(fs.List(dir / "data")->empty());
}

TEST(DataDirectoryTest, WhatTheStartMakesIsSaid) {
  TempDir dir;
  PosixFileSystem fs;
  EXPECT_THAT(*CheckDataDirectory(dir / "data"), HasSubstr("the start makes it"));
  EXPECT_THAT(*CheckDataDirectory(dir / "typo/deeper/data"),
              AllOf(HasSubstr("nor is " + (dir / "typo") + ", " + (dir / "typo/deeper")),
                    HasSubstr("is the path as meant?")));
  EXPECT_TRUE(fs.List(dir.path())->empty());
  // And so it does.
  EXPECT_TRUE(fs.MakePrivateDirectory(dir / "typo/deeper/data").ok());
  EXPECT_EQ(*CheckDataDirectory(dir / "typo/deeper/data"), "");
}

TEST(DataDirectoryTest, WrongKindsAndPermissionsAreNamedWithWhatToDo) {
  TempDir dir;
  PosixFileSystem fs;
  MakeDirectory(dir / "open", 0750);
  EXPECT_THAT(Complaint(dir / "open"),
              AllOf(HasSubstr("open to other users"), HasSubstr("chmod 700 " + (dir / "open"))));
  ASSERT_TRUE(WriteFileAtomic(fs, dir / "file", "x").ok());
  EXPECT_THAT(Complaint(dir / "file"), HasSubstr("is not a directory"));
  EXPECT_THAT(Complaint(dir / "file/data"), HasSubstr("a parent of it is not a directory"));
  // A link to a good directory is not what the start takes.
  MakeDirectory(dir / "good", 0700);
  ASSERT_EQ(symlink((dir / "good").c_str(), (dir / "link").c_str()), 0);
  EXPECT_THAT(Complaint(dir / "link"), HasSubstr("is not a directory"));
  // A parent may be one.
  EXPECT_THAT(*CheckDataDirectory(dir / "link/data"), HasSubstr("the start makes it"));
  EXPECT_EQ(CheckDataDirectory(dir / "open").status().code(),
            absl::StatusCode::kFailedPrecondition);
}

// The complaint for a user who is not root, from another process: root may write everywhere.
[[noreturn]] void ComplainAsNobody(const std::string& path) {
  constexpr uid_t kNobody = 65534;
  if (geteuid() == 0 && setresuid(kNobody, kNobody, kNobody) != 0) _exit(2);
  std::fprintf(stderr, "%s\n", Complaint(path).c_str());
  _exit(0);
}

class DataDirectoryDeathTest : public ::testing::Test {
 protected:
  // Passable, as /var/lib is.
  void SetUp() override { ASSERT_EQ(chmod(dir_.path().c_str(), 0755), 0); }
  TempDir dir_;
};

TEST_F(DataDirectoryDeathTest, AParentThatIsNotWritable) {
  MakeDirectory(dir_ / "lib", 0555);
  EXPECT_EXIT(
      ComplainAsNobody(dir_ / "lib/data"), ::testing::ExitedWithCode(0),
      "data: it is not there, and .* may not make it .*install -d -m 700 -o [0-9]+ .*/data");
  EXPECT_EXIT(ComplainAsNobody(dir_ / "lib/raakvlak/data"), ::testing::ExitedWithCode(0),
              "lib/raakvlak is not there");
}

TEST_F(DataDirectoryDeathTest, AParentThatCannotBePassed) {
  MakeDirectory(dir_ / "closed", 0000);
  EXPECT_EXIT(ComplainAsNobody(dir_ / "closed/data"), ::testing::ExitedWithCode(0),
              "cannot be looked into");
}

TEST_F(DataDirectoryDeathTest, ADirectoryThatIsNotWritableOrNotOurs) {
  MakeDirectory(dir_ / "data", 0500);
  // Root made it, and is somebody else then.
  EXPECT_EXIT(ComplainAsNobody(dir_ / "data"), ::testing::ExitedWithCode(0),
              geteuid() == 0 ? "belongs to user id 0, not to .*chown" : "cannot be written");
}

TEST_F(DataDirectoryDeathTest, WhatAStartAsAnotherUserLeftBehind) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a directory away";
  PosixFileSystem fs;
  MakeDirectory(dir_ / "data", 0700);
  ASSERT_TRUE(WriteFileAtomic(fs, dir_ / "data/audit.log", "").ok());
  ASSERT_EQ(chown((dir_ / "data").c_str(), 65534, 65534), 0);
  EXPECT_EXIT(ComplainAsNobody(dir_ / "data"), ::testing::ExitedWithCode(0),
              "audit.log in it belongs to user id 0.*chown -R 65534");
}

}  // namespace
}  // namespace raakvlak::common
