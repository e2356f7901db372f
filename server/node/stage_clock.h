// Seconds of work a stage of a run, summed over threads: for metrics and for whoever tunes.
#ifndef RAAKVLAK_SERVER_NODE_STAGE_CLOCK_H_
#define RAAKVLAK_SERVER_NODE_STAGE_CLOCK_H_

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

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

// Adds the time of a scope.
class StageTimer {
 public:
  StageTimer(StageClock* clock, Stage stage)
      : clock_(clock), stage_(stage), start_(std::chrono::steady_clock::now()) {}
  ~StageTimer() {
    if (clock_ != nullptr) clock_->Add(stage_, std::chrono::steady_clock::now() - start_);
  }
  StageTimer(const StageTimer&) = delete;
  StageTimer& operator=(const StageTimer&) = delete;

 private:
  StageClock* clock_;
  Stage stage_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_STAGE_CLOCK_H_
