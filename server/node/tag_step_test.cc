#include "server/node/tag_step.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "server/common/fs.h"
#include "server/common/testing/temp_dir.h"
#include "server/node/dataset_file.h"
#include "server/node/tag_table.h"
#include "server/node/testing/local_committee.h"
#include "server/node/value_groups.h"

namespace raakvlak::node {
namespace {

// A node's disk with one dataset, and a committee in the same process.
class TagStepTest : public ::testing::Test {
 protected:
  TagStepTest() : committee_(3, 2, random_) {
    key_ = random_.NewSecret<32>();
    local_key_ = random_.NewSecret<32>();
    EXPECT_TRUE(fs_.MakePrivateDirectory(scratch_.path() + "/runs").ok());
    EXPECT_TRUE(fs_.MakePrivateDirectory(scratch_.path() + "/cache").ok());
  }
  SealContext seal() { return SealContext{&fs_, &random_, &key_}; }

  void WriteDataset(const std::vector<std::vector<std::string>>& records) {
    auto writer = DatasetFileWriter::Create(seal(), DatasetPath());
    ASSERT_TRUE(writer.ok()) << writer.status();
    for (std::size_t i = 0; i < records.size(); ++i) {
      StoredRecord record;
      record.record_id = "r" + std::to_string(i);
      for (const std::string& value : records[i]) record.values.emplace_back("kvk", value);
      ASSERT_TRUE((*writer)->Add(record).ok());
    }
    ASSERT_TRUE((*writer)->Finish().ok());
  }
  std::string DatasetPath() { return scratch_.path() + "/data"; }

  absl::StatusOr<TagStepResult> Make(RunFiles& files, std::uint32_t max_records = 50,
                                     std::stop_token stop = {}, std::size_t chunk_size = 4) {
    auto dataset = DatasetFileReader::Open(seal(), DatasetPath());
    if (!dataset.ok()) return dataset.status();
    auto grouped = GroupDataset(**dataset, {"kvk"}, local_key_, fs_, random_, files.scratch(), {},
                                stop, nullptr);
    if (!grouped.ok()) return grouped.status();
    EvaluationParameters parameters = committee_.Parameters("kvk");
    auto inner = parameters.ask;
    parameters.ask = [this, inner](const PartialRequest& request, std::stop_token token) {
      asked_ += request.evaluator == 1 ? request.chunk.size() : 0;
      if (sabotage_) return sabotage_(request, token, inner);
      return inner(request, token);
    };
    parameters.next_chunk_number = [this]() -> absl::StatusOr<std::uint64_t> {
      return next_chunk_++;
    };
    OutputCache cache(seal(), scratch_.path() + "/cache", "kvk", "v1");
    crypto::GroupKey group_key = crypto::SeededRandom(7).NewSecret<64>();
    TagStepOptions options;
    options.evaluation.chunk_size = chunk_size;
    options.segment_values = 6;
    options.sort_memory_bytes = std::size_t{1} << 20;
    return MakeTagTable(std::move((*grouped)[0].sorted), max_records, std::move(parameters),
                        crypto::RunTagger(group_key, "kvk"), cache, files, options, stop);
  }
  std::unique_ptr<RunFiles> Files(const std::string& run) {
    auto files = RunFiles::Open(seal(), scratch_.path() + "/runs", run + std::string(64, 'x'));
    EXPECT_TRUE(files.ok()) << files.status();
    return *std::move(files);
  }
  // Tag in hex to records.
  std::map<std::string, std::vector<std::uint32_t>> Table(RunFiles& files) {
    std::map<std::string, std::vector<std::uint32_t>> out;
    auto table = TagTableReader::Open(files.seal(), files.directory(), "kvk");
    EXPECT_TRUE(table.ok()) << table.status();
    while (true) {
      auto more = table->Next();
      EXPECT_TRUE(more.ok()) << more.status();
      if (!more.ok() || !*more) return out;
      out[crypto::ToHex(table->tag())] = table->records();
    }
  }

  using Ask = std::function<absl::StatusOr<crypto::VerifiedPartial>(const PartialRequest&,
                                                                    std::stop_token)>;
  common::PosixFileSystem fs_;
  crypto::SystemRandom random_;
  common::testing::TempDir scratch_;
  node::testing::LocalCommittee committee_;
  crypto::Secret<32> key_;
  crypto::Secret<32> local_key_;
  std::atomic<std::uint64_t> asked_{0};
  std::uint64_t next_chunk_ = 0;
  std::function<absl::StatusOr<crypto::VerifiedPartial>(const PartialRequest&, std::stop_token,
                                                        const Ask&)>
      sabotage_;
};

std::vector<std::vector<std::string>> Numbers(int from, int to) {
  std::vector<std::vector<std::string>> records;
  for (int i = from; i < to; ++i) records.push_back({"kvk" + std::to_string(i)});
  return records;
}

TEST_F(TagStepTest, TagsEveryDistinctValueWithItsRecords) {
  WriteDataset({{"a", "b"}, {"b"}, {"c", "c"}, {}, {"a"}});
  auto files = Files("1");
  auto result = Make(*files);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->distinct, 3u);
  EXPECT_EQ(result->evaluated, 3u);
  EXPECT_EQ(result->tags, 3u);
  std::multiset<std::vector<std::uint32_t>> records;
  for (const auto& [tag, list] : Table(*files)) records.insert(list);
  EXPECT_EQ(records, (std::multiset<std::vector<std::uint32_t>>{{0, 1}, {0, 4}, {2}}));
}

TEST_F(TagStepTest, EvaluatesOnlyWhatIsNewAndForgetsWhatIsGone) {
  WriteDataset(Numbers(0, 20));
  auto first = Files("1");
  ASSERT_TRUE(Make(*first).ok());
  auto before = Table(*first);
  WriteDataset(Numbers(5, 23));
  auto second = Files("2");
  auto result = Make(*second);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->distinct, 18u);
  EXPECT_EQ(result->cached, 15u);
  EXPECT_EQ(result->evaluated, 3u);
  // One group key in both runs of this test: what both hold has the same tag.
  std::size_t same = 0;
  for (const auto& [tag, records] : Table(*second)) same += before.contains(tag) ? 1 : 0;
  EXPECT_EQ(same, 15u);
  WriteDataset(Numbers(0, 20));
  auto third = Files("3");
  result = Make(*third);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->evaluated, 5u) << "0 to 4 had been dropped from the cache";
  EXPECT_EQ(Table(*third).size(), 20u);
}

TEST_F(TagStepTest, TooCommonValuesAreNeitherEvaluatedNorTagged) {
  WriteDataset({{"common", "a"}, {"common"}, {"common", "b"}});
  auto files = Files("1");
  auto result = Make(*files, /*max_records=*/2);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->too_common, 1u);
  EXPECT_EQ(result->evaluated, 2u);
  EXPECT_EQ(Table(*files).size(), 2u);
}

TEST_F(TagStepTest, AnEvaluatorThatFailsLeavesNoTagAndWhatWasPaidForIsKept) {
  WriteDataset(Numbers(0, 40));
  auto files = Files("1");
  sabotage_ = [](const PartialRequest& request, std::stop_token token,
                 const Ask& inner) -> absl::StatusOr<crypto::VerifiedPartial> {
    if (request.evaluator == 2 && request.chunk_number == 6) {
      return absl::PermissionDeniedError("bad proof");
    }
    return inner(request, token);
  };
  auto result = Make(*files);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().message(), "bad proof");
  EXPECT_FALSE(fs_.Exists(TagTablePath(files->directory(), "kvk")));
  sabotage_ = nullptr;
  result = Make(*files);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_GT(result->cached, 0u) << "chunks before the bad one were paid for";
  EXPECT_LT(result->evaluated, 40u);
  EXPECT_EQ(Table(*files).size(), 40u);
  // Done once: again, nothing is asked.
  const std::uint64_t asked = asked_;
  ASSERT_TRUE(Make(*files).ok());
  EXPECT_EQ(asked_, asked);
}

TEST_F(TagStepTest, StopsWhenItIsToldTo) {
  WriteDataset(Numbers(0, 200));
  auto files = Files("1");
  std::stop_source stop;
  sabotage_ = [&](const PartialRequest& request, std::stop_token token, const Ask& inner) {
    if (request.chunk_number == 3) stop.request_stop();
    return inner(request, token);
  };
  auto result = Make(*files, 50, stop.get_token());
  ASSERT_FALSE(result.ok());
  EXPECT_TRUE(absl::IsCancelled(result.status())) << result.status();
}

// What is in flight is bounded by the options, not by the file: at no time do more chunks exist
// than may be in flight, however slow one of them is.
TEST_F(TagStepTest, ChunksInFlightAreBounded) {
  WriteDataset(Numbers(0, 400));
  auto files = Files("1");
  std::atomic<int> now{0};
  std::atomic<int> most{0};
  sabotage_ = [&](const PartialRequest& request, std::stop_token token, const Ask& inner) {
    if (request.evaluator != 1) return inner(request, token);
    const int running = ++now;
    int seen = most;
    while (running > seen && !most.compare_exchange_weak(seen, running)) {
    }
    auto answer = inner(request, token);
    --now;
    return answer;
  };
  ASSERT_TRUE(Make(*files).ok());
  EXPECT_LE(most, static_cast<int>(EvaluationOptions{}.in_flight));
  EXPECT_EQ(Table(*files).size(), 400u);
}

TEST_F(TagStepTest, OutputsAreThoseOfTheKeyWhateverTheCommittee) {
  WriteDataset(Numbers(0, 10));
  auto first = Files("1");
  ASSERT_TRUE(Make(*first).ok());
  auto tags = Table(*first);
  ASSERT_TRUE(fs_.RemoveTree(scratch_.path() + "/cache").ok());
  ASSERT_TRUE(fs_.MakePrivateDirectory(scratch_.path() + "/cache").ok());
  committee_.Choose({2, 3});
  auto second = Files("2");
  ASSERT_TRUE(Make(*second).ok());
  EXPECT_EQ(Table(*second), tags);
}

TEST_F(TagStepTest, DamagedFilesAreRefused) {
  WriteDataset(Numbers(0, 10));
  auto files = Files("1");
  ASSERT_TRUE(Make(*files).ok());
  const std::string path = TagTablePath(files->directory(), "kvk");
  auto content = common::ReadFile(fs_, path, 1 << 20);
  ASSERT_TRUE(content.ok());
  (*content)[content->size() / 2] ^= 1;
  ASSERT_TRUE(common::WriteFileAtomic(fs_, path, *content).ok());
  auto table = TagTableReader::Open(files->seal(), files->directory(), "kvk");
  absl::Status status = table.status();
  while (status.ok()) {
    auto more = table->Next();
    status = more.status();
    ASSERT_FALSE(more.ok() && !*more) << "read to the end without noticing";
  }
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
}

}  // namespace
}  // namespace raakvlak::node
