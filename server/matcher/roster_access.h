// The roster as the access gate asks it.
#ifndef RAAKVLAK_SERVER_MATCHER_ROSTER_ACCESS_H_
#define RAAKVLAK_SERVER_MATCHER_ROSTER_ACCESS_H_

#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "authority/roster.h"
#include "server/common/access.h"

namespace raakvlak::matcher {

// Thread-safe; the roster must outlive it.
class SignedRosterAccess : public common::RosterAccess {
 public:
  explicit SignedRosterAccess(const authority::Roster& roster) : roster_(roster) {}
  absl::StatusOr<common::Caller> Resolve(std::span<const std::string> identities) const override;

 private:
  const authority::Roster& roster_;
};

// Who may call which method of the matcher's two services.
std::vector<common::MethodAccess> MatcherAccessTable();

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_ROSTER_ACCESS_H_
