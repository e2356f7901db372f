// Writes the manifest of a run from the documents that cover it (protocol.md, "Authority").
#ifndef RAAKVLAK_SERVER_MATCHER_MANIFEST_BUILDER_H_
#define RAAKVLAK_SERVER_MATCHER_MANIFEST_BUILDER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "authority/manifest.h"
#include "authority/purpose.h"
#include "authority/roster.h"

namespace raakvlak::matcher {

struct ManifestPlan {
  std::uint64_t run_counter = 0;
  std::uint32_t attempt = 1;
  std::uint64_t epoch = 0;
  std::string normaliser_version;
  // In order; a subset of the purpose's.
  std::vector<std::string> agencies;
  std::vector<std::string> identifier_types;
  // The blocking plan and who made it, where block types are linked.
  std::optional<v1::BlockingPlan> blocking;
  std::string planner;
  // Unix seconds. The end is brought forward to that of purpose and roster.
  std::int64_t created_at = 0;
  std::int64_t expires_at = 0;
};

// Each requester's committee is itself and the agencies after it, round the circle, so that the
// load spreads evenly. Grants are the purpose's. The outcome is checked as a node would check it;
// FailedPrecondition when there are fewer agencies than the threshold.
absl::StatusOr<authority::Manifest> BuildManifest(const authority::Roster& roster,
                                                  const authority::Purpose& purpose,
                                                  const ManifestPlan& plan);

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_MANIFEST_BUILDER_H_
