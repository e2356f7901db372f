// Time as a parameter: what the clock on the wall says and what only runs forward.
#ifndef RAAKVLAK_SERVER_COMMON_CLOCK_H_
#define RAAKVLAK_SERVER_COMMON_CLOCK_H_

#include <chrono>
#include <cstdint>
#include <mutex>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace raakvlak::common {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // The time of day; it may jump when somebody sets the clock.
  virtual absl::Time Now() const = 0;
  // Runs forward only; for durations and timeouts inside one process.
  virtual std::chrono::steady_clock::time_point Monotonic() const = 0;

  // Whole seconds since 1970-01-01 UTC.
  int64_t UnixSeconds() const { return absl::ToUnixSeconds(Now()); }
};

class SystemClock : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
  std::chrono::steady_clock::time_point Monotonic() const override {
    return std::chrono::steady_clock::now();
  }
};

// A clock that stands still until it is told otherwise; for tests.
class FakeClock : public Clock {
 public:
  explicit FakeClock(absl::Time now = absl::FromUnixSeconds(1'700'000'000)) : now_(now) {}

  absl::Time Now() const override {
    std::lock_guard lock(mutex_);
    return now_;
  }
  std::chrono::steady_clock::time_point Monotonic() const override {
    std::lock_guard lock(mutex_);
    return monotonic_;
  }
  // Both clocks move on.
  void Advance(absl::Duration by) {
    std::lock_guard lock(mutex_);
    now_ += by;
    monotonic_ += absl::ToChronoNanoseconds(by);
  }
  // The wall clock alone jumps.
  void SetNow(absl::Time now) {
    std::lock_guard lock(mutex_);
    now_ = now;
  }

 private:
  mutable std::mutex mutex_;
  absl::Time now_;
  std::chrono::steady_clock::time_point monotonic_{};
};

}  // namespace raakvlak::common

#endif  // RAAKVLAK_SERVER_COMMON_CLOCK_H_
