// Which attempts of which runs this node has seen, for good: what tells a replayed run from a new
// one.
#ifndef RAAKVLAK_SERVER_NODE_MESH_SEEN_RUNS_H_
#define RAAKVLAK_SERVER_NODE_MESH_SEEN_RUNS_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/base/hash.h"
#include "server/common/sqlite.h"
#include "server/node/mesh/manifest_policy.h"

namespace raakvlak::node {

// Thread-safe.
class SeenRunStore {
 public:
  static absl::StatusOr<std::unique_ptr<SeenRunStore>> Open(const std::string& path);

  absl::StatusOr<SeenRuns> Look(std::string_view purpose_id, uint64_t run_counter,
                                uint32_t attempt) const;
  // Durable once it returns OK. The same again is fine; AlreadyExists if another manifest was seen
  // under this counter and attempt.
  absl::Status Record(std::string_view purpose_id, uint64_t run_counter, uint32_t attempt,
                      const crypto::Digest& manifest_hash);
  // The newest version of the purpose that RecordPurpose() was told of; for SeenRuns.
  absl::Status LookPurpose(std::string_view purpose_id, SeenRuns& seen) const;
  // Durable once it returns OK; an older version than the newest changes nothing.
  absl::Status RecordPurpose(std::string_view purpose_id, uint64_t version,
                             const crypto::Digest& hash);
  absl::Status MarkEnded(const crypto::Digest& manifest_hash);
  absl::StatusOr<bool> HasEnded(const crypto::Digest& manifest_hash) const;

 private:
  explicit SeenRunStore(std::unique_ptr<common::Database> database);
  const std::unique_ptr<common::Database> database_;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_MESH_SEEN_RUNS_H_
