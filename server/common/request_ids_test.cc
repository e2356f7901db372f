#include "server/common/request_ids.h"

#include <gtest/gtest.h>

namespace raakvlak::common {
namespace {

constexpr const char* kMigrations[] = {kRequestIdsMigration};
constexpr char kId[] = "0123456789abcdef";

TEST(RequestIdsTest, GivesTheSameAnswerUntilItExpires) {
  auto database = *Database::Open(":memory:", kMigrations);
  FakeClock clock;
  RequestIds ids(*database, clock, absl::Hours(1));
  const crypto::ByteView request = crypto::AsBytes("request");
  EXPECT_FALSE(ids.Find("a", "Start", kId, request)->has_value());
  ASSERT_TRUE(ids.Keep("a", "Start", kId, request, "answer").ok());
  EXPECT_EQ(**ids.Find("a", "Start", kId, request), "answer");
  EXPECT_FALSE(ids.Find("b", "Start", kId, request)->has_value());
  EXPECT_FALSE(ids.Find("a", "Cancel", kId, request)->has_value());
  EXPECT_EQ(ids.Find("a", "Start", kId, crypto::AsBytes("another")).status().code(),
            absl::StatusCode::kAlreadyExists);
  clock.Advance(absl::Hours(2));
  EXPECT_FALSE(ids.Find("a", "Start", kId, request)->has_value());
  ASSERT_TRUE(ids.Sweep().ok());
  absl::StatusOr<Statement> left = database->Query("SELECT COUNT(*) FROM request_ids");
  ASSERT_TRUE(*left->Step());
  EXPECT_EQ(left->Integer(0), 0);
}

TEST(RequestIdsTest, RefusesShortIds) {
  auto database = *Database::Open(":memory:", kMigrations);
  FakeClock clock;
  RequestIds ids(*database, clock);
  EXPECT_EQ(ids.Find("a", "Start", "", {}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ids.Find("a", "Start", "15 bytes only..", {}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace raakvlak::common
