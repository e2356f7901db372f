#include "server/common/process.h"

#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <thread>

#include "absl/synchronization/mutex.h"

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

void KeepFreedMemory() {
#ifdef __GLIBC__
  // 32 MiB is the most that glibc takes for the first (mallopt(3)). Either alone would fix the
  // other at its default.
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 128 << 20);
#endif
}

void LimitHeaps() {
#ifdef __GLIBC__
  mallopt(M_ARENA_MAX,
          static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 2U, 1024U)));
#endif
}

void JoinFreedMemoryAtOnce() {
#ifdef __GLIBC__
  mallopt(M_MXFAST, 0);
#endif
}

void LeaveLockOrderUnwatched() {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

}  // namespace raakvlak::common
