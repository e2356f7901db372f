// CeremonyService of proto/raakvlak/v1/ceremony.proto: who calls, the participant, the answer.
#ifndef RAAKVLAK_SERVER_NODE_MESH_CEREMONY_SERVICE_H_
#define RAAKVLAK_SERVER_NODE_MESH_CEREMONY_SERVICE_H_

#include "raakvlak/v1/ceremony.grpc.pb.h"
#include "server/common/access.h"
#include "server/node/mesh/ceremony_participant.h"

namespace raakvlak::node {

// Thread-safe.
class CeremonyServiceImpl final : public v1::CeremonyService::Service {
 public:
  // Both must outlive the service.
  CeremonyServiceImpl(const common::CallerResolver& callers, CeremonyParticipant& participant)
      : callers_(callers), participant_(participant) {}

  grpc::Status Begin(grpc::ServerContext* context, const v1::BeginCeremonyRequest* request,
                     v1::CeremonyMessage* response) override;
  grpc::Status Reveal(grpc::ServerContext* context, const v1::CeremonyStepRequest* request,
                      v1::CeremonyMessage* response) override;
  grpc::Status Deal(grpc::ServerContext* context, const v1::CeremonyStepRequest* request,
                    v1::CeremonyMessage* response) override;
  grpc::Status Finish(grpc::ServerContext* context, const v1::CeremonyStepRequest* request,
                      v1::CeremonyMessage* response) override;
  grpc::Status Activate(grpc::ServerContext* context, const v1::CeremonyStepRequest* request,
                        v1::ActivateCeremonyResponse* response) override;
  grpc::Status Abort(grpc::ServerContext* context, const v1::AbortCeremonyRequest* request,
                     v1::AbortCeremonyResponse* response) override;
  grpc::Status FetchTranscripts(grpc::ServerContext* context,
                                const v1::FetchTranscriptsRequest* request,
                                v1::CeremonyStepRequest* response) override;

 private:
  const common::CallerResolver& callers_;
  CeremonyParticipant& participant_;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_MESH_CEREMONY_SERVICE_H_
