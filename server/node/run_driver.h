// Drives the node's runs: watches the matcher, takes up what it offers, lets every run's next step
// be carried out, and journals where each is before it acts (run_machine.h says what follows on
// what). A matcher or peer that is down is asked again, with growing pauses, until the run expires.
#ifndef RAAKVLAK_SERVER_NODE_RUN_DRIVER_H_
#define RAAKVLAK_SERVER_NODE_RUN_DRIVER_H_

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "server/common/audit.h"
#include "server/common/clock.h"
#include "server/node/matcher_link.h"
#include "server/node/plan_announcer.h"
#include "server/node/run_journal.h"
#include "server/node/run_machine.h"
#include "server/node/step_runner.h"

namespace raakvlak::node {

struct RunDriverOptions {
  std::string normaliser_version;
  // Runs worked on at once; the oldest come first.
  std::size_t concurrent_runs = 3;
  // Longest pause before the matcher is called again.
  std::chrono::milliseconds reconnect_limit{5'000};
  std::chrono::milliseconds progress_interval{500};
  std::chrono::milliseconds sweep_interval{3'600'000};
  // Of retries; tests make it shorter.
  std::int64_t retry_delay_limit_ms = 30'000;
};

// What the node is doing, for stewards.
struct RunActivity {
  std::string run_id;  // empty: nothing
  std::string stage;
  std::uint64_t done = 0;
  std::uint64_t total = 0;
};

// Thread-safe.
class RunDriver {
 public:
  // All must outlive the driver.
  struct Dependencies {
    MatcherLink& matcher;
    StepRunner& steps;
    RunJournal& journal;
    const common::Clock& clock;
    common::AuditSink& audit;
    // The active epoch; 0 before the first ceremony.
    std::function<std::uint64_t()> epoch;
    // Null where no purpose is planned for.
    PlanAnnouncer* plans = nullptr;
  };
  RunDriver(const Dependencies& dependencies, RunDriverOptions options);
  // As Stop().
  ~RunDriver();

  // Takes up what the journal holds, and begins.
  absl::Status Start();
  // Breaks off whatever is going on; it is taken up again at the next start. Idempotent.
  void Stop();

  // An offer as it comes from the matcher; public for tests.
  void TakeOffer(const v1::RunOffer& offer);

  RunActivity activity() const;
  // This node has handed in all of the run and only waits for its end, or is tidying up after it.
  // An empty id: some run that has finished is being tidied up.
  bool IsFinishing(std::string_view run_id) const;
  // Where an attempt is; nullopt if it is not known or has ended.
  std::optional<RunRecord> Where(std::string_view manifest_hash) const;

 private:
  struct Active {
    JournaledRun run;
    bool resumed = false;
    bool busy = false;
    std::stop_source stop;  // of the step under way
    std::chrono::steady_clock::time_point not_before{};
    RunActivity activity;
    bool progress_due = false;
  };

  void Watch(std::stop_token stop);
  void Work(std::stop_token stop);
  void Tick(std::stop_token stop);
  void ReportProgress(std::stop_token stop);
  // The next run with something to do; nullptr if there is none. Needs the mutex.
  Active* NextLocked();
  // Applies and journals. Needs the mutex.
  void ApplyLocked(Active& active, const RunEvent& event);
  void Pause(std::stop_token stop, std::chrono::milliseconds time);

  const Dependencies d_;
  const RunDriverOptions options_;

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  // By manifest hash.
  std::map<std::string, Active, std::less<>> runs_;
  std::stop_source watch_stop_;  // of the stream that is open now
  std::uint64_t watched_epoch_ = 0;
  std::uint64_t watched_plans_ = 0;
  bool started_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_RUN_DRIVER_H_
