#include "server/common/access.h"

#include <google/protobuf/descriptor.h>
#include <grpcpp/server_context.h>

#include <algorithm>
#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/common/identity.h"

namespace raakvlak::common {
namespace {

constexpr std::string_view kHealthService = "/grpc.health.v1.Health/";

// gRPC's hook: path and peer of every call, on a thread that may block for the audit log.
class GateProcessor : public grpc::AuthMetadataProcessor {
 public:
  explicit GateProcessor(std::shared_ptr<const AccessGate> gate) : gate_(std::move(gate)) {}

  grpc::Status Process(const InputMetadata& metadata, grpc::AuthContext* context, OutputMetadata*,
                       OutputMetadata*) override {
    const auto path = metadata.find(":path");
    const std::string_view method =
        path == metadata.end() ? std::string_view()
                               : std::string_view(path->second.data(), path->second.size());
    const absl::StatusOr<Caller> caller = gate_->Decide(method, gate_->IdentitiesOf(*context));
    if (caller.ok()) return grpc::Status::OK;
    return grpc::Status(grpc::StatusCode::PERMISSION_DENIED,
                        std::string(caller.status().message()));
  }

 private:
  const std::shared_ptr<const AccessGate> gate_;
};

}  // namespace

std::string_view RoleName(Role role) {
  switch (role) {
    case Role::kNode:
      return "node";
    case Role::kSteward:
      return "steward";
    case Role::kCoordinator:
      return "coordinator";
    case Role::kMatcher:
      return "matcher";
  }
  return "unknown";
}

absl::StatusOr<Caller> StaticRosterAccess::Resolve(std::span<const std::string> identities) const {
  std::optional<Caller> found;
  for (const std::string& identity : identities) {
    const auto known = callers_.find(identity);
    if (known == callers_.end()) continue;
    Caller caller = known->second;
    caller.identity = identity;
    if (found && (found->role != caller.role || found->agency_id != caller.agency_id)) {
      return absl::FailedPreconditionError("the certificate stands for several callers");
    }
    if (!found) found = std::move(caller);
  }
  if (!found) return absl::NotFoundError("not on the roster");
  return *found;
}

absl::StatusOr<std::shared_ptr<AccessGate>> AccessGate::Create(
    std::span<const MethodAccess> table, std::span<const std::string> services,
    const RosterAccess& roster, AuditSink& audit) {
  std::set<std::string> registered;
  for (const std::string& service : services) {
    const google::protobuf::ServiceDescriptor* descriptor =
        google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(service);
    if (descriptor == nullptr) {
      return absl::FailedPreconditionError(absl::StrCat("there is no service ", service));
    }
    for (int i = 0; i < descriptor->method_count(); ++i) {
      registered.insert(absl::StrCat("/", service, "/", descriptor->method(i)->name()));
    }
  }
  std::shared_ptr<AccessGate> gate(new AccessGate(roster, audit));
  for (const MethodAccess& row : table) {
    if (!registered.contains(row.method)) {
      return absl::FailedPreconditionError(
          absl::StrCat("the access table names ", row.method, ", which no registered service has"));
    }
    if (!gate->table_.emplace(row.method, row.roles).second) {
      return absl::FailedPreconditionError(
          absl::StrCat("the access table names ", row.method, " twice"));
    }
  }
  for (const std::string& method : registered) {
    if (!gate->table_.contains(method)) {
      return absl::FailedPreconditionError(
          absl::StrCat("the access table says nothing about ", method, "; say who may call it"));
    }
  }
  gate->services_.assign(services.begin(), services.end());
  std::sort(gate->services_.begin(), gate->services_.end());
  return gate;
}

absl::Status AccessGate::CheckServices(std::vector<std::string> services) const {
  std::sort(services.begin(), services.end());
  if (services != services_) {
    return absl::FailedPreconditionError(
        absl::StrCat("the access table was made for [", absl::StrJoin(services_, ", "),
                     "], but registered are [", absl::StrJoin(services, ", "), "]"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Caller> AccessGate::Decide(
    std::string_view method, const absl::StatusOr<std::vector<std::string>>& identities) const {
  std::string reason;
  std::string actor = "unknown";
  absl::StatusOr<Caller> caller = absl::UnauthenticatedError("");
  if (!identities.ok()) {
    reason = std::string(identities.status().message());
  } else {
    if (!identities->empty()) actor = absl::StrJoin(*identities, " ");
    caller = roster_.Resolve(*identities);
    if (!caller.ok()) {
      reason = std::string(caller.status().message());
    } else if (method.substr(0, kHealthService.size()) != kHealthService) {
      const auto row = table_.find(method);
      if (row == table_.end()) {
        reason = "no such method";
      } else if (std::find(row->second.begin(), row->second.end(), caller->role) ==
                 row->second.end()) {
        reason = absl::StrCat("a ", std::string(RoleName(caller->role)), " may not call it");
      }
    }
  }
  if (reason.empty()) return caller;
  // Whether or not the log takes it, the call is refused.
  audit_
      .Append({.event = "call.refused",
               .actor = actor,
               .outcome = "denied",
               .fields = {{"method", std::string(method.substr(0, 256))}, {"reason", reason}}})
      .IgnoreError();
  return absl::PermissionDeniedError("this certificate may not make this call");
}

absl::StatusOr<Caller> AccessGate::CallerOf(const grpc::ServerContextBase& context) const {
  const std::shared_ptr<const grpc::AuthContext> peer = context.auth_context();
  absl::StatusOr<std::vector<std::string>> identities =
      peer == nullptr ? absl::UnauthenticatedError("no peer") : IdentitiesOf(*peer);
  if (identities.ok()) {
    absl::StatusOr<Caller> caller = roster_.Resolve(*identities);
    if (caller.ok()) return caller;
  }
  return absl::PermissionDeniedError("this certificate may not make this call");
}

std::shared_ptr<grpc::AuthMetadataProcessor> AccessGate::Processor(
    std::shared_ptr<const AccessGate> gate) {
  return std::make_shared<GateProcessor>(std::move(gate));
}

}  // namespace raakvlak::common
