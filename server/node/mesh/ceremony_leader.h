// Leads a key ceremony over all members of the roster, and completes one that a kill cut short. The
// leader relays and is trusted with nothing.
#ifndef RAAKVLAK_SERVER_NODE_MESH_CEREMONY_LEADER_H_
#define RAAKVLAK_SERVER_NODE_MESH_CEREMONY_LEADER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "authority/roster.h"
#include "crypto/base/random.h"
#include "server/common/audit.h"
#include "server/node/mesh/ceremony_participant.h"
#include "server/node/mesh/key_store.h"
#include "server/node/mesh/peers.h"

namespace raakvlak::node {

// All must outlive the calls.
struct CeremonyDependencies {
  const authority::Roster& roster;
  CeremonyParticipant& self;
  KeyStore& key_store;
  const Peers& peers;
  crypto::Random& random;
  common::AuditSink& audit;
  // Of each step with each participant.
  RetryPolicy step_policy;
};

// `step` as in CeremonyProgress: "begin", "reveal", "deal", "finish", "activate"; `answered`: who
// has answered it so far. Called from one thread at a time.
using CeremonyProgressCallback =
    std::function<void(const std::string& step, const std::vector<std::string>& answered)>;

// Runs a ceremony for the epoch after the active one. The new epoch on OK. Any failure aborts it at
// all participants; the status names the culprit. A failure in the last step leaves the epoch
// active for those who got it, and the others take it from them (ResolvePending); the status is OK
// then too, and the progress shows who has not answered.
absl::StatusOr<uint64_t> LeadCeremony(const CeremonyDependencies& dependencies,
                                      const CeremonyProgressCallback& progress,
                                      const std::function<bool()>& cancelled);

// At start-up, and before a ceremony: completes a ceremony that this node certified but did not see
// activated. OK if nothing is pending, it is active now, or some participant never certified it, so
// that it is dead; Unavailable if some peer did not answer and the others could not settle it: ask
// again later.
absl::Status ResolvePending(const CeremonyDependencies& dependencies,
                            const std::function<bool()>& cancelled);

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_MESH_CEREMONY_LEADER_H_
