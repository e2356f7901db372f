// One channel and two stubs a peer.
#include "server/node/mesh/peers.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/common/grpc_status.h"
#include "server/node/mesh/blame.h"

namespace raakvlak::node {
namespace {

// Breaks a call off once `cancelled` says so: a peer that answers nothing holds nobody up until
// the call's own deadline.
class CallWatch {
 public:
  CallWatch(grpc::ClientContext& context, const std::function<bool()>& cancelled) {
    if (cancelled == nullptr) return;
    thread_ = std::jthread([&context, &cancelled](const std::stop_token& done) {
      std::mutex mutex;
      std::condition_variable_any never;
      std::unique_lock lock(mutex);
      while (!done.stop_requested()) {
        if (cancelled()) return context.TryCancel();
        never.wait_for(lock, done, std::chrono::milliseconds(50), [] { return false; });
      }
    });
  }

 private:
  std::jthread thread_;
};

}  // namespace

Peers::Peers(const authority::Roster& roster, std::string own_id, const common::TlsFiles& tls,
             std::shared_ptr<const common::RosterAccess> roster_access,
             common::ChannelOptions options)
    : own_id_(std::move(own_id)) {
  for (const v1::Member& member : roster.body().members()) {
    if (member.agency_id() == own_id_) continue;
    ids_.push_back(member.agency_id());
    Stubs& stubs = stubs_[member.agency_id()];
    stubs.channel = common::MakeChannel(
        member.endpoint(), tls, roster_access,
        {.role = common::Role::kNode, .agency_id = member.agency_id()}, options);
    stubs.evaluation = v1::EvaluationService::NewStub(stubs.channel);
    stubs.ceremony = v1::CeremonyService::NewStub(stubs.channel);
  }
}

Peers::~Peers() = default;

v1::EvaluationService::StubInterface* Peers::evaluation(std::string_view agency_id) const {
  return StubOf<v1::EvaluationService::StubInterface>(agency_id);
}

absl::Status Peers::NotAPeer(std::string_view agency_id) {
  return absl::InvalidArgumentError(absl::StrCat(std::string(agency_id), " is not on the roster"));
}

bool SleepUnlessCancelled(absl::Duration duration, const std::function<bool()>& cancelled) {
  const absl::Time until = absl::Now() + duration;
  while (absl::Now() < until) {
    if (cancelled != nullptr && cancelled()) return false;
    absl::SleepFor(std::min(until - absl::Now(), absl::Milliseconds(50)));
  }
  return cancelled == nullptr || !cancelled();
}

absl::Status Peers::Retry(std::string_view agency_id, grpc::Channel& channel,
                          const RetryPolicy& policy, const std::function<bool()>& cancelled,
                          const std::function<grpc::Status(grpc::ClientContext&)>& call) {
  const absl::Time deadline = absl::Now() + policy.deadline;
  absl::Duration backoff = policy.first_backoff;
  // Since when no connection could be made.
  absl::Time unreachable_since = absl::InfiniteFuture();
  bool heard_of = false;
  while (true) {
    if (cancelled != nullptr && cancelled()) return absl::CancelledError("cancelled");
    // A channel that failed before tells of that for seconds, though the peer may be back.
    if (policy.unreachable_after != absl::InfiniteDuration()) {
      grpc::experimental::ChannelResetConnectionBackoff(&channel);
    }
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(std::min(absl::Now() + policy.call_timeout, deadline)));
    const grpc::Status status = [&] {
      const CallWatch watch(context, cancelled);
      return call(context);
    }();
    if (status.ok()) return absl::OkStatus();
    if (status.error_code() == grpc::StatusCode::CANCELLED && cancelled != nullptr && cancelled()) {
      return absl::CancelledError("cancelled");
    }
    if (status.error_code() != grpc::StatusCode::UNAVAILABLE &&
        status.error_code() != grpc::StatusCode::DEADLINE_EXCEEDED) {
      return WithBlame(common::FromGrpc(status), agency_id);
    }
    // Without a connection it is not the peer that says so.
    if (status.error_code() == grpc::StatusCode::UNAVAILABLE &&
        channel.GetState(/*try_to_connect=*/false) != GRPC_CHANNEL_READY) {
      unreachable_since = std::min(unreachable_since, absl::Now());
      if (absl::Now() - unreachable_since >= policy.unreachable_after) {
        return BlamedError(absl::StatusCode::kUnavailable, agency_id,
                           absl::StrCat("cannot be reached: ", status.error_message()));
      }
    } else {
      unreachable_since = absl::InfiniteFuture();
    }
    heard_of = heard_of || status.error_code() == grpc::StatusCode::UNAVAILABLE;
    if (absl::Now() + backoff >= deadline) {
      return BlamedError(
          heard_of ? absl::StatusCode::kUnavailable : absl::StatusCode::kDeadlineExceeded,
          agency_id, absl::StrCat("did not answer in time: ", status.error_message()));
    }
    if (!SleepUnlessCancelled(backoff, cancelled)) return absl::CancelledError("cancelled");
    backoff = std::min(backoff * 2, policy.max_backoff);
  }
}

}  // namespace raakvlak::node
