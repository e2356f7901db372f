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
#include "absl/time/time.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"
#include "crypto/batch/kernels.h"
#include "crypto/oprf/voprf.h"
#include "raakvlak/v1/evaluation.pb.h"
#include "server/common/audit.h"
#include "server/common/fs.h"
#include "server/node/mesh/evaluator.h"
#include "server/node/mesh/peers.h"
#include "server/node/mesh/run_registry.h"

namespace raakvlak::node {

// Where proofs of a peer's misbehaviour are kept: sealed files, and an audit entry that names the
// peer. Thread-safe.
class EvidenceStore {
 public:
  // `directory` is made if needed. `fs`, `random` and `audit` must outlive the store.
  static absl::StatusOr<std::unique_ptr<EvidenceStore>> Open(common::FileSystem& fs,
                                                             const std::string& directory,
                                                             const crypto::Secret<32>& wrapping_key,
                                                             crypto::Random& random,
                                                             common::AuditSink& audit);

  // A signed answer that does not hold, with the request it answers. Gives the file's name.
  absl::StatusOr<std::string> Keep(std::string_view peer, std::string_view reason,
                                   const v1::EvaluateRequest& request,
                                   const v1::EvaluateResponse& response);

 private:
  EvidenceStore(common::FileSystem& fs, std::string directory, crypto::Secret<32> key,
                crypto::Random& random, common::AuditSink& audit);

  common::FileSystem& fs_;
  const std::string directory_;
  const crypto::Secret<32> key_;
  crypto::Random& random_;
  common::AuditSink& audit_;
};

struct EvaluationClientOptions {
  // Chunks sent to the evaluator and not yet answered; Ask() waits beyond them.
  size_t window = 4;
  // A broken stream is opened anew, and what was not answered sent again (which costs no budget),
  // for as long as the policy's deadline after the last answer. call_timeout is not used: streams
  // have no deadline of their own.
  RetryPolicy retry;
  // The evaluator is given up when it answers nothing for so long while something is awaited.
  absl::Duration answer_timeout = absl::Minutes(5);
};

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
      EvaluationClientOptions options = {});
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
  class Stream;
  EvaluationClient();
  absl::StatusOr<crypto::VerifiedPartial> Check(const v1::EvaluateRequest& request,
                                                const v1::EvaluateResponse& response,
                                                uint64_t chunk_number,
                                                const crypto::BlindedChunk& chunk) const;

  std::unique_ptr<const Dependencies> dependencies_;
  std::shared_ptr<RunContext> run_;
  std::string identifier_type_;
  std::string evaluator_;
  std::shared_ptr<const crypto::Committee> committee_;
  crypto::ShareIndex index_ = 0;
  std::unique_ptr<Stream> stream_;  // null for the own share
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_MESH_EVALUATION_CLIENT_H_
