// The requester's side of evaluation: one stream of chunks to one evaluator. Every answer is
// checked (signature, digests, every element, the proof) before a VerifiedPartial comes out of it.
#ifndef RAAKVLAK_SERVER_NODE_MESH_EVALUATION_CLIENT_H_
#define RAAKVLAK_SERVER_NODE_MESH_EVALUATION_CLIENT_H_

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/batch/kernels.h"
#include "crypto/oprf/voprf.h"
#include "raakvlak/v1/evaluation.pb.h"
#include "server/node/mesh/evaluation_stream.h"
#include "server/node/mesh/evaluator.h"
#include "server/node/mesh/evidence_store.h"
#include "server/node/mesh/peers.h"
#include "server/node/mesh/run_registry.h"

namespace raakvlak::node {

// Asks one evaluator of the own committee for one type of one run. Thread-safe: the chunks of all
// threads that are in Ask() travel on one stream, one behind the other, without waiting for each
// other's answers.
//
// Chunk numbers belong to the run and type: a number is never used for another chunk, not even
// after a restart, since blinds are fresh then. So reserve numbers durably; gaps are fine.
class EvaluationClient {
 public:
  // All must outlive the client.
  struct Dependencies {
    const authority::Roster& roster;
    const crypto::SigningKey& roster_key;
    // For the own share, when the evaluator is this node itself.
    const Evaluator& own_evaluator;
    const Peers& peers;
    EvidenceStore& evidence;
    const crypto::Kernels& kernels;
  };
  // InvalidArgument unless `evaluator` is in the own committee. Connects at the first Ask().
  static absl::StatusOr<std::unique_ptr<EvaluationClient>> Create(
      const Dependencies& dependencies, std::shared_ptr<RunContext> run,
      std::string_view identifier_type, std::string_view evaluator,
      EvaluationStreamOptions options = {});
  // Cancels what is under way.
  ~EvaluationClient();

  // Sends the chunk (at most kMaxWireChunkElements), waits for the answer and checks it. An answer
  // that does not hold is kept as evidence and fails the client for good, blaming the evaluator:
  // InvalidArgument or PermissionDenied. What the evaluator refuses comes through with its code.
  // Unavailable or DeadlineExceeded: it is down; a later attempt may leave it out. Cancelled once
  // `stop` is requested.
  absl::StatusOr<crypto::VerifiedPartial> Ask(uint64_t chunk_number,
                                              const crypto::BlindedChunk& chunk,
                                              std::stop_token stop = {});

 private:
  EvaluationClient();
  absl::StatusOr<crypto::VerifiedPartial> Check(const v1::EvaluateResponse& response,
                                                uint64_t chunk_number,
                                                const crypto::BlindedChunk& chunk) const;

  std::unique_ptr<const Dependencies> dependencies_;
  std::shared_ptr<RunContext> run_;
  std::string identifier_type_;
  std::string evaluator_;
  std::shared_ptr<const crypto::Committee> committee_;
  crypto::ShareIndex index_ = 0;
  std::unique_ptr<EvaluationStream> stream_;  // null for the own share
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_MESH_EVALUATION_CLIENT_H_
