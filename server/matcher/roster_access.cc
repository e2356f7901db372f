// Identities to callers; the access table.
#include "server/matcher/roster_access.h"

#include <optional>

#include "absl/strings/str_cat.h"

namespace raakvlak::matcher {
namespace {

common::Role ToRole(authority::Role role) {
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
  return common::Role::kSteward;
}

}  // namespace

absl::StatusOr<common::Caller> SignedRosterAccess::Resolve(
    std::span<const std::string> identities) const {
  std::optional<common::Caller> found;
  for (const std::string& identity : identities) {
    const std::optional<authority::Party> party = roster_.PartyOf(identity);
    if (!party) continue;
    const common::Caller caller{ToRole(party->role), party->agency_id, identity};
    if (found && (found->role != caller.role || found->agency_id != caller.agency_id)) {
      return absl::FailedPreconditionError("the certificate's names stand for different callers");
    }
    if (!found) found = caller;
  }
  if (!found) return absl::NotFoundError("no name of the certificate is on the roster");
  return *found;
}

std::vector<common::MethodAccess> MatcherAccessTable() {
  std::vector<common::MethodAccess> table;
  for (const char* method : {"WatchRuns", "ReportProgress", "DeclineRun", "UploadTags",
                             "FetchOverlap", "UploadRecords", "FetchMatches", "ReportReferences"}) {
    table.push_back(
        {absl::StrCat("/raakvlak.v1.SubmissionService/", method), {common::Role::kNode}});
  }
  for (const char* method : {"StartRun", "ListRuns", "GetRun", "WatchRun", "CancelRun", "GetReport",
                             "RegisterPurpose", "ListPurposes", "GetInfo"}) {
    table.push_back(
        {absl::StrCat("/raakvlak.v1.CoordinationService/", method), {common::Role::kCoordinator}});
  }
  return table;
}

}  // namespace raakvlak::matcher
