// From a party of the roster to a caller.
#include "server/common/roster_access.h"

#include <optional>

namespace raakvlak::common {
namespace {

Role ToRole(authority::Role role) {
  switch (role) {
    case authority::Role::kNode:
      return Role::kNode;
    case authority::Role::kSteward:
      return Role::kSteward;
    case authority::Role::kCoordinator:
      return Role::kCoordinator;
    case authority::Role::kMatcher:
      return Role::kMatcher;
  }
  return Role::kSteward;  // none of them: the role with the fewest rights
}

}  // namespace

absl::StatusOr<Caller> SignedRosterAccess::Resolve(std::span<const std::string> identities) const {
  std::optional<Caller> caller;
  for (const std::string& identity : identities) {
    const std::optional<authority::Party> party = roster_.PartyOf(identity);
    if (!party.has_value()) continue;
    Caller found{ToRole(party->role), party->agency_id, identity};
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
  return *std::move(caller);
}

}  // namespace raakvlak::common
