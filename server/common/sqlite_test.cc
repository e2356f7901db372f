#include "server/common/sqlite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "crypto/base/bytes.h"
#include "server/common/testing/temp_dir.h"

namespace raakvlak::common {
namespace {

using testing::TempDir;

constexpr const char* kMigrations[] = {
    "CREATE TABLE t(k INTEGER PRIMARY KEY, v TEXT, b BLOB)",
    "CREATE TABLE c(t INTEGER NOT NULL REFERENCES t(k)); CREATE INDEX c_t ON c(t)"};

int64_t Count(Database& database, const std::string& table = "t") {
  absl::StatusOr<Statement> rows = database.Query("SELECT COUNT(*) FROM " + table);
  EXPECT_TRUE(rows.ok()) << rows.status();
  EXPECT_TRUE(*rows->Step());
  return rows->Integer(0);
}

TEST(SqliteTest, BindsAndReadsEveryType) {
  auto database = *Database::Open(":memory:", kMigrations);
  const std::vector<uint8_t> blob{0, 1, 255};
  ASSERT_TRUE(
      database->Run("INSERT INTO t VALUES (?, ?, ?)", 7, "t\xC3\xA9xt", std::span(blob)).ok());
  ASSERT_TRUE(
      database->Run("INSERT INTO t VALUES (?, ?, ?)", uint64_t{8}, std::string(), std::nullopt)
          .ok());
  ASSERT_TRUE(database
                  ->Run("INSERT INTO t VALUES (?, ?, ?)", 9, std::optional<std::string>(),
                        crypto::AsBytes(""))
                  .ok());
  absl::StatusOr<Statement> rows = database->Query("SELECT k, v, b FROM t ORDER BY k");
  ASSERT_TRUE(*rows->Step());
  EXPECT_EQ(rows->Integer(0), 7);
  EXPECT_EQ(rows->Text(1), "t\xC3\xA9xt");
  EXPECT_EQ(rows->Bytes(2), blob);
  EXPECT_EQ(rows->Blob(2), std::string("\0\1\xff", 3));
  ASSERT_TRUE(*rows->Step());
  EXPECT_FALSE(rows->IsNull(1));
  EXPECT_TRUE(rows->IsNull(2));
  ASSERT_TRUE(*rows->Step());
  EXPECT_TRUE(rows->IsNull(1));
  EXPECT_FALSE(rows->IsNull(2));
  EXPECT_FALSE(*rows->Step());
}

TEST(SqliteTest, TellsErrorsApartAndNamesNoValues) {
  auto database = *Database::Open(":memory:", kMigrations);
  ASSERT_TRUE(database->Run("INSERT INTO t VALUES (1, ?, NULL)", "NL91ABNA0417164300").ok());
  const absl::Status twice =
      database->Run("INSERT INTO t VALUES (1, ?, NULL)", "NL91ABNA0417164300");
  EXPECT_EQ(twice.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(twice.message()), ::testing::Not(::testing::HasSubstr("NL91")));
  EXPECT_EQ(database->Run("INSERT INTO c VALUES (99)").code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(database->Run("SELEKT").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(database->Run("DELETE FROM t; DELETE FROM t").code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(database->Run("INSERT INTO t VALUES (?, '', '')", UINT64_MAX).code(),
            absl::StatusCode::kOutOfRange);
  EXPECT_EQ(database->Run("DELETE FROM t", 1).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Count(*database), 1);
}

TEST(SqliteTest, TransactionsRollBackUnlessCommitted) {
  auto database = *Database::Open(":memory:", kMigrations);
  {
    Transaction transaction(*database);
    ASSERT_TRUE(database->Run("INSERT INTO t(k) VALUES (1)").ok());
  }
  EXPECT_EQ(Count(*database), 0);
  {
    Transaction transaction(*database);
    ASSERT_TRUE(database->Run("INSERT INTO t(k) VALUES (1)").ok());
    {
      Transaction nested(*database);
      ASSERT_TRUE(database->Run("INSERT INTO t(k) VALUES (2)").ok());
    }
    {
      Transaction nested(*database);
      ASSERT_TRUE(database->Run("INSERT INTO t(k) VALUES (3)").ok());
      ASSERT_TRUE(nested.Commit().ok());
    }
    ASSERT_TRUE(transaction.Commit().ok());
    EXPECT_FALSE(transaction.Commit().ok());
  }
  EXPECT_EQ(Count(*database), 2);
}

TEST(SqliteTest, MigratesInStepsAndRefusesNewerFiles) {
  TempDir dir;
  const std::string path = dir / "x.db";
  {
    auto database = *Database::Open(path, std::span(kMigrations).first(1));
    ASSERT_TRUE(database->Run("INSERT INTO t(k) VALUES (1)").ok());
  }
  {
    auto database = *Database::Open(path, kMigrations);
    EXPECT_EQ(Count(*database), 1);
    EXPECT_EQ(Count(*database, "c"), 0);
  }
  const auto older = Database::Open(path, std::span(kMigrations).first(1));
  EXPECT_EQ(older.status().code(), absl::StatusCode::kFailedPrecondition);
  struct stat info {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST(SqliteTest, AFailedMigrationLeavesTheOldVersion) {
  TempDir dir;
  const char* const bad[] = {kMigrations[0], "CREATE TABLE half(x); CREATE TABLE half(x)"};
  EXPECT_FALSE(Database::Open(dir / "x.db", bad).ok());
  auto database = *Database::Open(dir / "x.db", std::span(kMigrations).first(1));
  EXPECT_FALSE(database->Query("SELECT * FROM half").ok());
}

TEST(SqliteTest, ADamagedFileIsDataLoss) {
  TempDir dir;
  std::ofstream(dir / "x.db") << std::string(8192, 'x');
  EXPECT_EQ(Database::Open(dir / "x.db", kMigrations).status().code(), absl::StatusCode::kDataLoss);
}

TEST(SqliteTest, ErasedValuesAreGoneFromTheFilesAfterACheckpoint) {
  TempDir dir;
  const std::string needle = "needle-needle-needle";
  const auto holds = [&] {
    for (const char* name : {"x.db", "x.db-wal"}) {
      std::ifstream in(dir / name, std::ios::binary);
      std::stringstream text;
      text << in.rdbuf();
      if (text.str().find(needle) != std::string::npos) return true;
    }
    return false;
  };
  auto database = *Database::Open(dir / "x.db", kMigrations);
  ASSERT_TRUE(database->Run("INSERT INTO t VALUES (1, ?, NULL)", needle).ok());
  ASSERT_TRUE(holds());
  ASSERT_TRUE(database->Run("DELETE FROM t").ok());
  ASSERT_TRUE(database->Checkpoint().ok());
  EXPECT_FALSE(holds());
}

TEST(SqliteTest, ThreadsTakeTurns) {
  auto database = *Database::Open(":memory:", kMigrations);
  ASSERT_TRUE(database->Run("INSERT INTO t VALUES (1, '0', NULL)").ok());
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        Transaction transaction(*database);
        int64_t value = 0;
        {
          absl::StatusOr<Statement> row = database->Query("SELECT v FROM t WHERE k = ?", 1);
          ASSERT_TRUE(*row->Step());
          value = row->Integer(0);
        }
        ASSERT_TRUE(
            database->Run("UPDATE t SET v = ? WHERE k = 1", std::to_string(value + 1)).ok());
        ASSERT_TRUE(transaction.Commit().ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  absl::StatusOr<Statement> row = database->Query("SELECT v FROM t");
  ASSERT_TRUE(*row->Step());
  EXPECT_EQ(row->Text(0), "200");
}

}  // namespace
}  // namespace raakvlak::common
