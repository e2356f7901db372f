#include "server/common/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "server/common/testing/faulty_fs.h"
#include "server/common/testing/temp_dir.h"

namespace raakvlak::common {
namespace {

using testing::FaultyFileSystem;
using testing::TempDir;

AuditEntry Entry(const std::string& actor) {
  return {.event = "run.opened", .actor = actor, .outcome = "allowed", .fields = {{"run", "n-1"}}};
}

class AuditTest : public ::testing::Test {
 protected:
  std::unique_ptr<AuditLog> Open() {
    auto log = AuditLog::Open(fs_, path_, clock_);
    EXPECT_TRUE(log.ok()) << log.status();
    return log.ok() ? *std::move(log) : nullptr;
  }
  std::string Text() { return *ReadFile(fs_, path_, 1 << 20); }
  void Replace(const std::string& text) { ASSERT_TRUE(WriteFileAtomic(fs_, path_, text).ok()); }

  TempDir dir_;
  std::string path_ = dir_ / "audit.log";
  FaultyFileSystem fs_;
  FakeClock clock_;
};

TEST_F(AuditTest, ChainsLinesOverRestarts) {
  AuditHead head;
  {
    auto log = Open();
    ASSERT_TRUE(log->Append(Entry("a")).ok());
    ASSERT_TRUE(log->Append(Entry("b")).ok());
  }
  {
    auto log = Open();
    EXPECT_EQ(log->head().sequence, 2u);
    clock_.Advance(absl::Seconds(5));
    ASSERT_TRUE(log->Append(Entry("c")).ok());
    head = log->head();
  }
  const auto verified = VerifyAuditLog(fs_, path_);
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_EQ(verified->sequence, 3u);
  EXPECT_EQ(verified->hash, head.hash);
  const std::string text = Text();
  const auto first = nlohmann::json::parse(text.substr(0, text.find('\n')));
  EXPECT_EQ(first["time"], "2023-11-14T22:13:20.000Z");
  EXPECT_EQ(first["fields"]["run"], "n-1");
  EXPECT_EQ(first["previous"], std::string(128, '0'));
}

TEST_F(AuditTest, ShowsTampering) {
  {
    auto log = Open();
    for (const char* actor : {"a", "b", "c", "d"}) ASSERT_TRUE(log->Append(Entry(actor)).ok());
  }
  const std::string good = Text();
  std::vector<std::string> lines;
  for (size_t at = 0; at < good.size();) {
    const size_t end = good.find('\n', at) + 1;
    lines.push_back(good.substr(at, end - at));
    at = end;
  }
  std::string altered = lines[1];
  altered.replace(altered.find("allowed"), 7, "refused");
  for (const std::string& bad :
       {lines[0] + altered + lines[2] + lines[3], lines[0] + lines[2] + lines[3],
        lines[0] + lines[2] + lines[1] + lines[3], lines[1] + lines[2] + lines[3],
        lines[0] + lines[1] + lines[1] + lines[2], good + "{}\n", good + "x\n"}) {
    Replace(bad);
    EXPECT_EQ(VerifyAuditLog(fs_, path_).status().code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(AuditLog::Open(fs_, path_, clock_).status().code(), absl::StatusCode::kDataLoss);
  }
  // The end cut off shows only against a head kept elsewhere.
  Replace(lines[0] + lines[1]);
  EXPECT_EQ(VerifyAuditLog(fs_, path_)->sequence, 2u);
}

TEST_F(AuditTest, CutsAnUnfinishedLineAndSaysSo) {
  {
    auto log = Open();
    ASSERT_TRUE(log->Append(Entry("a")).ok());
  }
  Replace(Text() + "{\"seq\":2,\"ti");
  EXPECT_FALSE(VerifyAuditLog(fs_, path_).ok());
  auto log = Open();
  EXPECT_EQ(log->head().sequence, 2u);
  EXPECT_THAT(Text(), ::testing::HasSubstr("audit.unfinished_line_cut"));
  EXPECT_TRUE(VerifyAuditLog(fs_, path_).ok());
}

TEST_F(AuditTest, WhatCannotBeLoggedFailsAndStaysFailed) {
  auto log = Open();
  ASSERT_TRUE(log->Append(Entry("a")).ok());
  for (const uint64_t step : {uint64_t{0}, uint64_t{1}}) {  // the write, the sync
    fs_.FailAt(fs_.steps() + step);
    EXPECT_EQ(log->Append(Entry("b")).code(), absl::StatusCode::kUnavailable);
    fs_.Heal();
    EXPECT_FALSE(log->Append(Entry("c")).ok());
    log = Open();
    EXPECT_TRUE(log->Append(Entry("d")).ok());
    EXPECT_TRUE(VerifyAuditLog(fs_, path_).ok());
  }
}

TEST_F(AuditTest, NobodyForgesALine) {
  auto log = Open();
  ASSERT_TRUE(log->Append(Entry("evil\"}\n{\"seq\":2,\xff\xfe")).ok());
  const std::string text = Text();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  EXPECT_EQ(VerifyAuditLog(fs_, path_)->sequence, 1u);
}

}  // namespace
}  // namespace raakvlak::common
