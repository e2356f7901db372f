#include "server/node/roster_access.h"

#include <optional>
#include <string>

namespace raakvlak::node {
namespace {

common::Role RoleOf(authority::Role role) {
  switch (role) {
    case authority::Role::kNode:
      return common::Role::kNode;
    case authority::Role::kSteward:
      return common::Role::kSteward;
    case authority::Role::kCoordinator:
      return common::Role::kCoordinator;
    case authority::Role::kMatcher:
      return common::Role::kMatcher;
  }
  return common::Role::kNode;
}

}  // namespace

absl::StatusOr<common::Caller> RosterIdentities::Resolve(
    std::span<const std::string> identities) const {
  std::optional<common::Caller> caller;
  for (const std::string& identity : identities) {
    std::optional<authority::Party> party = roster_.PartyOf(identity);
    if (!party.has_value()) continue;
    common::Caller found{RoleOf(party->role), party->agency_id, identity};
    if (caller.has_value() &&
        (caller->role != found.role || caller->agency_id != found.agency_id)) {
      return absl::FailedPreconditionError(
          "the names of one certificate stand for different parties on the roster");
    }
    if (!caller.has_value()) caller = std::move(found);
  }
  if (!caller.has_value()) {
    return absl::NotFoundError("no name of the certificate is on the roster");
  }
  return *caller;
}

}  // namespace raakvlak::node
