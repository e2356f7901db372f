#include "server/common/process.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

namespace raakvlak::common {

absl::Status HardenProcess() {
  const rlimit none{0, 0};
  if (setrlimit(RLIMIT_CORE, &none) != 0) {
    return absl::InternalError("core dumps cannot be switched off (setrlimit)");
  }
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    return absl::InternalError("core dumps cannot be switched off (prctl)");
  }
  umask(077);
  if (signal(SIGPIPE, SIG_IGN) == SIG_ERR) return absl::InternalError("cannot ignore SIGPIPE");
  return absl::OkStatus();
}

}  // namespace raakvlak::common
