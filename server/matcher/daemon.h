// The matcher put together: reads what its configuration names, opens journal and audit log, serves
// until told to stop.
#ifndef RAAKVLAK_SERVER_MATCHER_DAEMON_H_
#define RAAKVLAK_SERVER_MATCHER_DAEMON_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/base/random.h"
#include "server/common/clock.h"
#include "server/common/fs.h"
#include "server/matcher/options.h"

namespace raakvlak::matcher {

// What --check-config looks at: everything that start-up would refuse, without opening the journal
// or a port.
absl::Status CheckMatcher(const MatcherOptions& options, common::FileSystem& fs,
                          const common::Clock& clock);

class MatcherDaemon {
 public:
  // `fs`, `clock` and `random` must outlive it. FailedPrecondition and the like say what is wrong
  // and what to do.
  static absl::StatusOr<std::unique_ptr<MatcherDaemon>> Start(MatcherOptions options,
                                                              std::string version,
                                                              common::FileSystem& fs,
                                                              const common::Clock& clock,
                                                              crypto::Random& random);
  // Stops as after a signal.
  ~MatcherDaemon();

  int port() const;
  // Until SIGTERM or SIGINT (blocked beforehand); the exit code.
  int Run();

 private:
  struct Parts;
  explicit MatcherDaemon(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_DAEMON_H_
