// Evidence of a peer's bad answers, for whoever has to judge it later.
#ifndef RAAKVLAK_SERVER_NODE_MESH_EVIDENCE_STORE_H_
#define RAAKVLAK_SERVER_NODE_MESH_EVIDENCE_STORE_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"
#include "raakvlak/v1/evaluation.pb.h"
#include "server/common/audit.h"
#include "server/common/fs.h"

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

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_MESH_EVIDENCE_STORE_H_
