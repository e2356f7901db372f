// Carries an opening between this node and the other members of the run.
#ifndef RAAKVLAK_SERVER_NODE_MESH_RUN_OPENING_DRIVER_H_
#define RAAKVLAK_SERVER_NODE_MESH_RUN_OPENING_DRIVER_H_

#include <functional>

#include "absl/status/status.h"
#include "server/common/audit.h"
#include "server/node/mesh/peers.h"
#include "server/node/mesh/run_registry.h"

namespace raakvlak::node {

// Opens the run with every counterpart, at once; waits until all have opened it, or one has
// refused, differs or is missing at the policy's deadline. On OK the run is open (run_keys()) and
// its secrets are stored. Idempotent: after a restart it resumes. An error names the culprit
// (blame.h); everything but an absence (IsAbsence) and Cancelled ends the opening for good, and the
// run is to be declined and ended.
absl::Status OpenRunWithPeers(RunRegistry& registry, RunContext& run, const Peers& peers,
                              common::AuditSink& audit, const RetryPolicy& policy,
                              const std::function<bool()>& cancelled);

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_MESH_RUN_OPENING_DRIVER_H_
