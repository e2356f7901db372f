// Authorise, hand on, translate. Streams are reactors: reads and writes never wait for each other,
// and at most a few chunks of a stream are in work.
#include "server/node/mesh/evaluation_service.h"

#include <deque>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/common/grpc_status.h"
#include "server/node/mesh/blame.h"
#include "server/node/mesh/signed_payload.h"

namespace raakvlak::node {
namespace {

// The agency of a calling node.
absl::StatusOr<std::string> CallingNode(const common::CallerResolver& callers,
                                        const grpc::ServerContextBase& context) {
  absl::StatusOr<common::Caller> caller = callers.CallerOf(context);
  if (!caller.ok()) return caller.status();
  if (caller->role != common::Role::kNode) {
    return absl::PermissionDeniedError("only nodes take part in the mesh");
  }
  return caller->agency_id;
}

// A stream that was refused before it began.
class RefusedStream : public grpc::ServerBidiReactor<v1::EvaluateRequest, v1::EvaluateResponse> {
 public:
  explicit RefusedStream(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

// One stream of chunks. Keeps itself alive until gRPC and the pool are through with it.
class EvaluateStream : public grpc::ServerBidiReactor<v1::EvaluateRequest, v1::EvaluateResponse> {
 public:
  EvaluateStream(std::string caller, const EvaluationServiceImpl::Dependencies& dependencies)
      : caller_(std::move(caller)), dependencies_(dependencies) {}

  void Start(std::shared_ptr<EvaluateStream> self) {
    const std::lock_guard lock(mutex_);
    self_ = std::move(self);
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    auto slot = std::make_shared<Slot>();
    std::shared_ptr<EvaluateStream> self;
    {
      const std::lock_guard lock(mutex_);
      if (finished_) return;
      if (!ok) {
        read_all_ = true;
        Pump();
        return;
      }
      slot->request = std::move(request_);
      request_ = v1::EvaluateRequest();
      slots_.push_back(slot);
      self = self_;
    }
    // May wait for room in the pool (the back-pressure on all streams together), so not under the
    // lock, which the pool's threads take.
    const bool submitted = dependencies_.pool.Submit([self, slot] { self->Work(*slot); });
    const std::lock_guard lock(mutex_);
    if (finished_) return;
    if (!submitted) slot->answer = absl::UnavailableError("the node is shutting down");
    reading_ = slots_.size() < dependencies_.chunks_in_flight;
    if (reading_) StartRead(&request_);
    Pump();
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (finished_) return;
    if (!ok) {
      End(grpc::Status(grpc::StatusCode::CANCELLED, "the stream is broken"));
      return;
    }
    slots_.pop_front();
    if (!reading_ && !read_all_) {
      reading_ = true;
      StartRead(&request_);
    }
    Pump();
  }

  void OnCancel() override {
    const std::lock_guard lock(mutex_);
    if (!finished_) End(grpc::Status(grpc::StatusCode::CANCELLED, "cancelled"));
  }

  void OnDone() override {
    std::shared_ptr<EvaluateStream> self;  // released after the lock
    const std::lock_guard lock(mutex_);
    self.swap(self_);
  }

 private:
  struct Slot {
    v1::EvaluateRequest request;
    std::optional<absl::StatusOr<v1::EvaluateResponse>> answer;
  };

  // On the pool.
  void Work(Slot& slot) {
    {
      const std::lock_guard lock(mutex_);
      if (finished_) return;
    }
    absl::StatusOr<AdmittedChunk> chunk = dependencies_.evaluator.Admit(caller_, slot.request);
    absl::StatusOr<v1::EvaluateResponse> answer =
        chunk.ok() ? dependencies_.evaluator.Compute(*chunk)
                   : absl::StatusOr<v1::EvaluateResponse>(chunk.status());
    const std::lock_guard lock(mutex_);
    slot.request.Clear();
    slot.answer = std::move(answer);
    if (!finished_) Pump();
  }

  // Sends the next answer if it is its turn; ends the stream after the last one.
  void Pump() {
    if (writing_ || finished_) return;
    if (slots_.empty()) {
      if (read_all_) End(grpc::Status::OK);
      return;
    }
    Slot& next = *slots_.front();
    if (!next.answer.has_value()) return;
    if (!next.answer->ok()) {
      End(common::ToGrpc(next.answer->status()));
      return;
    }
    writing_ = true;
    StartWrite(&**next.answer);
  }

  void End(const grpc::Status& status) {
    finished_ = true;
    Finish(status);
  }

  const std::string caller_;
  const EvaluationServiceImpl::Dependencies& dependencies_;
  std::mutex mutex_;
  std::shared_ptr<EvaluateStream> self_;
  v1::EvaluateRequest request_;
  std::deque<std::shared_ptr<Slot>> slots_;  // in order; the front is written next
  bool reading_ = true;
  bool read_all_ = false;
  bool writing_ = false;
  bool finished_ = false;
};

}  // namespace

grpc::Status EvaluationServiceImpl::OpenRun(grpc::ServerContext* context,
                                            const v1::OpenRunRequest* request,
                                            v1::OpenRunResponse* response) {
  const absl::StatusOr<std::string> caller = CallingNode(dependencies_.callers, *context);
  if (!caller.ok()) return common::ToGrpc(caller.status());
  v1::RunOpening opening;
  if (!opening.ParseFromString(request->opening().payload())) {
    return common::ToGrpc(
        BlamedError(absl::StatusCode::kInvalidArgument, *caller, "malformed opening"));
  }
  absl::StatusOr<std::shared_ptr<RunContext>> run =
      dependencies_.registry.Find(opening.manifest_hash());
  if (!run.ok()) {
    // Only what it signed counts against the matcher.
    const authority::Roster& roster = dependencies_.registry.dependencies().roster;
    if (absl::IsUnavailable(run.status()) &&
        VerifyPayload(roster.RosterKey(*caller), *caller, kRunOpeningContext, request->opening())
            .ok()) {
      dependencies_.registry.NoteForeignOpening(*caller, opening.manifest_hash());
    }
    return common::ToGrpc(run.status());
  }
  const std::shared_ptr<RunOpening> own = (*run)->opening();
  if (own == nullptr) {
    return common::ToGrpc(absl::FailedPreconditionError("the run has ended at this node"));
  }
  if (absl::Status status = own->AddOpening(*caller, request->opening()); !status.ok()) {
    static_cast<void>(dependencies_.audit.Append(
        {.event = "run.opening_refused",
         .actor = *caller,
         .outcome = "denied",
         .fields = {{"run", (*run)->run_id()}, {"reason", std::string(status.message())}}}));
    return common::ToGrpc(status);
  }
  *response->mutable_opening() = own->opening();
  return grpc::Status::OK;
}

grpc::Status EvaluationServiceImpl::RevealRun(grpc::ServerContext* context,
                                              const v1::RevealRunRequest* request,
                                              v1::RevealRunResponse* response) {
  const absl::StatusOr<std::string> caller = CallingNode(dependencies_.callers, *context);
  if (!caller.ok()) return common::ToGrpc(caller.status());
  v1::RunReveal reveal;
  if (!reveal.ParseFromString(request->reveal().payload())) {
    return common::ToGrpc(
        BlamedError(absl::StatusCode::kInvalidArgument, *caller, "malformed reveal"));
  }
  absl::StatusOr<std::shared_ptr<RunContext>> run =
      dependencies_.registry.Find(reveal.manifest_hash());
  if (!run.ok()) return common::ToGrpc(run.status());
  const std::shared_ptr<RunOpening> own = (*run)->opening();
  if (own == nullptr) {
    return common::ToGrpc(absl::FailedPreconditionError("the run has ended at this node"));
  }
  if (absl::Status status = own->AddReveal(*caller, request->reveal()); !status.ok()) {
    if (!absl::IsUnavailable(status)) {
      static_cast<void>(dependencies_.audit.Append(
          {.event = "run.opening_refused",
           .actor = *caller,
           .outcome = "denied",
           .fields = {{"run", (*run)->run_id()}, {"reason", std::string(status.message())}}}));
    }
    return common::ToGrpc(status);
  }
  absl::StatusOr<v1::SignedPayload> answer = own->RevealTo(*caller);
  if (!answer.ok()) return common::ToGrpc(answer.status());
  *response->mutable_reveal() = *std::move(answer);
  return grpc::Status::OK;
}

grpc::ServerBidiReactor<v1::EvaluateRequest, v1::EvaluateResponse>* EvaluationServiceImpl::Evaluate(
    grpc::CallbackServerContext* context) {
  absl::StatusOr<std::string> caller = CallingNode(dependencies_.callers, *context);
  if (!caller.ok()) return new RefusedStream(common::ToGrpc(caller.status()));
  auto stream = std::make_shared<EvaluateStream>(*std::move(caller), dependencies_);
  stream->Start(stream);
  return stream.get();
}

grpc::Status EvaluationServiceImpl::ConfirmOverlap(grpc::ServerContext* context,
                                                   const v1::ConfirmOverlapRequest* request,
                                                   v1::ConfirmOverlapResponse* response) {
  const absl::StatusOr<std::string> caller = CallingNode(dependencies_.callers, *context);
  if (!caller.ok()) return common::ToGrpc(caller.status());
  absl::StatusOr<std::shared_ptr<RunContext>> run =
      dependencies_.registry.Find(request->manifest_hash());
  if (!run.ok()) return common::ToGrpc(run.status());
  if ((*run)->manifest().AgencyIndex(*caller) < 0 ||
      (*run)->manifest().TypeIndex(request->identifier_type()) < 0) {
    return common::ToGrpc(BlamedError(absl::StatusCode::kPermissionDenied, *caller,
                                      "asks to confirm what the run does not hold"));
  }
  // The caller's value needs no look: this node asks for it in its own time and compares then.
  // What is sent is bound to its direction, so sending it back proves nothing.
  const std::optional<OwnConfirmation> own =
      (*run)->FindConfirmation(*caller, request->identifier_type());
  if (!own.has_value()) {
    return common::ToGrpc(absl::UnavailableError("the overlap has not been computed here yet"));
  }
  response->set_confirmation(crypto::ToString(own->sent));
  response->set_count(own->count);
  return grpc::Status::OK;
}

}  // namespace raakvlak::node
