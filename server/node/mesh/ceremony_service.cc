// Authorise, hand on, translate.
#include "server/node/mesh/ceremony_service.h"

#include "server/common/grpc_status.h"

namespace raakvlak::node {
namespace {

// The agency of a calling node.
absl::StatusOr<std::string> CallingNode(const common::CallerResolver& callers,
                                        const grpc::ServerContext& context) {
  absl::StatusOr<common::Caller> caller = callers.CallerOf(context);
  if (!caller.ok()) return caller.status();
  if (caller->role != common::Role::kNode) {
    return absl::PermissionDeniedError("only nodes take part in ceremonies");
  }
  return caller->agency_id;
}

template <typename T>
grpc::Status Answer(absl::StatusOr<T> result, T* response) {
  if (!result.ok()) return common::ToGrpc(result.status());
  *response = *std::move(result);
  return grpc::Status::OK;
}

}  // namespace

grpc::Status CeremonyServiceImpl::Begin(grpc::ServerContext* context,
                                        const v1::BeginCeremonyRequest* request,
                                        v1::CeremonyMessage* response) {
  const absl::StatusOr<std::string> caller = CallingNode(callers_, *context);
  if (!caller.ok()) return common::ToGrpc(caller.status());
  return Answer(participant_.Begin(*caller, *request), response);
}

grpc::Status CeremonyServiceImpl::Reveal(grpc::ServerContext* context,
                                         const v1::CeremonyStepRequest* request,
                                         v1::CeremonyMessage* response) {
  const absl::StatusOr<std::string> caller = CallingNode(callers_, *context);
  if (!caller.ok()) return common::ToGrpc(caller.status());
  return Answer(participant_.Reveal(*caller, *request), response);
}

grpc::Status CeremonyServiceImpl::Deal(grpc::ServerContext* context,
                                       const v1::CeremonyStepRequest* request,
                                       v1::CeremonyMessage* response) {
  const absl::StatusOr<std::string> caller = CallingNode(callers_, *context);
  if (!caller.ok()) return common::ToGrpc(caller.status());
  return Answer(participant_.Deal(*caller, *request), response);
}

grpc::Status CeremonyServiceImpl::Finish(grpc::ServerContext* context,
                                         const v1::CeremonyStepRequest* request,
                                         v1::CeremonyMessage* response) {
  const absl::StatusOr<std::string> caller = CallingNode(callers_, *context);
  if (!caller.ok()) return common::ToGrpc(caller.status());
  return Answer(participant_.Finish(*caller, *request), response);
}

grpc::Status CeremonyServiceImpl::Activate(grpc::ServerContext* context,
                                           const v1::CeremonyStepRequest* request,
                                           v1::ActivateCeremonyResponse* response) {
  const absl::StatusOr<std::string> caller = CallingNode(callers_, *context);
  if (!caller.ok()) return common::ToGrpc(caller.status());
  return Answer(participant_.Activate(*caller, *request), response);
}

grpc::Status CeremonyServiceImpl::Abort(grpc::ServerContext* context,
                                        const v1::AbortCeremonyRequest* request,
                                        v1::AbortCeremonyResponse* /*response*/) {
  const absl::StatusOr<std::string> caller = CallingNode(callers_, *context);
  if (!caller.ok()) return common::ToGrpc(caller.status());
  return common::ToGrpc(participant_.Abort(*caller, *request));
}

grpc::Status CeremonyServiceImpl::FetchTranscripts(grpc::ServerContext* context,
                                                   const v1::FetchTranscriptsRequest* request,
                                                   v1::CeremonyStepRequest* response) {
  const absl::StatusOr<std::string> caller = CallingNode(callers_, *context);
  if (!caller.ok()) return common::ToGrpc(caller.status());
  return Answer(participant_.FetchTranscripts(*request), response);
}

}  // namespace raakvlak::node
