// What `raak` exits with; documented in docs/raak.md and in `raak --help`.
#ifndef RAAKVLAK_CLIENT_EXIT_CODE_H_
#define RAAKVLAK_CLIENT_EXIT_CODE_H_

#include "absl/status/status.h"

namespace raakvlak::client {

enum ExitCode : int {
  kExitOk = 0,
  kExitFailure = 1,      // something unexpected
  kExitUsage = 2,        // wrong options, arguments or configuration
  kExitBadInput = 3,     // a file is not what it should be
  kExitNotAllowed = 4,   // certificate, role or signature refused
  kExitUnreachable = 5,  // node or matcher is down, or no TLS with it
  kExitNotPossible = 6,  // not found, or not in this state (no keys yet, run already ended, ...)
  kExitRunFailed = 7,    // the run that was watched failed or was cancelled
  kExitInterrupted = 130,
};

int ExitCodeOf(const absl::Status& status);

}  // namespace raakvlak::client

#endif  // RAAKVLAK_CLIENT_EXIT_CODE_H_
