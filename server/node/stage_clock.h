// Seconds of CPU time a stage of a run takes, summed over threads, and how much of all of it is
// curve arithmetic: for metrics and for whoever tunes.
#ifndef RAAKVLAK_SERVER_NODE_STAGE_CLOCK_H_
#define RAAKVLAK_SERVER_NODE_STAGE_CLOCK_H_

#include <time.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "crypto/batch/observed.h"

namespace raakvlak::node {

enum class Stage : std::uint8_t {
  kReading,
  kNormalising,
  kHashingAndBlinding,
  kEvaluating,  // asking the evaluators and verifying their proofs
  kCombining,
  kSubmitting,
};
inline constexpr std::size_t kStages = 6;
inline constexpr std::string_view kStageNames[kStages] = {
    "reading", "normalising", "hashing_blinding", "evaluating", "combining", "submitting"};

// What this thread has computed so far; waiting does not count.
inline std::chrono::nanoseconds ThreadCpuTime() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

// Thread-safe. Starts at zero and only grows.
class StageClock {
 public:
  void Add(Stage stage, std::chrono::nanoseconds time) {
    nanoseconds_[static_cast<std::size_t>(stage)].fetch_add(time.count(),
                                                            std::memory_order_relaxed);
  }
  double Seconds(Stage stage) const {
    return static_cast<double>(
               nanoseconds_[static_cast<std::size_t>(stage)].load(std::memory_order_relaxed)) *
           1e-9;
  }

 private:
  std::array<std::atomic<std::int64_t>, kStages> nanoseconds_{};
};

// CPU time within the kernels' operations on elements and scalars. Thread-safe.
class CurveClock final : public crypto::KernelObserver {
 public:
  std::int64_t OperationBegins() override { return ThreadCpuTime().count(); }
  void OperationEnds(std::int64_t begun) override {
    nanoseconds_.fetch_add(ThreadCpuTime().count() - begun, std::memory_order_relaxed);
  }
  double Seconds() const {
    return static_cast<double>(nanoseconds_.load(std::memory_order_relaxed)) * 1e-9;
  }

 private:
  std::atomic<std::int64_t> nanoseconds_{0};
};

// Adds the CPU time that its thread spends in a scope.
class StageTimer {
 public:
  StageTimer(StageClock* clock, Stage stage)
      : clock_(clock), stage_(stage), start_(ThreadCpuTime()) {}
  ~StageTimer() {
    if (clock_ != nullptr) clock_->Add(stage_, ThreadCpuTime() - start_);
  }
  StageTimer(const StageTimer&) = delete;
  StageTimer& operator=(const StageTimer&) = delete;

 private:
  StageClock* clock_;
  Stage stage_;
  std::chrono::nanoseconds start_;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_STAGE_CLOCK_H_
