#include "server/common/worker_pool.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>

namespace raakvlak::common {
namespace {

size_t ThreadsOf(const WorkerPoolOptions& options) {
  return options.threads != 0 ? options.threads
                              : std::max<size_t>(1, std::thread::hardware_concurrency());
}

}  // namespace

void LowerThreadPriority(int nice) {
#ifdef __linux__
  const id_t thread = static_cast<id_t>(syscall(SYS_gettid));
  setpriority(PRIO_PROCESS, thread, std::clamp(nice, 0, 19));
#endif
}

WorkerPool::WorkerPool(WorkerPoolOptions options)
    : queue_(ThreadsOf(options) * std::max<size_t>(1, options.queue_per_thread)) {
  const size_t count = ThreadsOf(options);
  threads_.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    threads_.emplace_back([this, nice_value = options.nice] {
      LowerThreadPriority(nice_value);
      while (std::optional<std::function<void()>> task = queue_.Pop()) (*task)();
    });
  }
}

WorkerPool::~WorkerPool() { Shutdown(); }

bool WorkerPool::Submit(std::function<void()> task) { return queue_.Push(std::move(task)); }

bool WorkerPool::ParallelFor(size_t count, const std::function<void(size_t)>& body) {
  // Shared, since a task may still be leaving when the waiter wakes.
  struct Progress {
    std::mutex mutex;
    std::condition_variable all_done;
    size_t running = 0;
  };
  const auto progress = std::make_shared<Progress>();
  const auto next = std::make_shared<std::atomic<size_t>>(0);
  const size_t tasks = std::min(count, threads_.size());
  size_t submitted = 0;
  for (; submitted < tasks; ++submitted) {
    {
      std::lock_guard lock(progress->mutex);
      ++progress->running;
    }
    const bool taken = Submit([progress, next, count, &body] {
      for (size_t i = next->fetch_add(1); i < count; i = next->fetch_add(1)) body(i);
      std::lock_guard lock(progress->mutex);
      if (--progress->running == 0) progress->all_done.notify_all();
    });
    if (!taken) {
      std::lock_guard lock(progress->mutex);
      --progress->running;
      break;
    }
  }
  std::unique_lock lock(progress->mutex);
  progress->all_done.wait(lock, [&] { return progress->running == 0; });
  // One task is enough to run everything; none ran only if the pool was down.
  return count == 0 || submitted > 0;
}

void WorkerPool::Shutdown() {
  queue_.Close();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace raakvlak::common
