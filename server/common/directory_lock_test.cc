#include "server/common/directory_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "server/common/testing/temp_dir.h"

namespace raakvlak::common {
namespace {

TEST(DirectoryLockTest, ASecondHolderIsRefusedUntilTheFirstLetsGo) {
  testing::TempDir dir;
  {
    absl::StatusOr<DirectoryLock> first = DirectoryLock::Take(dir.path());
    ASSERT_TRUE(first.ok()) << first.status();
    const absl::StatusOr<DirectoryLock> second = DirectoryLock::Take(dir.path());
    EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(second.status().message()), ::testing::HasSubstr(dir.path()));
    // Moving it keeps it.
    const DirectoryLock moved = *std::move(first);
    EXPECT_FALSE(DirectoryLock::Take(dir.path()).ok());
  }
  EXPECT_TRUE(DirectoryLock::Take(dir.path()).ok());
}

TEST(DirectoryLockTest, ADirectoryThatIsNotThereIsNamed) {
  testing::TempDir dir;
  const absl::StatusOr<DirectoryLock> lock = DirectoryLock::Take(dir / "none");
  EXPECT_EQ(lock.status().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(lock.status().message()), ::testing::HasSubstr("none/lock"));
}

}  // namespace
}  // namespace raakvlak::common
