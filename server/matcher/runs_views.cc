// What coordinators and nodes are shown.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/matcher/runs.h"

namespace raakvlak::matcher {

absl::StatusOr<RunView> Runs::ViewOf(const RunRow& row) const {
  RunView view{row, {}};
  absl::StatusOr<authority::Manifest> manifest = authority::Manifest::Parse(row.manifest);
  if (!manifest.ok()) return manifest.status();
  const auto run = runs_.find(row.run_id);
  for (int i = 0; i < manifest->body().agencies_size(); ++i) {
    const std::string& agency = manifest->body().agencies(i);
    Progress progress;
    if (run != runs_.end()) {
      const auto said = run->second.progress.find(agency);
      if (said != run->second.progress.end()) progress = said->second;
    }
    // After the evaluation the figures would count shared values and matches, which the report
    // suppresses where they are small.
    if (row.status.phase != Phase::kEvaluating) progress.done = progress.total = 0;
    if (HasEnded(row.status.phase)) progress.stage.clear();
    view.progress.emplace_back(agency, std::move(progress));
  }
  return view;
}

absl::StatusOr<std::vector<RunView>> Runs::List(std::uint32_t limit) {
  std::lock_guard lock(mutex_);
  absl::StatusOr<std::vector<RunRow>> rows = deps_.journal.ListRuns(limit);
  if (!rows.ok()) return rows.status();
  std::vector<RunView> views;
  for (const RunRow& row : *rows) {
    absl::StatusOr<RunView> view = ViewOf(row);
    if (!view.ok()) return view.status();
    views.push_back(*std::move(view));
  }
  return views;
}

absl::StatusOr<RunView> Runs::Get(std::string_view run_id) {
  std::lock_guard lock(mutex_);
  absl::StatusOr<std::optional<RunRow>> row = deps_.journal.GetRun(run_id);
  if (!row.ok()) return row.status();
  if (!row->has_value()) {
    return absl::NotFoundError(absl::StrCat("there is no run ", std::string(run_id)));
  }
  return ViewOf(**row);
}

absl::StatusOr<std::optional<RunView>> Runs::WaitForView(std::string_view run_id,
                                                         std::uint64_t* version,
                                                         absl::Duration timeout) {
  std::unique_lock lock(mutex_);
  const auto find = [&] { return runs_.find(run_id); };
  if (find() == runs_.end()) {
    // Ended before this process began: it changes no more.
    lock.unlock();
    absl::StatusOr<RunView> view = Get(run_id);
    if (!view.ok()) return view.status();
    *version = ~std::uint64_t{0};
    return std::optional<RunView>(*std::move(view));
  }
  changed_.wait_for(lock, absl::ToChronoMilliseconds(timeout),
                    [&] { return stopped_ || find()->second.view_version > *version; });
  const auto run = find();
  if (stopped_ || run->second.view_version <= *version) return std::optional<RunView>();
  *version = run->second.view_version;
  absl::StatusOr<RunView> view = ViewOf(run->second.row);
  if (!view.ok()) return view.status();
  return std::optional<RunView>(*std::move(view));
}

absl::StatusOr<std::uint64_t> Runs::OpenReport(std::string_view run_id, std::string_view actor) {
  std::lock_guard lock(mutex_);
  absl::StatusOr<std::optional<RunRow>> row = deps_.journal.GetRun(run_id);
  if (!row.ok()) return row.status();
  if (!row->has_value()) {
    return absl::NotFoundError(absl::StrCat("there is no run ", std::string(run_id)));
  }
  const RunStatus& status = (*row)->status;
  if (status.phase != Phase::kDone) {
    return absl::FailedPreconditionError(
        absl::StrCat("there is no report: the run is ", std::string(PhaseName(status.phase)),
                     status.reason.empty() ? "" : ", ", status.reason));
  }
  absl::StatusOr<std::uint64_t> chunks = deps_.journal.ReportChunks(run_id);
  if (!chunks.ok()) return chunks.status();
  if (*chunks == 0) {
    return absl::NotFoundError("the report was destroyed when its purpose expired");
  }
  if (absl::Status s = Audit("report.read", actor, "allowed", {{"run", std::string(run_id)}});
      !s.ok()) {
    return s;
  }
  return chunks;
}

absl::StatusOr<std::string> Runs::ReportChunk(std::string_view run_id, std::uint64_t number) {
  return deps_.journal.ReportChunk(run_id, number);
}

std::vector<OfferView> Runs::WaitForOffers(std::string_view agency, std::uint64_t* version,
                                           absl::Duration timeout) {
  std::unique_lock lock(mutex_);
  std::vector<std::pair<std::uint64_t, OfferView>> found;
  std::uint64_t newest = *version;
  auto collect = [&] {
    found = PurposesToPlan(agency, *version);
    for (const EndedAttempt& attempt : ended_) {
      if (attempt.version <= *version || std::find(attempt.agencies.begin(), attempt.agencies.end(),
                                                   agency) == attempt.agencies.end()) {
        continue;
      }
      found.emplace_back(attempt.version,
                         OfferView{attempt.row.manifest, attempt.row.purpose_document,
                                   attempt.row.phase, attempt.row.reason});
    }
    for (const auto& [id, run] : runs_) {
      // Ended ones stand among the ended attempts.
      if (HasEnded(run.row.status.phase) || run.offer_version <= *version ||
          run.manifest->AgencyIndex(agency) < 0) {
        continue;
      }
      found.emplace_back(run.offer_version, OfferView{run.row.manifest, run.row.purpose_document,
                                                      run.row.status.phase, run.row.status.reason});
    }
    return !found.empty();
  };
  changed_.wait_for(lock, absl::ToChronoMilliseconds(timeout),
                    [&] { return stopped_ || collect(); });
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<OfferView> offers;
  for (auto& [at, offer] : found) {
    newest = std::max(newest, at);
    offers.push_back(std::move(offer));
  }
  *version = newest;
  return offers;
}

}  // namespace raakvlak::matcher
