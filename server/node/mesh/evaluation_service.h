// EvaluationService of proto/raakvlak/v1/evaluation.proto: who calls, the core, the answer.
#ifndef RAAKVLAK_SERVER_NODE_MESH_EVALUATION_SERVICE_H_
#define RAAKVLAK_SERVER_NODE_MESH_EVALUATION_SERVICE_H_

#include "raakvlak/v1/evaluation.grpc.pb.h"
#include "server/common/access.h"
#include "server/common/audit.h"
#include "server/common/worker_pool.h"
#include "server/node/mesh/evaluator.h"
#include "server/node/mesh/run_registry.h"

namespace raakvlak::node {

// Thread-safe. Chunks of all streams share the pool; answers leave in the order of the chunks.
class EvaluationServiceImpl final
    : public v1::EvaluationService::WithCallbackMethod_Evaluate<v1::EvaluationService::Service> {
 public:
  // All must outlive the service.
  struct Dependencies {
    const common::CallerResolver& callers;
    RunRegistry& registry;
    const Evaluator& evaluator;
    common::WorkerPool& pool;
    common::AuditSink& audit;
    // Chunks of one stream that are being worked on at once.
    size_t chunks_in_flight = 4;
  };
  explicit EvaluationServiceImpl(Dependencies dependencies) : dependencies_(dependencies) {}

  grpc::Status OpenRun(grpc::ServerContext* context, const v1::OpenRunRequest* request,
                       v1::OpenRunResponse* response) override;
  grpc::Status RevealRun(grpc::ServerContext* context, const v1::RevealRunRequest* request,
                         v1::RevealRunResponse* response) override;
  // Without a thread of its own, so that a refusal can end a stream that the client still writes.
  grpc::ServerBidiReactor<v1::EvaluateRequest, v1::EvaluateResponse>* Evaluate(
      grpc::CallbackServerContext* context) override;
  grpc::Status ConfirmOverlap(grpc::ServerContext* context,
                              const v1::ConfirmOverlapRequest* request,
                              v1::ConfirmOverlapResponse* response) override;

 private:
  const Dependencies dependencies_;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_MESH_EVALUATION_SERVICE_H_
