#include "server/node/run_driver.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "authority/manifest.h"
#include "crypto/base/bytes.h"
#include "server/common/worker_pool.h"
#include "server/node/mesh/blame.h"
#include "server/node/status_macros.h"

namespace raakvlak::node {
namespace {

std::optional<MatcherPhase> PhaseOf(v1::RunState state) {
  switch (state) {
    case v1::RUN_STATE_EVALUATING:
      return MatcherPhase::kEvaluating;
    case v1::RUN_STATE_INTERSECTING:
      return MatcherPhase::kIntersecting;
    case v1::RUN_STATE_CONFIRMING:
      return MatcherPhase::kConfirming;
    case v1::RUN_STATE_PAIRING:
      return MatcherPhase::kPairing;
    case v1::RUN_STATE_ENCODING:
      return MatcherPhase::kEncoding;
    case v1::RUN_STATE_MATCHING:
      return MatcherPhase::kMatching;
    case v1::RUN_STATE_REFERENCING:
      return MatcherPhase::kReferencing;
    case v1::RUN_STATE_DONE:
      return MatcherPhase::kDone;
    case v1::RUN_STATE_FAILED:
      return MatcherPhase::kFailed;
    case v1::RUN_STATE_CANCELLED:
      return MatcherPhase::kCancelled;
    default:
      return std::nullopt;
  }
}

}  // namespace

RunDriver::RunDriver(const Dependencies& dependencies, RunDriverOptions options)
    : d_(dependencies), options_(std::move(options)) {}

RunDriver::~RunDriver() { Stop(); }

absl::Status RunDriver::Start() {
  {
    std::lock_guard lock(mutex_);
    if (started_) return absl::FailedPreconditionError("the run driver has been started already");
    NODE_ASSIGN_OR_RETURN(std::vector<JournaledRun> open, d_.journal.Open());
    for (JournaledRun& run : open) {
      spdlog::info("run {}: taken up again at step '{}'", run.run_id, RunStepName(run.record.step));
      Active& active = runs_[run.record.manifest_hash];
      active.activity.run_id = run.run_id;
      active.run = std::move(run);
    }
    started_ = true;
  }
  threads_.emplace_back([this](std::stop_token stop) { Watch(stop); });
  threads_.emplace_back([this](std::stop_token stop) { Tick(stop); });
  threads_.emplace_back([this](std::stop_token stop) { ReportProgress(stop); });
  for (std::size_t i = 0; i < std::max<std::size_t>(1, options_.concurrent_runs); ++i) {
    threads_.emplace_back([this](std::stop_token stop) { Work(stop); });
  }
  return absl::OkStatus();
}

void RunDriver::Stop() {
  for (std::jthread& thread : threads_) thread.request_stop();
  {
    std::lock_guard lock(mutex_);
    watch_stop_.request_stop();
    for (auto& [hash, active] : runs_) active.stop.request_stop();
  }
  changed_.notify_all();
  threads_.clear();
}

void RunDriver::Pause(std::stop_token stop, std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, time, [] { return false; });
}

// --- the matcher ---------------------------------------------------------------------------------

void RunDriver::Watch(std::stop_token stop) {
  std::uint32_t failures = 0;
  while (!stop.stop_requested()) {
    v1::WatchRunsRequest request;
    request.set_epoch(d_.epoch());
    request.set_normaliser_version(options_.normaliser_version);
    std::uint64_t plans = 0;
    if (d_.plans != nullptr) {
      for (v1::PlanOffer& plan : d_.plans->Offers(&plans)) *request.add_plans() = std::move(plan);
    }
    std::stop_token stream;
    {
      std::lock_guard lock(mutex_);
      watch_stop_ = std::stop_source();
      watched_epoch_ = request.epoch();
      watched_plans_ = plans;
      stream = watch_stop_.get_token();
      if (stop.stop_requested()) return;
    }
    const auto begun = d_.clock.Monotonic();
    absl::Status status = d_.matcher.WatchRuns(
        request, [this](const v1::RunOffer& offer) { TakeOffer(offer); }, stream);
    if (stop.stop_requested()) return;
    // Ended because there is something else to announce: at once.
    if (stream.stop_requested()) continue;
    if (d_.clock.Monotonic() - begun > std::chrono::seconds(30)) failures = 0;
    ++failures;
    if (failures == 1 || failures % 20 == 0) {
      spdlog::warn("cannot watch the matcher: {}", std::string(status.message()));
    }
    Pause(stop,
          std::min(options_.reconnect_limit, std::chrono::milliseconds(RetryDelayMs(failures))));
  }
}

void RunDriver::TakeOffer(const v1::RunOffer& offer) {
  if (offer.manifest().empty()) {
    if (d_.plans != nullptr) d_.plans->TakePurpose(offer.purpose());
    return;
  }
  const std::optional<MatcherPhase> phase = PhaseOf(offer.state());
  if (!phase.has_value()) return;
  const std::string hash = crypto::ToString(authority::ManifestHash(offer.manifest()));
  std::lock_guard lock(mutex_);
  auto known = runs_.find(hash);
  if (known != runs_.end()) {
    ApplyLocked(known->second, RunEvent::MatcherSaid(*phase, offer.reason()));
    changed_.notify_all();
    return;
  }
  // Of an attempt that has ended here, nothing is heard any more.
  if (*phase >= MatcherPhase::kDone) return;
  absl::StatusOr<std::optional<JournaledRun>> before = d_.journal.Find(hash);
  if (!before.ok() || before->has_value()) return;

  absl::StatusOr<authority::Manifest> manifest = authority::Manifest::Parse(offer.manifest());
  if (!manifest.ok()) {
    spdlog::warn("the matcher offered a run whose manifest is refused: {}",
                 std::string(manifest.status().message()));
    return;
  }
  JournaledRun run;
  run.record.manifest_hash = hash;
  run.record.phase = *phase;
  run.record.links_blocks = manifest->body().has_plan();
  run.record.expires_at = manifest->body().expires_at();
  run.manifest = offer.manifest();
  run.purpose = offer.purpose().SerializeAsString();
  run.run_id = manifest->run_id();
  run.created_at = manifest->body().created_at();
  if (*phase > MatcherPhase::kIntersecting) {
    run.record.step = RunStep::kDecline;
    run.record.outcome = RunOutcome::kDeclined;
    run.record.reason = "this node does not know the run, which has long begun";
  }
  absl::StatusOr<bool> added = d_.journal.Add(run);
  if (!added.ok() || !*added) {
    if (!added.ok()) {
      spdlog::error("run {}: cannot be journaled: {}", run.run_id,
                    std::string(added.status().message()));
    }
    return;
  }
  spdlog::info("run {} attempt {}: offered", run.run_id, manifest->body().attempt());
  // A new attempt takes the place of those before it.
  for (auto& [other_hash, other] : runs_) {
    absl::StatusOr<authority::Manifest> earlier = authority::Manifest::Parse(other.run.manifest);
    if (other.run.run_id == run.run_id && earlier.ok() &&
        earlier->body().attempt() < manifest->body().attempt()) {
      ApplyLocked(other, RunEvent::MatcherSaid(MatcherPhase::kFailed, "another attempt follows"));
    }
  }
  Active& active = runs_[hash];
  active.activity.run_id = run.run_id;
  active.run = std::move(run);
  active.resumed = true;
  changed_.notify_all();
}

void RunDriver::ReportProgress(std::stop_token stop) {
  while (!stop.stop_requested()) {
    Pause(stop, options_.progress_interval);
    std::vector<v1::ReportProgressRequest> due;
    {
      std::lock_guard lock(mutex_);
      for (auto& [hash, active] : runs_) {
        if (!active.progress_due || active.run.record.step >= RunStep::kDecline) continue;
        active.progress_due = false;
        v1::ReportProgressRequest request;
        request.set_manifest_hash(hash);
        request.set_stage(active.activity.stage.substr(0, 32));
        request.set_done(active.activity.done);
        request.set_total(active.activity.total);
        due.push_back(std::move(request));
      }
    }
    for (const v1::ReportProgressRequest& request : due) {
      // For people who watch; nothing rests on it.
      if (!d_.matcher.ReportProgress(request, stop).ok()) break;
    }
  }
}

// --- work ----------------------------------------------------------------------------------------

RunDriver::Active* RunDriver::NextLocked() {
  const auto now = std::chrono::steady_clock::now();
  Active* next = nullptr;
  for (auto& [hash, active] : runs_) {
    if (active.busy || active.not_before > now) continue;
    if (active.resumed && NextAction(active.run.record) != RunAction::kCarryOut) continue;
    if (next == nullptr || std::pair(active.run.created_at, hash) <
                               std::pair(next->run.created_at, next->run.record.manifest_hash)) {
      next = &active;
    }
  }
  return next;
}

void RunDriver::ApplyLocked(Active& active, const RunEvent& event) {
  RunRecord next = Apply(active.run.record, event);
  if (next == active.run.record) return;
  absl::Status saved = d_.journal.Save(next);
  if (!saved.ok()) {
    // What cannot be journaled did not happen: the step is carried out again.
    spdlog::error("run {}: cannot be journaled: {}", active.run.run_id,
                  std::string(saved.message()));
    active.not_before = std::chrono::steady_clock::now() + std::chrono::seconds(1);
    return;
  }
  if (next.step != active.run.record.step) {
    if (next.step == RunStep::kDecline) {
      spdlog::warn("run {}: declined: {}", active.run.run_id, next.reason);
    } else if (next.step == RunStep::kErase && next.outcome != RunOutcome::kFinished) {
      spdlog::warn("run {}: {}: {}", active.run.run_id, RunOutcomeName(next.outcome), next.reason);
    } else {
      spdlog::info("run {}: now at step '{}'", active.run.run_id, RunStepName(next.step));
    }
    // A step that is under way is overtaken.
    if (active.busy) active.stop.request_stop();
    active.not_before = {};
  } else if (next.failures > active.run.record.failures) {
    spdlog::warn("run {}: step '{}' failed, to be tried again: {}", active.run.run_id,
                 RunStepName(next.step), next.last_error);
    active.not_before = std::chrono::steady_clock::now() +
                        std::chrono::milliseconds(
                            std::min(options_.retry_delay_limit_ms, RetryDelayMs(next.failures)));
  }
  active.run.record = std::move(next);
}

void RunDriver::Work(std::stop_token stop) {
  // Steps compute for minutes; stewards, peers and monitoring that call meanwhile come first.
  common::LowerThreadPriority(common::kHeavyWorkNice);
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    Active* active = NextLocked();
    if (active == nullptr) {
      changed_.wait_for(lock, stop, std::chrono::milliseconds(100), [] { return false; });
      continue;
    }
    active->busy = true;
    active->stop = std::stop_source();
    const bool resume = !active->resumed;
    std::stop_token step_stop = active->stop.get_token();
    // The steps look the journal up for what changes under way; this copy is of now.
    JournaledRun run = active->run;
    const RunStep step = run.record.step;
    ProgressSink progress = [this, active](const std::string& stage, std::uint64_t done,
                                           std::uint64_t total) {
      std::lock_guard progress_lock(mutex_);
      active->activity.stage = stage;
      active->activity.done = done;
      active->activity.total = total;
      active->progress_due = true;
    };
    lock.unlock();
    absl::Status status =
        resume ? d_.steps.Resume(run, step_stop) : d_.steps.CarryOut(run, progress, step_stop);
    lock.lock();
    active->busy = false;
    // Broken off by a shutdown: nothing is said of the step, it begins anew.
    if (stop.stop_requested()) break;
    const bool overtaken = active->run.record.step != step;
    if (resume && status.ok()) {
      active->resumed = true;
    } else if (status.ok()) {
      ApplyLocked(*active, RunEvent::StepDone(step));
    } else if (!overtaken) {
      ApplyLocked(*active, RunEvent::StepFailed(step, status, CulpritOf(status)));
    }
    if (active->run.record.step >= RunStep::kDecline) active->resumed = true;
    if (active->run.record.step == RunStep::kEnded) {
      spdlog::info("run {}: {}", active->run.run_id, RunOutcomeName(active->run.record.outcome));
      runs_.erase(active->run.record.manifest_hash);
    }
    changed_.notify_all();
  }
}

void RunDriver::Tick(std::stop_token stop) {
  auto swept = std::chrono::steady_clock::time_point{};
  while (!stop.stop_requested()) {
    {
      std::lock_guard lock(mutex_);
      const std::int64_t now = d_.clock.UnixSeconds();
      for (auto& [hash, active] : runs_) ApplyLocked(active, RunEvent::Clock(now));
      if (d_.epoch() != watched_epoch_ ||
          (d_.plans != nullptr && d_.plans->version() != watched_plans_)) {
        watch_stop_.request_stop();
      }
    }
    changed_.notify_all();
    const auto now = std::chrono::steady_clock::now();
    if (swept == std::chrono::steady_clock::time_point{} || now - swept > options_.sweep_interval) {
      swept = now;
      if (absl::Status status = d_.steps.Sweep(); !status.ok()) {
        spdlog::error("retention: {}", std::string(status.message()));
      }
    }
    Pause(stop, std::chrono::milliseconds(500));
  }
}

// --- looking in ----------------------------------------------------------------------------------

RunActivity RunDriver::activity() const {
  std::lock_guard lock(mutex_);
  const Active* oldest = nullptr;
  for (const auto& [hash, active] : runs_) {
    if (oldest == nullptr || active.run.created_at < oldest->run.created_at) oldest = &active;
  }
  return oldest == nullptr ? RunActivity{} : oldest->activity;
}

bool RunDriver::IsFinishing(std::string_view run_id) const {
  std::lock_guard lock(mutex_);
  for (const auto& [hash, active] : runs_) {
    const RunRecord& record = active.run.record;
    if (record.step == RunStep::kErase && record.outcome == RunOutcome::kFinished &&
        (run_id.empty() || active.run.run_id == run_id)) {
      return true;
    }
    // The matcher is done as soon as it has the last report, which the node learns a moment later.
    if ((record.step == RunStep::kReportReferences || record.step == RunStep::kAwaitEnd) &&
        active.run.run_id == run_id) {
      return true;
    }
  }
  return false;
}

std::optional<RunRecord> RunDriver::Where(std::string_view manifest_hash) const {
  std::lock_guard lock(mutex_);
  auto found = runs_.find(manifest_hash);
  if (found == runs_.end()) return std::nullopt;
  return found->second.run.record;
}

}  // namespace raakvlak::node
