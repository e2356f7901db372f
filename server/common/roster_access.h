// Certificate identities looked up on the signed roster, for the gate and the channels (access.h,
// tls.h).
#ifndef RAAKVLAK_SERVER_COMMON_ROSTER_ACCESS_H_
#define RAAKVLAK_SERVER_COMMON_ROSTER_ACCESS_H_

#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "authority/roster.h"
#include "server/common/access.h"

namespace raakvlak::common {

// Immutable, thread-safe.
class SignedRosterAccess final : public RosterAccess {
 public:
  // The roster must outlive this.
  explicit SignedRosterAccess(const authority::Roster& roster) : roster_(roster) {}
  absl::StatusOr<Caller> Resolve(std::span<const std::string> identities) const override;

 private:
  const authority::Roster& roster_;
};

}  // namespace raakvlak::common

#endif  // RAAKVLAK_SERVER_COMMON_ROSTER_ACCESS_H_
