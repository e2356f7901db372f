// Who may call what. The table is data (method -> roles), the roster says who has which role, and
// one gate on every connection refuses the rest: PERMISSION_DENIED, with an audit entry.
#ifndef RAAKVLAK_SERVER_COMMON_ACCESS_H_
#define RAAKVLAK_SERVER_COMMON_ACCESS_H_

#include <grpcpp/security/auth_metadata_processor.h>

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/common/audit.h"
#include "server/common/identity.h"

namespace grpc {
class ServerContextBase;
}

namespace raakvlak::common {

enum class Role { kNode, kSteward, kCoordinator, kMatcher };

// "node", "steward", "coordinator", "matcher".
std::string_view RoleName(Role role);

// Who calls, as the roster says.
struct Caller {
  Role role = Role::kNode;
  // The agency of a node or steward; empty for the coordinator and the matcher.
  std::string agency_id;
  // The certificate identity that the roster knows; for the audit log.
  std::string identity;

  friend bool operator==(const Caller&, const Caller&) = default;
};

// What this room asks of the roster. Implementations are thread-safe and may change their answers
// when a new roster is loaded.
class RosterAccess {
 public:
  virtual ~RosterAccess() = default;
  // `identities` are all those of one certificate ("uri:...", "oin:..."). NotFound if none is on
  // the roster; FailedPrecondition if they stand for different callers.
  virtual absl::StatusOr<Caller> Resolve(std::span<const std::string> identities) const = 0;
};

// A fixed table, for tests and small tools.
class StaticRosterAccess : public RosterAccess {
 public:
  explicit StaticRosterAccess(std::map<std::string, Caller> callers)
      : callers_(std::move(callers)) {}
  absl::StatusOr<Caller> Resolve(std::span<const std::string> identities) const override;

 private:
  std::map<std::string, Caller> callers_;  // by identity
};

// One row of the access table.
struct MethodAccess {
  std::string method;  // "/raakvlak.v1.EvaluationService/OpenRun"
  std::vector<Role> roles;
};

// How a handler learns who calls. Thread-safe. Implemented by AccessGate; tests pass a FixedCaller.
class CallerResolver {
 public:
  virtual ~CallerResolver() = default;
  // PermissionDenied if the roster no longer knows the peer.
  virtual absl::StatusOr<Caller> CallerOf(const grpc::ServerContextBase& context) const = 0;
};

class FixedCaller : public CallerResolver {
 public:
  explicit FixedCaller(Caller caller) : caller_(std::move(caller)) {}
  absl::StatusOr<Caller> CallerOf(const grpc::ServerContextBase&) const override { return caller_; }

 private:
  Caller caller_;
};

// The gate: decides on (method, identities) and audits what it refuses. Thread-safe.
class AccessGate : public CallerResolver {
 public:
  // `services` are the full names of the services that will be registered. FailedPrecondition if a
  // method of theirs is missing in the table, or the table names a method of no such service, or
  // names one twice. The health service is open to every caller on the roster and must not be in
  // the table. `audit` and `roster` must outlive the gate.
  static absl::StatusOr<std::shared_ptr<AccessGate>> Create(std::span<const MethodAccess> table,
                                                            std::span<const std::string> services,
                                                            const RosterAccess& roster,
                                                            AuditSink& audit);

  // FailedPrecondition unless `services` are those the gate was made for.
  absl::Status CheckServices(std::vector<std::string> services) const;

  // OK, or PermissionDenied with one message for every reason a stranger may not tell apart; the
  // audit entry ("call.refused") has the reason. What cannot be logged is refused all
  // the same.
  absl::StatusOr<Caller> Decide(std::string_view method,
                                const absl::StatusOr<std::vector<std::string>>& identities) const;

  absl::StatusOr<Caller> CallerOf(const grpc::ServerContextBase& context) const override;

  // What the certificate of a call's peer says; Unauthenticated without one.
  absl::StatusOr<std::vector<std::string>> IdentitiesOf(const grpc::AuthContext& peer) const {
    return peers_->Of(peer);
  }

  // For ServerCredentials::SetAuthMetadataProcessor: sees the path and the peer of every call
  // before any handler does.
  static std::shared_ptr<grpc::AuthMetadataProcessor> Processor(
      std::shared_ptr<const AccessGate> gate);

 private:
  AccessGate(const RosterAccess& roster, AuditSink& audit) : roster_(roster), audit_(audit) {}

  const RosterAccess& roster_;
  AuditSink& audit_;
  const std::unique_ptr<PeerIdentities> peers_ = std::make_unique<PeerIdentities>();
  std::vector<std::string> services_;  // sorted
  std::map<std::string, std::vector<Role>, std::less<>> table_;
};

}  // namespace raakvlak::common

#endif  // RAAKVLAK_SERVER_COMMON_ACCESS_H_
