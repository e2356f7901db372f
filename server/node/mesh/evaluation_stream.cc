// One thread reads and one writes, while there is something to ask.
#include "server/node/mesh/evaluation_stream.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/common/grpc_status.h"
#include "server/node/mesh/blame.h"

namespace raakvlak::node {

EvaluationStream::EvaluationStream(v1::EvaluationService::StubInterface* stub,
                                   std::string evaluator, EvaluationStreamOptions options)
    : stub_(stub), evaluator_(std::move(evaluator)), options_(options) {}

EvaluationStream::~EvaluationStream() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (context_ != nullptr) context_->TryCancel();
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

template <typename Ready>
bool EvaluationStream::Wait(std::unique_lock<std::mutex>& lock, const std::stop_token& stop,
                            Ready ready) {
  while (true) {
    const bool woken = changed_.wait_for(lock, stop, std::chrono::seconds(1),
                                         [&] { return ready() || !failure_.ok() || stopping_; });
    if (stop.stop_requested() || stopping_) return false;
    if (woken) return true;
    if (!unanswered_.empty() && absl::Now() - last_progress_ > options_.answer_timeout) {
      FailLocked(BlamedError(absl::StatusCode::kDeadlineExceeded, evaluator_,
                             "answered no chunk in time"));
    }
  }
}

absl::StatusOr<v1::EvaluateResponse> EvaluationStream::Ask(const v1::EvaluateRequest& request,
                                                           const std::stop_token& stop) {
  auto entry = std::make_shared<Entry>();
  entry->request = request;
  std::unique_lock lock(mutex_);
  if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
  if (!Wait(lock, stop, [this] { return unanswered_.size() < options_.window; })) {
    return absl::CancelledError("cancelled");
  }
  if (!failure_.ok()) return failure_;
  if (unanswered_.empty()) last_progress_ = absl::Now();
  unanswered_.push_back(entry);
  changed_.notify_all();
  if (!Wait(lock, stop, [&] { return entry->response.has_value(); })) {
    return absl::CancelledError("cancelled");
  }
  if (!entry->response.has_value()) return failure_;
  return *std::move(entry->response);
}

void EvaluationStream::Fail(const absl::Status& failure) {
  const std::lock_guard lock(mutex_);
  FailLocked(failure);
}

void EvaluationStream::FailLocked(const absl::Status& failure) {
  if (failure_.ok()) failure_ = failure;
  if (context_ != nullptr) context_->TryCancel();
  changed_.notify_all();
}

void EvaluationStream::Run() {
  std::optional<absl::Time> broken_since;
  absl::Duration backoff = options_.retry.first_backoff;
  while (true) {
    grpc::ClientContext context;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return !unanswered_.empty() || stopping_ || !failure_.ok(); });
      if (stopping_ || !failure_.ok()) return;
      context_ = &context;
      sent_ = 0;
      writer_stop_ = false;
    }
    auto stream = stub_->Evaluate(&context);
    std::thread writer([this, &stream] { Write(*stream); });
    v1::EvaluateResponse response;
    bool unasked = false;
    while (!unasked && stream->Read(&response)) {
      const std::lock_guard lock(mutex_);
      broken_since.reset();
      backoff = options_.retry.first_backoff;
      unasked = sent_ == 0;
      if (unasked) {
        FailLocked(BlamedError(absl::StatusCode::kInvalidArgument, evaluator_,
                               "answered more chunks than it was asked"));
        break;
      }
      unanswered_.front()->response = std::move(response);
      unanswered_.pop_front();
      --sent_;
      last_progress_ = absl::Now();
      changed_.notify_all();
    }
    {
      const std::lock_guard lock(mutex_);
      writer_stop_ = true;
    }
    changed_.notify_all();
    writer.join();
    const grpc::Status status = stream->Finish();
    {
      const std::lock_guard lock(mutex_);
      context_ = nullptr;
      if (stopping_ || !failure_.ok()) return;
      // An evaluator ends no stream by itself; a connection grown old does.
      const bool passing = status.ok() || status.error_code() == grpc::StatusCode::UNAVAILABLE ||
                           status.error_code() == grpc::StatusCode::CANCELLED;
      if (!broken_since.has_value()) broken_since = absl::Now();
      if (!passing) {
        FailLocked(WithBlame(common::FromGrpc(status), evaluator_));
        return;
      }
      if (!unanswered_.empty() && absl::Now() - *broken_since >= options_.retry.deadline) {
        FailLocked(BlamedError(absl::StatusCode::kUnavailable, evaluator_,
                               absl::StrCat("does not evaluate: ", status.error_message())));
        return;
      }
    }
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, absl::ToChronoMilliseconds(backoff),
                      [this] { return stopping_ || !failure_.ok(); });
    backoff = std::min(backoff * 2, options_.retry.max_backoff);
  }
}

void EvaluationStream::Write(
    grpc::ClientReaderWriterInterface<v1::EvaluateRequest, v1::EvaluateResponse>& stream) {
  while (true) {
    std::shared_ptr<Entry> entry;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] {
        return writer_stop_ || stopping_ || !failure_.ok() || sent_ < unanswered_.size();
      });
      if (writer_stop_ || stopping_ || !failure_.ok()) return;
      entry = unanswered_[sent_++];
    }
    if (!stream.Write(entry->request)) return;  // the reader learns why
  }
}

}  // namespace raakvlak::node
