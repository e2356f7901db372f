// Hardening of the process itself, before anything secret is in memory.
#ifndef RAAKVLAK_SERVER_COMMON_PROCESS_H_
#define RAAKVLAK_SERVER_COMMON_PROCESS_H_

#include "absl/status/status.h"

namespace raakvlak::common {

// No core dumps (RLIMIT_CORE 0; PR_SET_DUMPABLE 0, which also keeps other processes of the same
// user from reading our memory), umask 077, SIGPIPE ignored. Call first in main, before threads.
absl::Status HardenProcess();

// Keeps up to 128 MiB of freed memory for the next who asks. glibc gives buffers of a few hundred
// KiB back to the system at once, and a run takes and frees such for every chunk: each time the
// system finds, zeroes and maps their pages anew (5% of a run's CPU time). Call before threads.
void KeepFreedMemory();

// A heap a core and two at least, where glibc has up to eight a core: what one heap keeps is of no
// use to threads on another, so that each would come to hold the buffers of a whole run. Call
// before threads.
void LimitHeaps();

// Freed blocks join free neighbours at once. glibc else puts small ones (up to 128 bytes) aside,
// and joins all of them at the next large allocation while it holds the heap's lock: after a step
// that freed millions of strings this took a thread of low priority 0.3 s and more, in which every
// answer of the process waited. Call before threads.
void JoinFreedMemoryAtOnce();

// Debian's abseil, and with it gRPC, keeps a graph of the order in which mutexes are locked, to
// stop a process that could deadlock: for debugging, and paid for at every lock.
void LeaveLockOrderUnwatched();

}  // namespace raakvlak::common

#endif  // RAAKVLAK_SERVER_COMMON_PROCESS_H_
