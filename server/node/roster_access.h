// Certificate identities looked up on the roster, for the chassis (server/common/access.h).
#ifndef RAAKVLAK_SERVER_NODE_ROSTER_ACCESS_H_
#define RAAKVLAK_SERVER_NODE_ROSTER_ACCESS_H_

#include "authority/roster.h"
#include "server/common/access.h"

namespace raakvlak::node {

// Immutable, thread-safe.
class RosterIdentities final : public common::RosterAccess {
 public:
  // The roster must outlive this.
  explicit RosterIdentities(const authority::Roster& roster) : roster_(roster) {}
  absl::StatusOr<common::Caller> Resolve(std::span<const std::string> identities) const override;

 private:
  const authority::Roster& roster_;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_ROSTER_ACCESS_H_
