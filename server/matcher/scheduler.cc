// Marks in the journal keep a start from being made twice.
#include "server/matcher/scheduler.h"

#include <utility>

namespace raakvlak::matcher {
namespace {

constexpr absl::Duration kRetry = absl::Seconds(30);

}  // namespace

Scheduler::Scheduler(std::vector<ScheduleEntry> entries, Runs& runs, RunJournal& journal,
                     common::AuditSink& audit, const common::Clock& clock)
    : runs_(runs), journal_(journal), audit_(audit), clock_(clock) {
  for (ScheduleEntry& entry : entries) entries_.push_back({std::move(entry), {}, {}});
  for (Entry& entry : entries_) entry.retry_at = absl::InfinitePast();
}

void Scheduler::Tick() {
  const absl::Time now = clock_.Now();
  for (Entry& entry : entries_) {
    if (now >= entry.retry_at) Consider(entry, now);
  }
}

void Scheduler::Consider(Entry& entry, absl::Time now) {
  const std::string name = entry.entry.Name();
  absl::StatusOr<std::int64_t> mark = journal_.ScheduleMark(name);
  if (!mark.ok()) return;
  const ScheduleDecision decision =
      Decide(entry.entry, *mark == 0 ? absl::InfinitePast() : absl::FromUnixSeconds(*mark), now);
  if (decision.action == ScheduleAction::kWait) return;
  const std::string start = absl::FormatTime(absl::RFC3339_sec, decision.start, entry.entry.zone);
  if (decision.action == ScheduleAction::kStart) {
    absl::StatusOr<std::string> run_id = runs_.Start({.purpose_id = entry.entry.purpose_id,
                                                      .types = {},
                                                      .started_by = "schedule",
                                                      .actor = "schedule",
                                                      .key = std::nullopt});
    if (!run_id.ok()) {
      entry.retry_at = now + kRetry;
      const std::string error(run_id.status().message());
      if (error != entry.last_error) {
        audit_
            .Append({"schedule.delayed",
                     "schedule",
                     "failed",
                     {{"schedule", name}, {"start", start}, {"reason", error}}})
            .IgnoreError();
        entry.last_error = error;
      }
      return;
    }
  } else if (*mark != 0) {
    audit_.Append({"schedule.missed", "schedule", "failed", {{"schedule", name}, {"start", start}}})
        .IgnoreError();
  }
  entry.last_error.clear();
  // Not marked: it would be started again, but Start refuses a second open run of the purpose.
  journal_.SetScheduleMark(name, absl::ToUnixSeconds(decision.start)).IgnoreError();
}

}  // namespace raakvlak::matcher
