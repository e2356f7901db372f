// Chunks of many callers on one stream to one evaluator: sent again when the stream breaks, given
// up when nothing comes back. The wire only; knows nothing of what is in the chunks.
#ifndef RAAKVLAK_SERVER_NODE_MESH_EVALUATION_STREAM_H_
#define RAAKVLAK_SERVER_NODE_MESH_EVALUATION_STREAM_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "raakvlak/v1/evaluation.grpc.pb.h"
#include "server/node/mesh/peers.h"

namespace raakvlak::node {

struct EvaluationStreamOptions {
  // Chunks sent to the evaluator and not yet answered; Ask() waits beyond them, at least 1.
  size_t window = 4;
  // A broken stream is opened anew, and what was not answered sent again (which costs no budget),
  // for as long as the policy's deadline after the last answer. call_timeout is not used: streams
  // have no deadline of their own.
  RetryPolicy retry;
  // The evaluator is given up when it answers nothing for so long while something is awaited.
  absl::Duration answer_timeout = absl::Minutes(5);
};

// Thread-safe. A thread of its own keeps the stream open and reads, another one writes.
class EvaluationStream {
 public:
  // `stub` must outlive this. Connects at the first Ask().
  EvaluationStream(v1::EvaluationService::StubInterface* stub, std::string evaluator,
                   EvaluationStreamOptions options);
  // Cancels what is under way.
  ~EvaluationStream();

  // Sends the request behind those of other callers and waits for its answer. Errors blame the
  // evaluator: what it refuses comes through with its code; Unavailable or DeadlineExceeded when it
  // is down. Cancelled once `stop` is requested.
  absl::StatusOr<v1::EvaluateResponse> Ask(const v1::EvaluateRequest& request,
                                           const std::stop_token& stop);

  // Nothing more is sent or given out; every Ask() gives `failure`, or an earlier one.
  void Fail(const absl::Status& failure);

 private:
  struct Entry {
    v1::EvaluateRequest request;
    std::optional<v1::EvaluateResponse> response;
  };

  // Until `ready`, a failure or a stop; false for a stop. Watches over the answers meanwhile.
  template <typename Ready>
  bool Wait(std::unique_lock<std::mutex>& lock, const std::stop_token& stop, Ready ready);
  void FailLocked(const absl::Status& failure);
  // Keeps a stream open while there is something to ask.
  void Run();
  void Write(grpc::ClientReaderWriterInterface<v1::EvaluateRequest, v1::EvaluateResponse>& stream);

  v1::EvaluationService::StubInterface* const stub_;
  const std::string evaluator_;
  const EvaluationStreamOptions options_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::thread thread_;
  grpc::ClientContext* context_ = nullptr;         // of the open stream
  std::deque<std::shared_ptr<Entry>> unanswered_;  // in the order in which they are sent
  size_t sent_ = 0;                                // of them, on the open stream
  bool writer_stop_ = false;
  bool stopping_ = false;
  absl::Status failure_;
  absl::Time last_progress_ = absl::Now();
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_MESH_EVALUATION_STREAM_H_
