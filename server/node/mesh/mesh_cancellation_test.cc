// A peer that takes every call and answers none, over real gRPC: whoever waits for it ends when
// told to stop, and at the deadline. And what a requester that went away costs nothing.
#include <gtest/gtest.h>

#include <chrono>
#include <latch>
#include <mutex>
#include <thread>

#include "server/node/mesh/blame.h"
#include "server/node/mesh/confirmation.h"
#include "server/node/mesh/mesh.h"
#include "server/node/mesh/run_opening_driver.h"
#include "server/node/mesh/testing/mesh_net.h"

namespace raakvlak::node {
namespace {

using testing::MeshNet;
using testing::Must;
using testing::TestChunk;

class SilentEvaluation : public v1::EvaluationService::Service {
 public:
  grpc::Status OpenRun(grpc::ServerContext* context, const v1::OpenRunRequest*,
                       v1::OpenRunResponse*) override {
    return Hold(context);
  }
  grpc::Status Evaluate(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<v1::EvaluateResponse, v1::EvaluateRequest>* stream) override {
    v1::EvaluateRequest request;
    stream->Read(&request);
    return Hold(context);
  }
  grpc::Status ConfirmOverlap(grpc::ServerContext* context, const v1::ConfirmOverlapRequest*,
                              v1::ConfirmOverlapResponse*) override {
    return Hold(context);
  }
  void WaitForCall() {
    std::unique_lock lock(mutex_);
    called_.wait(lock, [this] { return calls_ > 0; });
  }

 private:
  grpc::Status Hold(grpc::ServerContext* context) {
    {
      const std::lock_guard lock(mutex_);
      ++calls_;
    }
    called_.notify_all();
    while (!context->IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    return grpc::Status::CANCELLED;
  }
  std::mutex mutex_;
  std::condition_variable called_;
  int calls_ = 0;
};

// So patient that a test that waits for a deadline of it hangs.
RetryPolicy Forever() {
  return {.deadline = absl::Hours(2),
          .call_timeout = absl::Hours(1),
          .first_backoff = absl::Milliseconds(20)};
}
RetryPolicy OneSecond() {
  RetryPolicy policy = Forever();
  policy.deadline = absl::Seconds(1);
  return policy;
}

// Three nodes in an open run, of whom agency-b falls silent.
class MeshCancellationTest : public ::testing::Test {
 public:
  ~MeshCancellationTest() override { net_.node(1).host.reset(); }

 protected:
  MeshCancellationTest() {
    Must(net_.mesh(0).LeadCeremony(nullptr, nullptr).status());
    manifest_ = net_.partnership.Manifest();
    runs_ = net_.OpenRunEverywhere(manifest_);
  }
  void FallSilent() { net_.node(1).Serve(&silent_); }
  // What `work` gives when it is told to stop while agency-b holds a call of it.
  absl::Status Stopped(const std::function<absl::Status(std::stop_token)>& work) {
    std::stop_source stop;
    std::jthread stopper([&] {
      silent_.WaitForCall();
      stop.request_stop();
    });
    return work(stop.get_token());
  }
  TestChunk Chunk() { return TestChunk(runs_[0]->keys(), "iban", {"x", "y"}, random_); }
  std::unique_ptr<EvaluationClient> Client(const EvaluationStreamOptions& options) {
    return Must(EvaluationClient::Create(net_.mesh(0).ClientDependencies(), runs_[0], "iban",
                                         "agency-b", options));
  }
  absl::Status Confirm(const RetryPolicy& policy, const std::function<bool()>& cancelled) {
    return ConfirmOverlapWith(*runs_[0], net_.mesh(0).peers(), "agency-b", "iban", {},
                              net_.node(0).audit, policy, cancelled)
        .status();
  }

  SilentEvaluation silent_;
  MeshNet net_{3};
  v1::RunManifest manifest_;
  std::vector<std::shared_ptr<RunContext>> runs_;
  crypto::SeededRandom random_{99};
};

TEST_F(MeshCancellationTest, EvaluationStopsWhileAChunkIsAwaited) {
  FallSilent();
  const auto client = Client({.retry = Forever(), .answer_timeout = absl::Hours(1)});
  const TestChunk chunk = Chunk();
  const absl::Status status =
      Stopped([&](std::stop_token stop) { return client->Ask(0, *chunk.blinded, stop).status(); });
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << status;
}

TEST_F(MeshCancellationTest, EvaluationStopsWhileTheWindowIsFull) {
  FallSilent();
  const auto client = Client({.window = 1, .retry = Forever(), .answer_timeout = absl::Hours(1)});
  const TestChunk chunk = Chunk();
  std::stop_source first;
  std::jthread holder([&] { (void)client->Ask(0, *chunk.blinded, first.get_token()); });
  const TestChunk other = Chunk();
  const absl::Status status =
      Stopped([&](std::stop_token stop) { return client->Ask(1, *other.blinded, stop).status(); });
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << status;
  first.request_stop();
}

TEST_F(MeshCancellationTest, EvaluationStopsWhileAnEvaluatorIsAwayAndTheStreamIsToBeOpenedAgain) {
  net_.node(1).host.reset();
  const auto client = Client({.retry = Forever(), .answer_timeout = absl::Hours(1)});
  const TestChunk chunk = Chunk();
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  const absl::Status status = client->Ask(0, *chunk.blinded, stop.get_token()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << status;
}

TEST_F(MeshCancellationTest, EvaluationEndsAtTheDeadlineOfAnAnswer) {
  FallSilent();
  const auto client = Client({.retry = Forever(), .answer_timeout = absl::Seconds(1)});
  const TestChunk chunk = Chunk();
  const absl::Status status = client->Ask(0, *chunk.blinded).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
  EXPECT_EQ(CulpritOf(status), "agency-b");
}

TEST_F(MeshCancellationTest, ConfirmationStopsInTheMiddleOfACall) {
  FallSilent();
  const absl::Status status = Stopped([&](std::stop_token stop) {
    return Confirm(Forever(), [stop] { return stop.stop_requested(); });
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << status;
}

TEST_F(MeshCancellationTest, ConfirmationEndsAtItsDeadline) {
  FallSilent();
  const absl::Status status = Confirm(OneSecond(), nullptr);
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
  EXPECT_EQ(CulpritOf(status), "agency-b");
}

TEST_F(MeshCancellationTest, OpeningStopsInTheMiddleOfACallAndMayBeginAgain) {
  FallSilent();
  manifest_.set_run_counter(2);
  const auto run = Must(net_.TakeUp(0, manifest_));
  const auto open = [&](const RetryPolicy& policy, const std::function<bool()>& cancelled) {
    return OpenRunWithPeers(net_.mesh(0).registry(), *run, net_.mesh(0).peers(), net_.node(0).audit,
                            policy, cancelled);
  };
  absl::Status status = Stopped([&](std::stop_token stop) {
    return open(Forever(), [stop] { return stop.stop_requested(); });
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << status;
  // agency-b says nothing, agency-c that it does not know the run yet.
  status = open(OneSecond(), nullptr);
  EXPECT_TRUE(IsAbsence(status)) << status;
  // Neither was the end of it.
  EXPECT_TRUE(run->opening()->failure().ok()) << run->opening()->failure();
}

// Chunks that wait for a thread when their requester goes away are neither charged nor evaluated.
TEST_F(MeshCancellationTest, ARequesterThatWentAwayIsNotCharged) {
  common::WorkerPool& pool = *net_.node(1).pool;
  std::latch busy(static_cast<std::ptrdiff_t>(pool.threads()));
  std::latch release(1);
  for (size_t i = 0; i < pool.threads(); ++i) {
    pool.Submit([&] {
      busy.count_down();
      release.wait();
    });
  }
  busy.wait();
  {
    const auto client = Client({.retry = Forever(), .answer_timeout = absl::Hours(1)});
    const TestChunk chunk = Chunk();
    std::stop_source stop;
    std::jthread stopper([&] {
      while (pool.waiting() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
      stop.request_stop();
    });
    EXPECT_TRUE(absl::IsCancelled(client->Ask(0, *chunk.blinded, stop.get_token()).status()));
  }
  net_.node(1).host.reset();  // the streams are through when it returns
  release.count_down();
  pool.Shutdown();
  EXPECT_EQ(Must(net_.mesh(1).budget().SpentInRun(runs_[0]->manifest_hash(), "iban", "agency-a")),
            0u);
}

}  // namespace
}  // namespace raakvlak::node
