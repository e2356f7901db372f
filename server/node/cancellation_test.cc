// A stop reaches every stage of a node's run that works by itself: it is asked for while that stage
// is at work or waits, and the stage gives Cancelled, keeps what was paid for and leaves no half
// file. What waits for peers or the matcher: mesh/mesh_cancellation_test.cc and
// grpc_matcher_link_test.cc. Nothing here measures time: who does not stop hangs, and the test with
// it, or goes on to the end, which is seen.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <latch>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "crypto/oprf/output_keys.h"
#include "server/common/fs.h"
#include "server/common/testing/temp_dir.h"
#include "server/node/block_values.h"
#include "server/node/dataset_file.h"
#include "server/node/encoding_step.h"
#include "server/node/evaluation_pipeline.h"
#include "server/node/match_step.h"
#include "server/node/overlap.h"
#include "server/node/record_step.h"
#include "server/node/shared_file.h"
#include "server/node/tag_step.h"
#include "server/node/tag_table.h"
#include "server/node/testing/local_committee.h"
#include "server/node/turn.h"
#include "server/node/value_groups.h"

namespace raakvlak::node {
namespace {

// Until the stop is there, however long that takes.
void WaitFor(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait(lock, stop, [] { return false; });
}

// --- the pipeline --------------------------------------------------------------------------------

// Sixteen values in chunks of four, evaluated by two members of a committee in this process.
class PipelineCancellationTest : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kValues = 16;

  PipelineCancellationTest()
      : committee_(3, 2, random_), parameters_(committee_.Parameters("kvk")) {
    parameters_.source = [this](KeyedValue& next) -> absl::StatusOr<bool> {
      if (taken_ == kValues) return false;
      next.value = "value" + std::to_string(taken_++);
      return true;
    };
    parameters_.next_chunk_number = [this]() -> absl::StatusOr<std::uint64_t> {
      return next_chunk_++;
    };
    parameters_.sink = [this](const ValueKey&, crypto::OprfOutputView) {
      ++sunk_;
      return absl::OkStatus();
    };
    honest_ = parameters_.ask;
  }
  absl::Status Run(std::size_t in_flight) {
    return RunEvaluation(parameters_, {.chunk_size = 4, .in_flight = in_flight}, stop_.get_token())
        .status();
  }
  void ExpectCancelled(const absl::Status& status) {
    EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << status;
  }

  crypto::SystemRandom random_;
  testing::LocalCommittee committee_;
  EvaluationParameters parameters_;
  decltype(parameters_.ask) honest_;
  std::stop_source stop_;
  std::uint64_t taken_ = 0;
  std::uint64_t next_chunk_ = 0;
  std::uint64_t sunk_ = 0;
};

TEST_F(PipelineCancellationTest, WhileItReads) {
  parameters_.source = [this, source = parameters_.source](KeyedValue& next) {
    if (taken_ == 6) stop_.request_stop();
    return source(next);
  };
  ExpectCancelled(Run(1));
  EXPECT_EQ(taken_, 7u);
  EXPECT_EQ(sunk_, 4u) << "the chunk before was paid for";
}

// Once it has stopped nobody is asked any more, who would be paid for nothing.
TEST_F(PipelineCancellationTest, WhileItHashesAndBlinds) {
  parameters_.next_chunk_number = [this, number = parameters_.next_chunk_number] {
    if (next_chunk_ == 1) stop_.request_stop();
    return number();
  };
  std::atomic<int> asked = 0;
  parameters_.ask = [&](const PartialRequest& request, std::stop_token stop) {
    ++asked;
    return honest_(request, stop);
  };
  ExpectCancelled(Run(1));
  EXPECT_EQ(asked, 2) << "the first chunk alone";
  EXPECT_EQ(sunk_, 4u);
}

TEST_F(PipelineCancellationTest, WhileAllEvaluatorsOfAllChunksAreAsked) {
  std::latch asked(2 * 3);
  parameters_.ask = [&](const PartialRequest&,
                        std::stop_token stop) -> absl::StatusOr<crypto::VerifiedPartial> {
    asked.count_down();
    WaitFor(stop);
    return absl::CancelledError("stopped");
  };
  std::jthread stopper([&] {
    asked.wait();
    stop_.request_stop();
  });
  ExpectCancelled(Run(3));
  EXPECT_EQ(sunk_, 0u);
}

TEST_F(PipelineCancellationTest, WhileItVerifies) {
  parameters_.ask = [this](const PartialRequest& request, std::stop_token stop) {
    auto verified = honest_(request, stop);
    if (request.chunk_number == 1) stop_.request_stop();
    return verified;
  };
  ExpectCancelled(Run(1));
  EXPECT_EQ(sunk_, 8u) << "a chunk of which all answers are there is paid for, and kept";
}

// Chunks that are done wait for the one before them, whose evaluator never answers.
TEST_F(PipelineCancellationTest, WhileChunksWaitForTheirTurn) {
  std::latch answered(2 * 2 + 2);
  parameters_.ask = [&](const PartialRequest& request,
                        std::stop_token stop) -> absl::StatusOr<crypto::VerifiedPartial> {
    answered.count_down();
    if (request.chunk_number == 0) {
      WaitFor(stop);
      return absl::CancelledError("stopped");
    }
    return honest_(request, stop);
  };
  std::jthread stopper([&] {
    answered.wait();
    stop_.request_stop();
  });
  ExpectCancelled(Run(3));
  EXPECT_EQ(sunk_, 0u) << "out of order";
}

TEST_F(PipelineCancellationTest, WhileTheSinkIsAtWork) {
  parameters_.sink = [this](const ValueKey&, crypto::OprfOutputView) {
    if (++sunk_ == 6) stop_.request_stop();
    return absl::OkStatus();
  };
  ExpectCancelled(Run(1));
  EXPECT_EQ(sunk_, 8u) << "a chunk that is through is kept whole";
}

// The deadline of one evaluator is the end of all: the others are told to stop.
TEST_F(PipelineCancellationTest, ADeadlineThatPassesEndsTheWaitingForTheOthers) {
  std::latch waiting(3);
  parameters_.ask = [&](const PartialRequest& request,
                        std::stop_token stop) -> absl::StatusOr<crypto::VerifiedPartial> {
    if (request.chunk_number == 0 && request.evaluator == 2) {
      waiting.wait();
      return absl::DeadlineExceededError("no answer in time");
    }
    waiting.count_down();
    WaitFor(stop);
    return absl::CancelledError("stopped");
  };
  const absl::Status status = Run(2);
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
  EXPECT_EQ(sunk_, 0u);
}

TEST(TurnTest, WhoWaitsForAnotherRunsEvaluationStops) {
  Turn turn;
  std::stop_source stop;
  {
    const Turn::Held held = turn.Take({});
    ASSERT_TRUE(held);
    std::jthread stopper([&] { stop.request_stop(); });
    EXPECT_FALSE(turn.Take(stop.get_token()));
  }
  EXPECT_FALSE(turn.Take(stop.get_token())) << "stopped, though nobody has the turn";
  EXPECT_TRUE(turn.Take({}));
}

// --- steps that write files ----------------------------------------------------------------------

// Asks for a stop when the n-th file is opened or created, so that a step is stopped in every one
// of its stages.
class StoppingFileSystem : public common::PosixFileSystem {
 public:
  absl::StatusOr<std::unique_ptr<common::WritableFile>> Create(const std::string& path) override {
    Count();
    return PosixFileSystem::Create(path);
  }
  absl::StatusOr<std::unique_ptr<common::ReadableFile>> OpenRead(const std::string& path) override {
    Count();
    return PosixFileSystem::OpenRead(path);
  }
  // The token of a stop that is asked for at the n-th file, from 0.
  std::stop_token StopAt(int n) {
    stop_ = std::stop_source();
    left_ = n;
    return stop_.get_token();
  }

 private:
  void Count() {
    if (left_-- == 0) stop_.request_stop();
  }
  std::stop_source stop_;
  int left_ = -1;
};

class StepCancellationTest : public ::testing::Test {
 protected:
  StepCancellationTest() : committee_(3, 2, random_) {
    key_ = random_.NewSecret<32>();
    local_key_ = random_.NewSecret<32>();
    for (const char* directory : {"runs", "cache"}) {
      EXPECT_TRUE(fs_.MakePrivateDirectory(scratch_ / directory).ok());
    }
    auto files = RunFiles::Open(Seal(), scratch_ / "runs", std::string(64, 'h'));
    EXPECT_TRUE(files.ok()) << files.status();
    files_ = *std::move(files);
    auto dataset = DatasetFileWriter::Create(Seal(), scratch_ / "data");
    for (int i = 0; i < 20; ++i) {
      StoredRecord record;
      record.record_id = "r" + std::to_string(i);
      record.values = {{"kvk", "k" + std::to_string(i)}};
      EXPECT_TRUE((*dataset)->Add(record).ok());
    }
    EXPECT_TRUE((*dataset)->Finish().ok());
  }
  SealContext Seal() { return {&fs_, &random_, &key_}; }

  // Stops `step` at every file that it opens, and lets it go through at last. `result`: the file
  // that is there only after that.
  void StopEverywhere(const std::string& result,
                      const std::function<absl::Status(std::stop_token)>& step) {
    int stops = 0;
    while (true) {
      const std::stop_token stop = fs_.StopAt(stops);
      const absl::Status status = step(stop);
      if (!stop.stop_requested()) {
        ASSERT_TRUE(status.ok()) << status;
        break;
      }
      EXPECT_EQ(status.code(), absl::StatusCode::kCancelled)
          << "at file " << stops << ": " << status;
      EXPECT_FALSE(fs_.Exists(result)) << "at file " << stops;
      ExpectNothingHalf();
      ASSERT_LT(++stops, 100);
    }
    EXPECT_GT(stops, 0);
    EXPECT_TRUE(fs_.Exists(result));
    ExpectNothingHalf();
  }
  void ExpectNothingHalf() {
    for (const std::string& directory :
         {scratch_.path(), scratch_ / "cache", files_->directory(), files_->scratch()}) {
      const auto names = fs_.List(directory);
      ASSERT_TRUE(names.ok()) << names.status();
      EXPECT_THAT(*names, ::testing::Not(::testing::Contains(::testing::EndsWith(".tmp"))));
    }
    EXPECT_THAT(*fs_.List(files_->scratch()), ::testing::IsEmpty());
  }

  absl::StatusOr<std::vector<GroupedType>> Group(std::stop_token stop,
                                                 const std::function<void(std::uint64_t)>& told) {
    auto dataset = DatasetFileReader::Open(Seal(), scratch_ / "data");
    if (!dataset.ok()) return dataset.status();
    return GroupDataset(**dataset, {"kvk"}, local_key_, fs_, random_, files_->scratch(), {}, stop,
                        told);
  }
  absl::Status Tag(std::stop_token stop) {
    auto grouped = Group(stop, nullptr);
    if (!grouped.ok()) return grouped.status();
    EvaluationParameters parameters = committee_.Parameters("kvk");
    parameters.ask = [this, ask = parameters.ask](const PartialRequest& request,
                                                  std::stop_token token) {
      if (request.evaluator == 1) asked_ += request.chunk.size();
      return ask(request, token);
    };
    parameters.next_chunk_number = [this]() -> absl::StatusOr<std::uint64_t> {
      return next_chunk_++;
    };
    OutputCache cache(Seal(), scratch_ / "cache", "kvk", "v1");
    const crypto::GroupKey group_key = crypto::SeededRandom(7).NewSecret<64>();
    TagStepOptions options;
    options.evaluation = {.chunk_size = 4, .in_flight = 1};
    options.segment_values = 6;
    options.sort_memory_bytes = std::size_t{1} << 20;
    return MakeTagTable(std::move((*grouped)[0].sorted), 50, std::move(parameters),
                        crypto::RunTagger(group_key, "kvk"), cache, *files_, options, stop)
        .status();
  }

  // A run of agency a with b, as far as both have confirmed: record i holds tag i of a block, and
  // shares it.
  static crypto::RunTag TagOf(std::uint8_t n) { return {n}; }
  static std::array<std::uint8_t, 32> SecretOf(std::uint8_t n) { return {n}; }
  void ShareBlocks() {
    auto table = TagTableWriter::Create(files_->seal(), files_->directory(), "block-01");
    auto shared = SharedWriter::Create(*files_, "block-01", "b");
    for (std::uint8_t i = 0; i < 20; ++i) {
      ASSERT_TRUE(table->Add(TagEntryBytes(TagOf(i), SecretOf(i), {i})).ok());
      ASSERT_TRUE(shared->Add(TagOf(i), SecretOf(i)).ok());
    }
    ASSERT_TRUE(table->Finish().ok());
    ASSERT_TRUE(shared->Finish().ok());
  }
  absl::Status HandIn(std::stop_token stop) {
    const RecordStepInput input{{"block-01"}, {"a", "b"}, {"b"}, std::size_t{2} << 20};
    return MakeHandledRecords(input, *files_, stop).status();
  }

  StoppingFileSystem fs_;
  crypto::SystemRandom random_;
  common::testing::TempDir scratch_;
  testing::LocalCommittee committee_;
  crypto::Secret<32> key_;
  crypto::Secret<32> local_key_;
  std::unique_ptr<RunFiles> files_;
  std::uint64_t next_chunk_ = 0;
  std::uint64_t asked_ = 0;
};

TEST_F(StepCancellationTest, ReadingTheDataset) {
  std::stop_source stop;
  std::uint64_t told = 0;
  const auto grouped = Group(stop.get_token(), [&](std::uint64_t) {
    ++told;
    stop.request_stop();
  });
  EXPECT_EQ(grouped.status().code(), absl::StatusCode::kCancelled) << grouped.status();
  EXPECT_EQ(told, 1u);
  ExpectNothingHalf();
}

TEST_F(StepCancellationTest, GroupingBlocks) {
  std::stop_source stop;
  stop.request_stop();
  const auto grouped = GroupBlocks({{0, "one", {0, 1}}}, 1, local_key_, fs_, random_,
                                   files_->scratch(), {}, stop.get_token());
  EXPECT_EQ(grouped.status().code(), absl::StatusCode::kCancelled) << grouped.status();
  ExpectNothingHalf();
}

// From the dataset to the table of tags, stopped at every file: with one chunk in flight, no value
// is paid for twice.
TEST_F(StepCancellationTest, MakingTheTagTable) {
  StopEverywhere(TagTablePath(files_->directory(), "kvk"),
                 [this](std::stop_token stop) { return Tag(stop); });
  EXPECT_EQ(asked_, 20u);
}

// The link to the matcher breaks the stream off in the middle of a list.
TEST_F(StepCancellationTest, FetchingAnOverlap) {
  ShareBlocks();
  const std::vector<std::string> before = *fs_.List(files_->directory());
  {
    OverlapReceiver::Parameters parameters;
    parameters.identifier_type = "block-01";
    parameters.own_id = "a";
    parameters.counterparts = {"c"};
    OverlapReceiver receiver(std::move(parameters), *files_);
    v1::OverlapChunk chunk;
    chunk.set_counterpart("c");
    chunk.set_tags(crypto::ToString(TagOf(3)));
    ASSERT_TRUE(receiver.Take(chunk).ok());
  }
  EXPECT_EQ(*fs_.List(files_->directory()), before);
}

TEST_F(StepCancellationTest, MakingHandledRecords) {
  ShareBlocks();
  StopEverywhere(files_->directory() + "/records",
                 [this](std::stop_token stop) { return HandIn(stop); });
}

TEST_F(StepCancellationTest, ResolvingMatches) {
  ShareBlocks();
  ASSERT_TRUE(HandIn({}).ok());
  const crypto::Secret<64> pair_key = random_.NewSecret<64>();
  std::vector<v1::NodeMatch> matches;
  auto records = HandledRecordReader::Open(*files_);
  HandledRecord record;
  while (*records->Next(record)) {
    v1::NodeMatch& match = matches.emplace_back();
    match.set_pair_id(std::string(16, static_cast<char>('a' + matches.size())));
    match.set_handle(crypto::ToString(record.handle));
    match.set_counterpart("b");
    match.set_strength(v1::MATCH_STRENGTH_STRONG);
    match.add_agreed_types(0);
    match.add_agreed_tags(crypto::ToString(record.shared[0].tag));
    match.add_agreement(v1::AGREEMENT_LEVEL_EXACT);
  }
  // The own matches are not in the run's directory, and are written before the references.
  StopEverywhere(scratch_ / "matches", [&](std::stop_token stop) -> absl::Status {
    MatchStepInput input;
    input.purpose_id = "harbour";
    input.identifier_types = {"block-01"};
    input.agencies = {"a", "b"};
    input.compared_fields = 1;
    input.match_pair_keys = {{"b", &pair_key}};
    auto receiver = MatchReceiver::Create(std::move(input), *files_);
    if (!receiver.ok()) return receiver.status();
    for (const v1::NodeMatch& match : matches) {
      if (absl::Status taken = (*receiver)->Take(match); !taken.ok()) return taken;
    }
    EXPECT_FALSE(HaveReferences(*files_));
    auto dataset = DatasetFileReader::Open(Seal(), scratch_ / "data");
    if (!dataset.ok()) return dataset.status();
    return (*receiver)->Finish(**dataset, Seal(), scratch_ / "matches", stop).status();
  });
  EXPECT_TRUE(HaveReferences(*files_));
}

TEST_F(StepCancellationTest, Encoding) {
  ShareBlocks();
  ASSERT_TRUE(HandIn({}).ok());
  linkage::Profile profile;
  profile.fields = {{"surname", linkage::FieldKind::kSurname}};
  linkage::RecordTable table;
  table.columns = {std::vector<std::string>(20, "jansen")};
  std::vector<linkage::Block> blocks;
  blocks.reserve(20);
  for (std::uint32_t i = 0; i < 20; ++i) blocks.push_back({0, std::to_string(i), {i}});
  const crypto::PairKey pair_key = random_.NewSecret<64>();
  EncodingStepInput input;
  input.identifier_types = {"block-01"};
  input.agencies = {"a", "b"};
  input.profile = profile;
  input.table = &table;
  input.blocks = &blocks;
  input.block_key =
      [&](const std::string&, const std::string& type,
          std::span<const std::uint8_t, 32> secret) -> absl::StatusOr<crypto::Secret<64>> {
    return crypto::DeriveBlockKey(pair_key, type, secret);
  };
  v1::EncodingTaskChunk tasks;
  auto records = HandledRecordReader::Open(*files_);
  HandledRecord record;
  std::map<std::uint32_t, std::string> handles;
  while (*records->Next(record)) handles[record.record] = crypto::ToString(record.handle);
  for (const auto& [number, handle] : handles) {
    v1::EncodingTask& task = *tasks.add_tasks();
    task.set_counterpart(1);
    task.set_type_index(0);
    task.set_tag(crypto::ToString(TagOf(static_cast<std::uint8_t>(number))));
    task.set_handle(handle);
  }
  input.fetch_tasks = [&](const auto& take) { return take(tasks); };
  StopEverywhere(files_->directory() + "/encodings",
                 [&](std::stop_token stop) { return MakeEncodings(input, *files_, stop); });
  // And while one chunk of tasks is at work.
  ASSERT_TRUE(fs_.Remove(files_->directory() + "/encodings").ok());
  std::stop_source stop;
  int keys = 0;
  input.block_key = [&, block_key = input.block_key](const std::string& counterpart,
                                                     const std::string& type,
                                                     std::span<const std::uint8_t, 32> secret) {
    if (++keys == 3) stop.request_stop();
    return block_key(counterpart, type, secret);
  };
  EXPECT_TRUE(absl::IsCancelled(MakeEncodings(input, *files_, stop.get_token())));
  EXPECT_EQ(keys, 3);
  EXPECT_FALSE(HaveEncodings(*files_));
  ExpectNothingHalf();
}

}  // namespace
}  // namespace raakvlak::node
