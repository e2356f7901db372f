// What one may do at a time, and others wait for; waiting ends when the one that waits is stopped.
#ifndef RAAKVLAK_SERVER_NODE_TURN_H_
#define RAAKVLAK_SERVER_NODE_TURN_H_

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>

namespace raakvlak::node {

// Thread-safe. Must outlive the turns taken of it.
class Turn {
 public:
  // Gives the turn back when it goes away. False: stopped before it came.
  struct GiveBack {
    void operator()(Turn* turn) const { turn->Return(); }
  };
  using Held = std::unique_ptr<Turn, GiveBack>;

  // Waits until nobody else has the turn; empty once `stop` is requested.
  Held Take(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    if (!free_again_.wait(lock, stop, [this] { return free_; }) || stop.stop_requested()) return {};
    free_ = false;
    return Held(this);
  }

 private:
  void Return() {
    {
      const std::lock_guard lock(mutex_);
      free_ = true;
    }
    free_again_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable_any free_again_;
  bool free_ = true;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_TURN_H_
