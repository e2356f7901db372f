// What happens by itself: timeouts, absences, retention.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/matcher/runs.h"

namespace raakvlak::matcher {
namespace {

constexpr std::int64_t kSweepSeconds = 3600;

}  // namespace

void Runs::Tick() {
  std::lock_guard lock(mutex_);
  if (stopped_) return;
  const std::int64_t now = deps_.clock.UnixSeconds();
  for (auto& [id, run] : runs_) {
    const RunStatus& status = run.row.status;
    if (HasEnded(status.phase)) {
      // Erasing that failed is tried again.
      const bool queued = std::any_of(work_.begin(), work_.end(), [&, run_id = id](const auto& w) {
        return w.run_id == run_id && w.work == Work::kErase;
      });
      if (!status.erased && !queued) QueueWork(run);
      continue;
    }
    if (now > run.manifest->body().expires_at()) {
      // On failure nothing has changed, and the next tick tries again.
      ApplyEvent(run, TimedOut{}, "self").IgnoreError();
      continue;
    }
    if (status.phase != Phase::kEvaluating && status.phase != Phase::kConfirming &&
        status.phase != Phase::kEncoding && status.phase != Phase::kReferencing) {
      continue;
    }
    for (int i = 0; i < run.manifest->body().agencies_size(); ++i) {
      // Until the records, every node is needed by the others on the mesh.
      if (status.phase == Phase::kEncoding && (status.encodings_in >> i & 1) != 0) continue;
      if (status.phase == Phase::kReferencing && (status.references_in >> i & 1) != 0) continue;
      const std::string& agency = run.manifest->body().agencies(i);
      if (deps_.nodes.AwayFor(agency) <= options_.node_absence) continue;
      ApplyEvent(run,
                 AgencyLost{i, absl::StrCat(agency, " has not been connected for over ",
                                            absl::FormatDuration(options_.node_absence))},
                 "self")
          .IgnoreError();
      break;
    }
  }
  if (now < next_sweep_) return;
  next_sweep_ = now + kSweepSeconds;
  request_ids_.Sweep().IgnoreError();
  absl::StatusOr<std::vector<PurposeRow>> purposes = deps_.journal.Purposes();
  if (!purposes.ok()) return;
  for (const PurposeRow& purpose : *purposes) {
    if (purpose.not_after >= now) continue;
    absl::StatusOr<bool> erased = deps_.journal.EraseOfPurpose(purpose.purpose_id);
    if (!erased.ok() || !*erased) continue;
    Audit("purpose.expired.erased", "self", "done", {{"purpose", purpose.purpose_id}})
        .IgnoreError();
  }
}

}  // namespace raakvlak::matcher
