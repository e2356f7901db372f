// Confirming a shared list with a counterpart (protocol.md, "Linkage" 2), so that a matcher that
// answers "shared" falsely lures out no record.
#ifndef RAAKVLAK_SERVER_NODE_MESH_CONFIRMATION_H_
#define RAAKVLAK_SERVER_NODE_MESH_CONFIRMATION_H_

#include <functional>
#include <string_view>

#include "absl/status/statusor.h"
#include "crypto/oprf/output_keys.h"
#include "server/common/audit.h"
#include "server/node/mesh/peers.h"
#include "server/node/mesh/run_registry.h"

namespace raakvlak::node {

// Own values for both directions, from the block secrets added in tag order. FailedPrecondition
// once the run has ended.
absl::StatusOr<OwnConfirmation> MakeConfirmation(const RunContext& run, std::string_view own_id,
                                                 std::string_view counterpart,
                                                 std::string_view identifier_type,
                                                 const crypto::Confirmation& confirmation);

// Makes the own value known to the service (the counterpart asks for it), asks the counterpart for
// its own and compares in constant time. True: both hold the same shared list. False: nothing of
// this pair and type may leave the node; audited. An error says nothing either way.
absl::StatusOr<bool> ConfirmOverlapWith(RunContext& run, const Peers& peers,
                                        std::string_view counterpart,
                                        std::string_view identifier_type,
                                        const crypto::Confirmation& confirmation,
                                        common::AuditSink& audit, const RetryPolicy& policy,
                                        const std::function<bool()>& cancelled);

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_MESH_CONFIRMATION_H_
