// Evaluating a peer's blinded elements with this node's share (protocol.md, "Evaluation" 2): what
// is not covered is refused, the budget is debited durably, and only then is anything computed.
// Knows no gRPC.
#ifndef RAAKVLAK_SERVER_NODE_MESH_EVALUATOR_H_
#define RAAKVLAK_SERVER_NODE_MESH_EVALUATOR_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/base/random.h"
#include "crypto/batch/kernels.h"
#include "crypto/oprf/voprf.h"
#include "raakvlak/v1/evaluation.pb.h"
#include "server/common/audit.h"
#include "server/node/mesh/budget.h"
#include "server/node/mesh/run_registry.h"

namespace raakvlak::node {

// Elements in a chunk on the wire: 1 MiB less what surrounds them.
inline constexpr size_t kMaxWireChunkElements = 32767;

// A chunk that has been checked and paid for.
struct AdmittedChunk {
  std::shared_ptr<RunContext> run;
  std::string requester;
  std::string identifier_type;
  uint64_t chunk_number = 0;
  crypto::Digest elements_digest{};
  std::vector<crypto::EncodedElement> elements;
  std::shared_ptr<const crypto::Committee> committee;
};

// Thread-safe.
class Evaluator {
 public:
  // All must outlive the evaluator.
  struct Dependencies {
    RunRegistry& registry;
    BudgetLedger& budget;
    common::AuditSink& audit;
    const crypto::Kernels& kernels;
    crypto::Random& random;
  };
  explicit Evaluator(Dependencies dependencies) : dependencies_(dependencies) {}

  // Checks `request` from `caller` (the agency that the connection's certificate stands for) and
  // debits its budget. Refusals are audited and blame the caller:
  //   PermissionDenied     bad signature, not a member of the run, another committee than the
  //                        manifest's, this node not in it, wrong digest, a used chunk number with
  //                        another digest
  //   InvalidArgument      malformed; no elements, too many, or another number than announced
  //   FailedPrecondition   a type not in the run, a run that is not open (any more), a retired
  //   epoch ResourceExhausted    above grant or ceiling Unavailable          a run that this node
  //   has not taken up or opened yet
  absl::StatusOr<AdmittedChunk> Admit(std::string_view caller,
                                      const v1::EvaluateRequest& request) const;
  // The heavy part, for the worker pool: evaluates, proves, signs. InvalidArgument, audited and
  // blaming the requester, for an element that is not canonical or is the identity; what the chunk
  // cost stays charged.
  absl::StatusOr<v1::EvaluateResponse> Compute(const AdmittedChunk& chunk) const;

  // This node's own partial of its own chunk, when it is in its own committee. Nothing is debited:
  // an agency's own share binds it to nothing.
  absl::StatusOr<crypto::VerifiedPartial> EvaluateOwn(RunContext& run,
                                                      std::string_view identifier_type,
                                                      const crypto::BlindedChunk& chunk) const;

 private:
  absl::StatusOr<AdmittedChunk> Check(std::string_view caller, const v1::EvaluateRequest& request,
                                      BudgetDebit& debit) const;
  // Audits and blames.
  absl::Status Refuse(std::string_view caller, const absl::Status& status,
                      std::string_view identifier_type, uint64_t chunk_number) const;

  const Dependencies dependencies_;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_MESH_EVALUATOR_H_
