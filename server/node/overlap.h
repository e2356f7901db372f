// What the matcher says a node shares with each counterpart: checked against the matcher's own
// signed statement and the node's own tags, then kept for the confirmation and the records.
// A matcher that names a tag which is not ours, or contradicts itself, is blamed.
#ifndef RAAKVLAK_SERVER_NODE_OVERLAP_H_
#define RAAKVLAK_SERVER_NODE_OVERLAP_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/base/hash.h"
#include "crypto/base/signing.h"
#include "raakvlak/v1/submission.pb.h"
#include "server/node/run_files.h"
#include "server/node/shared_file.h"
#include "server/node/tag_table.h"

namespace raakvlak::node {

// The context under which the matcher signs its statements.
inline constexpr std::string_view kOverlapContext = "raakvlak/v1 overlap";

// Takes in the stream of FetchOverlap for one type. Not thread-safe.
class OverlapReceiver {
 public:
  struct Parameters {
    crypto::Digest manifest_hash{};
    std::string identifier_type;
    std::string own_id;
    std::set<std::string> counterparts;
    const crypto::VerifyKey* matcher_key = nullptr;
    // The purpose's overlap_ceiling: more shared tags than this are not to be answered. 0: none.
    std::uint64_t ceiling = 0;
    // Signed statements are given here, as evidence of what the matcher said; may be empty.
    std::function<absl::Status(const std::string& counterpart, const v1::SignedPayload&)> keep;
  };
  OverlapReceiver(Parameters parameters, const RunFiles& files)
      : parameters_(std::move(parameters)), files_(files) {}

  // Errors blame the matcher where it is to blame.
  absl::Status Take(const v1::OverlapChunk& chunk);
  // Every counterpart has been told of, once.
  absl::Status Finish();

 private:
  absl::Status Begin(const std::string& counterpart);
  absl::Status TakeTags(std::string_view tags);
  absl::Status End(const v1::SignedPayload& statement);

  const Parameters parameters_;
  const RunFiles& files_;
  std::set<std::string> done_;
  std::string current_;
  std::optional<TagTableReader> own_;
  std::optional<SharedWriter> writer_;
  std::optional<crypto::Sha512Hasher> hasher_;
  std::optional<crypto::RunTag> last_;
  std::uint64_t count_ = 0;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_OVERLAP_H_
