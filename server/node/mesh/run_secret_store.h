// Secrets of runs that are going on (the opening's ephemeral key and r_i, from which K_AB and G
// follow), sealed at rest so that a run can be resumed, and erased at its end.
#ifndef RAAKVLAK_SERVER_NODE_MESH_RUN_SECRET_STORE_H_
#define RAAKVLAK_SERVER_NODE_MESH_RUN_SECRET_STORE_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/base/hash.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"
#include "server/common/sqlite.h"

namespace raakvlak::node {

// Thread-safe.
class RunSecretStore {
 public:
  // `random` must outlive the store.
  static absl::StatusOr<std::unique_ptr<RunSecretStore>> Open(
      const std::string& path, const crypto::Secret<32>& wrapping_key, crypto::Random& random);

  // Durable once it returns OK; replaces what was there.
  absl::Status Put(const crypto::Digest& manifest_hash, const crypto::SecretBytes& secrets);
  // nullopt if there is none; DataLoss if it does not open.
  absl::StatusOr<std::optional<crypto::SecretBytes>> Get(const crypto::Digest& manifest_hash) const;
  // OK if there was none. Nothing of it is left in the file or its log.
  absl::Status Erase(const crypto::Digest& manifest_hash);

 private:
  RunSecretStore(std::unique_ptr<common::Database> database, crypto::Secret<32> key,
                 crypto::Random& random);

  const std::unique_ptr<common::Database> database_;
  const crypto::Secret<32> key_;
  crypto::Random& random_;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_MESH_RUN_SECRET_STORE_H_
