// A queue with a bound, for back-pressure between stages.
#ifndef RAAKVLAK_SERVER_COMMON_BOUNDED_QUEUE_H_
#define RAAKVLAK_SERVER_COMMON_BOUNDED_QUEUE_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace raakvlak::common {

// Thread-safe; any number of producers and consumers.
template <typename T>
class BoundedQueue {
 public:
  // At most `capacity` elements wait; at least 1.
  explicit BoundedQueue(size_t capacity) : capacity_(capacity < 1 ? 1 : capacity) {}
  BoundedQueue(const BoundedQueue&) = delete;
  BoundedQueue& operator=(const BoundedQueue&) = delete;

  // Waits for room. False (and the element dropped) if the queue was closed or cancelled.
  bool Push(T element) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return closed_ || elements_.size() < capacity_; });
    if (closed_) return false;
    elements_.push_back(std::move(element));
    lock.unlock();
    filled_.notify_one();
    return true;
  }

  // Does not wait. False if there is no room or the queue was closed; the element is then
  // untouched.
  bool TryPush(T&& element) {
    {
      std::lock_guard lock(mutex_);
      if (closed_ || elements_.size() >= capacity_) return false;
      elements_.push_back(std::move(element));
    }
    filled_.notify_one();
    return true;
  }

  // Waits for an element; nothing once the queue is closed and empty, or cancelled.
  std::optional<T> Pop() {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [this] { return closed_ || !elements_.empty(); });
    if (elements_.empty()) return std::nullopt;
    std::optional<T> element(std::move(elements_.front()));
    elements_.pop_front();
    lock.unlock();
    room_.notify_one();
    return element;
  }

  // No more comes in; what waits can still be taken.
  void Close() {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
    }
    room_.notify_all();
    filled_.notify_all();
  }

  // Close, and drop what waits.
  void Cancel() {
    std::deque<T> dropped;
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
      dropped.swap(elements_);
    }
    room_.notify_all();
    filled_.notify_all();
  }

  size_t size() const {
    std::lock_guard lock(mutex_);
    return elements_.size();
  }

 private:
  const size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable room_;
  std::condition_variable filled_;
  std::deque<T> elements_;
  bool closed_ = false;
};

}  // namespace raakvlak::common

#endif  // RAAKVLAK_SERVER_COMMON_BOUNDED_QUEUE_H_
