// Channels to the other nodes of the roster, over mutual TLS, each held to the certificate identity
// that the roster gives that member; calls on them, how they are retried, and what their failures
// mean. gRPC's status ends here.
#ifndef RAAKVLAK_SERVER_NODE_MESH_PEERS_H_
#define RAAKVLAK_SERVER_NODE_MESH_PEERS_H_

#include <grpcpp/channel.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "authority/roster.h"
#include "raakvlak/v1/ceremony.grpc.pb.h"
#include "raakvlak/v1/evaluation.grpc.pb.h"
#include "server/common/access.h"
#include "server/common/tls.h"

namespace raakvlak::node {

// How a call to a peer is repeated while the peer is UNAVAILABLE (down, or not ready yet).
struct RetryPolicy {
  // In all.
  absl::Duration deadline = absl::Minutes(2);
  // Of one try.
  absl::Duration call_timeout = absl::Seconds(20);
  // Between tries; doubles up to max_backoff.
  absl::Duration first_backoff = absl::Milliseconds(100);
  absl::Duration max_backoff = absl::Seconds(3);
  // A peer to which no connection can be made for so long is given up on: it is down, not slow.
  // Until then each try connects anew.
  absl::Duration unreachable_after = absl::InfiniteDuration();
};

// Thread-safe.
class Peers {
 public:
  // `roster_access` decides who a certificate stands for. `roster` must outlive this.
  Peers(const authority::Roster& roster, std::string own_id, const common::TlsFiles& tls,
        std::shared_ptr<const common::RosterAccess> roster_access,
        common::ChannelOptions options = {});
  ~Peers();

  const std::string& own_id() const { return own_id_; }
  // Every member but the own agency, in order.
  const std::vector<std::string>& ids() const { return ids_; }
  // For streams; nullptr for who is not a peer. Lives as long as this.
  v1::EvaluationService::StubInterface* evaluation(std::string_view agency_id) const;

  // A method of EvaluationService::StubInterface or CeremonyService::StubInterface with one request
  // and one response.
  template <typename Stub, typename Request, typename Response>
  using UnaryMethod = grpc::Status (Stub::*)(grpc::ClientContext*, const Request&, Response*);

  // Calls `method` of a peer, with a fresh context each time (deadline set), until it gives
  // anything but UNAVAILABLE or a per-try DEADLINE_EXCEEDED, or until the policy's deadline, or
  // until `cancelled` says so: then a call that is under way is broken off (Cancelled). `cancelled`
  // may be empty, and is called from another thread too. Errors blame the peer: Unavailable for an
  // absence past the deadline or without a connection, DeadlineExceeded for a peer that took every
  // try and answered none, else what it answered. InvalidArgument for who is not a peer.
  template <typename Stub, typename Request, typename Response>
  absl::Status Call(std::string_view agency_id, UnaryMethod<Stub, Request, Response> method,
                    const Request& request, Response& response, const RetryPolicy& policy,
                    const std::function<bool()>& cancelled) const {
    Stub* const stub = StubOf<Stub>(agency_id);
    if (stub == nullptr) return NotAPeer(agency_id);
    grpc::Channel& channel = *stubs_.find(agency_id)->second.channel;
    return Retry(agency_id, channel, policy, cancelled, [&](grpc::ClientContext& context) {
      return (stub->*method)(&context, request, &response);
    });
  }

 private:
  template <typename Stub>
  Stub* StubOf(std::string_view agency_id) const {
    const auto found = stubs_.find(agency_id);
    if (found == stubs_.end()) return nullptr;
    if constexpr (std::is_same_v<Stub, v1::CeremonyService::StubInterface>) {
      return found->second.ceremony.get();
    } else {
      return found->second.evaluation.get();
    }
  }
  static absl::Status NotAPeer(std::string_view agency_id);
  static absl::Status Retry(std::string_view agency_id, grpc::Channel& channel,
                            const RetryPolicy& policy, const std::function<bool()>& cancelled,
                            const std::function<grpc::Status(grpc::ClientContext&)>& call);

  struct Stubs {
    std::shared_ptr<grpc::Channel> channel;
    std::unique_ptr<v1::EvaluationService::StubInterface> evaluation;
    std::unique_ptr<v1::CeremonyService::StubInterface> ceremony;
  };
  const std::string own_id_;
  std::vector<std::string> ids_;
  std::map<std::string, Stubs, std::less<>> stubs_;
};

// False if `cancelled` (may be empty) said so before the time was over.
bool SleepUnlessCancelled(absl::Duration duration, const std::function<bool()>& cancelled);

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_MESH_PEERS_H_
