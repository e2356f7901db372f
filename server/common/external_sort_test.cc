#include "server/common/external_sort.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <sstream>

#include "server/common/testing/faulty_fs.h"
#include "server/common/testing/temp_dir.h"

namespace raakvlak::common {
namespace {

using testing::FaultyFileSystem;
using testing::TempDir;

constexpr SortOptions kSmall{.memory_bytes = 1 << 20, .deduplicate = false, .fan_in = 3};

class ExternalSortTest : public ::testing::Test {
 protected:
  // Records with shared prefixes, duplicates, empty ones and bytes over 127.
  std::vector<std::string> Records(size_t count, size_t longest) {
    std::mt19937 generator(7);
    std::vector<std::string> records;
    for (size_t i = 0; i < count; ++i) {
      std::string record(generator() % (longest + 1), '\0');
      for (char& c : record) c = static_cast<char>(generator() % 3 == 0 ? 0 : generator());
      if (generator() % 2 == 0) record = "same-prefix" + record;
      if (generator() % 5 == 0 && !records.empty()) record = records[generator() % records.size()];
      records.push_back(record);
    }
    return records;
  }
  static std::vector<std::string> Sorted(std::vector<std::string> records, bool deduplicate) {
    // std::string compares as unsigned bytes.
    std::sort(records.begin(), records.end());
    if (deduplicate) records.erase(std::unique(records.begin(), records.end()), records.end());
    return records;
  }
  absl::StatusOr<std::vector<std::string>> Sort(const std::vector<std::string>& records,
                                                SortOptions options) {
    auto sorter = ExternalSorter::Create(fs_, dir_ / "sort", random_, options);
    if (!sorter.ok()) return sorter.status();
    for (const std::string& record : records) {
      if (absl::Status status = (*sorter)->Add(crypto::AsBytes(record)); !status.ok()) {
        return status;
      }
    }
    EXPECT_EQ((*sorter)->count(), records.size());
    spilled_ = fs_.List(dir_ / "sort")->size();
    auto reader = (*sorter)->Sort();
    if (!reader.ok()) return reader.status();
    EXPECT_FALSE((*sorter)->Sort().ok());
    sorter->reset();  // the reader goes on without it
    std::vector<std::string> out;
    while (true) {
      absl::StatusOr<bool> more = (*reader)->Next();
      if (!more.ok()) return more.status();
      if (!*more) return out;
      out.push_back(crypto::ToString((*reader)->record()));
    }
  }

  TempDir dir_;
  FaultyFileSystem fs_;
  crypto::SeededRandom random_{1};
  size_t spilled_ = 0;
};

TEST_F(ExternalSortTest, SortsInMemory) {
  const std::vector<std::string> records = Records(1000, 20);
  EXPECT_EQ(*Sort(records, {}), Sorted(records, false));
  EXPECT_EQ(spilled_, 0u);
  EXPECT_EQ(*Sort(records, {.deduplicate = true}), Sorted(records, true));
  EXPECT_TRUE(Sort({}, {})->empty());
  EXPECT_FALSE(fs_.Exists(dir_ / "sort"));
}

TEST_F(ExternalSortTest, SortsOverManyRunsAndSeveralPasses) {
  const std::vector<std::string> records = Records(60'000, 120);
  for (const bool deduplicate : {false, true}) {
    SortOptions options = kSmall;
    options.deduplicate = deduplicate;
    EXPECT_EQ(*Sort(records, options), Sorted(records, deduplicate));
    EXPECT_GT(spilled_, 3u * kSmall.fan_in / 2);  // more runs than one merge takes
    EXPECT_FALSE(fs_.Exists(dir_ / "sort"));
  }
}

TEST_F(ExternalSortTest, PartsAreOneRecord) {
  auto sorter = *ExternalSorter::Create(fs_, dir_ / "sort", random_, kSmall);
  ASSERT_TRUE(sorter->AddJoined({crypto::AsBytes("b"), {}, crypto::AsBytes("cd")}).ok());
  ASSERT_TRUE(sorter->AddJoined({}).ok());
  ASSERT_TRUE(sorter->Add(crypto::AsBytes("bc")).ok());
  const std::string half(kMaxSortRecord / 2 + 1, 'x');
  EXPECT_EQ(sorter->AddJoined({crypto::AsBytes(half), crypto::AsBytes(half)}).code(),
            absl::StatusCode::kInvalidArgument);
  auto reader = *sorter->Sort();
  for (const char* want : {"", "bc", "bcd"}) {
    ASSERT_TRUE(*reader->Next());
    EXPECT_EQ(crypto::ToString(reader->record()), want);
  }
  EXPECT_FALSE(*reader->Next());
}

TEST_F(ExternalSortTest, SpillsAreSealed) {
  auto sorter = *ExternalSorter::Create(fs_, dir_ / "sort", random_, kSmall);
  const std::string record = "NL91ABNA0417164300-" + std::string(100, 'x');
  for (int i = 0; i < 20'000; ++i) ASSERT_TRUE(sorter->Add(crypto::AsBytes(record)).ok());
  size_t bytes = 0;
  const std::vector<std::string> names = *fs_.List(dir_ / "sort");
  for (const std::string& name : names) {
    const std::string text = *ReadFile(fs_, dir_ / "sort/" + name, 100 << 20);
    bytes += text.size();
    EXPECT_EQ(text.find("NL91"), std::string::npos);
  }
  EXPECT_GT(bytes, 1'000'000u);
}

TEST_F(ExternalSortTest, WhatACrashLeftIsRemoved) {
  ASSERT_TRUE(fs_.MakePrivateDirectory(dir_ / "sort").ok());
  ASSERT_TRUE(WriteFileAtomic(fs_, dir_ / "sort/run-0", "left behind").ok());
  const std::vector<std::string> records = Records(100, 20);
  EXPECT_EQ(*Sort(records, kSmall), Sorted(records, false));
}

TEST_F(ExternalSortTest, AnyFailingStepIsAnErrorNeverAWrongResult) {
  const std::vector<std::string> records = Records(20'000, 300);
  const std::vector<std::string> sorted = Sorted(records, false);
  ASSERT_EQ(*Sort(records, kSmall), sorted);
  const uint64_t steps = fs_.steps();
  ASSERT_GT(steps, 50u);
  for (uint64_t at = 0; at < steps; at += 1 + steps / 17) {
    fs_.FailAt(fs_.steps() + at);
    const auto out = Sort(records, kSmall);
    fs_.Heal();
    // Only the removals at the very end may fail unseen.
    if (out.ok()) {
      EXPECT_EQ(*out, sorted) << at;
      EXPECT_GT(at, steps / 2);
    }
  }
  EXPECT_EQ(*Sort(records, kSmall), sorted);
}

TEST_F(ExternalSortTest, AnAlteredSpillIsRefused) {
  auto sorter = *ExternalSorter::Create(fs_, dir_ / "sort", random_, kSmall);
  for (const std::string& record : Records(20'000, 300)) {
    ASSERT_TRUE(sorter->Add(crypto::AsBytes(record)).ok());
  }
  const std::string victim = dir_ / "sort/" + fs_.List(dir_ / "sort")->front();
  std::string text = *ReadFile(fs_, victim, 100 << 20);
  text[text.size() / 2] = static_cast<char>(text[text.size() / 2] ^ 1);
  ASSERT_TRUE(WriteFileAtomic(fs_, victim, text).ok());
  auto reader = sorter->Sort();
  absl::Status status = reader.status();
  while (status.ok()) {
    absl::StatusOr<bool> more = (*reader)->Next();
    status = more.status();
    ASSERT_TRUE(!more.ok() || *more) << "the altered run was read to its end";
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
}

TEST_F(ExternalSortTest, RefusesTooLongRecordsAndBadOptions) {
  auto sorter = *ExternalSorter::Create(fs_, dir_ / "sort", random_, kSmall);
  EXPECT_FALSE(sorter->Add(crypto::Bytes(kMaxSortRecord + 1)).ok());
  EXPECT_TRUE(sorter->Add(crypto::Bytes(kMaxSortRecord)).ok());
  EXPECT_FALSE(ExternalSorter::Create(fs_, dir_ / "s", random_, {.memory_bytes = 100}).ok());
  EXPECT_FALSE(ExternalSorter::Create(fs_, dir_ / "s", random_, {.fan_in = 1}).ok());
}

}  // namespace
}  // namespace raakvlak::common
