// The furthest that each agency came.
#include "client/commands/run_progress.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client/commands/labels.h"

namespace raakvlak::client {
namespace {

constexpr uint64_t kWhole = 1000;

// What nodes do in this state once they have evaluated; their figures then count other things.
bool HasEvaluated(const std::string& stage) {
  return stage.starts_with("uploading") || stage.starts_with("waiting");
}

}  // namespace

RunProgress::Bar RunProgress::Take(const v1::RunSummary& run) {
  if (run.attempt() != attempt_) reached_.clear();
  attempt_ = run.attempt();
  Bar bar{.label = absl::StrCat(run.run_id(), " ", StateLabel(run.state()))};
  if (run.state() != v1::RUN_STATE_EVALUATING) return bar;
  bool known = false;
  for (const v1::AgencyProgress& p : run.progress()) {
    absl::StrAppend(&bar.label, "  ", p.agency_id(), " ",
                    p.stage().empty() ? "waiting" : p.stage());
    uint64_t& reached = reached_[p.agency_id()];
    if (HasEvaluated(p.stage())) {
      reached = kWhole;
    } else if (p.total() != 0) {
      // A node that starts its step anew, or finds more to do, is shown where it was before.
      const double part = static_cast<double>(p.done()) / static_cast<double>(p.total());
      reached = std::max(reached, static_cast<uint64_t>(std::min(part, 1.0) * kWhole));
    }
    known = known || p.total() != 0 || reached != 0;
    bar.done += reached;
  }
  if (known) bar.total = kWhole * static_cast<uint64_t>(run.progress_size());
  return bar;
}

}  // namespace raakvlak::client
