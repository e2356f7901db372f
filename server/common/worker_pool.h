// Threads for heavy computing at a lower priority than those that answer calls, so that health and
// status answer at once during a full run.
#ifndef RAAKVLAK_SERVER_COMMON_WORKER_POOL_H_
#define RAAKVLAK_SERVER_COMMON_WORKER_POOL_H_

#include <cstddef>
#include <functional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "server/common/bounded_queue.h"

namespace raakvlak::common {

// Sets the niceness of this thread, 0 to 19; threads that it starts inherit it. On Linux
// niceness belongs to a thread; elsewhere, or if refused, nothing happens, which costs
// responsiveness only.
void LowerThreadPriority(int nice);
inline constexpr int kHeavyWorkNice = 10;

struct WorkerPoolOptions {
  size_t threads = 0;           // 0: one a core
  size_t queue_per_thread = 4;  // waiting tasks before Submit() waits
  int nice = kHeavyWorkNice;    // of these threads alone (Linux), 0 to 19
};

// Thread-safe. Tasks must not wait for other tasks of the same pool.
class WorkerPool {
 public:
  explicit WorkerPool(WorkerPoolOptions options = {});
  // Finishes what was submitted.
  ~WorkerPool();

  // Waits for room in the queue. False if the pool was shut down.
  bool Submit(std::function<void()> task);
  // Runs `body(i)` for i in [0, count) on the pool and waits until all are done. The caller's
  // thread only waits. False if the pool was shut down before all ran.
  bool ParallelFor(size_t count, const std::function<void(size_t)>& body);
  // Nothing more is taken on; what was submitted still runs. Waits for it.
  void Shutdown();

  size_t threads() const { return threads_.size(); }
  // Tasks that no thread has taken up yet.
  size_t waiting() const { return queue_.size(); }

 private:
  BoundedQueue<std::function<void()>> queue_;
  std::vector<std::thread> threads_;
};

}  // namespace raakvlak::common

#endif  // RAAKVLAK_SERVER_COMMON_WORKER_POOL_H_
