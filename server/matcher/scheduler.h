// Starts the runs of the schedule; the moving part around schedule.h.
#ifndef RAAKVLAK_SERVER_MATCHER_SCHEDULER_H_
#define RAAKVLAK_SERVER_MATCHER_SCHEDULER_H_

#include <vector>

#include "absl/time/time.h"
#include "server/common/audit.h"
#include "server/common/clock.h"
#include "server/matcher/run_journal.h"
#include "server/matcher/runs.h"
#include "server/matcher/schedule.h"

namespace raakvlak::matcher {

// Not thread-safe: one thread calls Tick() every second or so.
class Scheduler {
 public:
  // All that it is given must outlive it.
  Scheduler(std::vector<ScheduleEntry> entries, Runs& runs, RunJournal& journal,
            common::AuditSink& audit, const common::Clock& clock);
  // Starts what is due. A start that fails (nodes not connected yet, another run going on) is tried
  // again every half minute until its window is over.
  void Tick();

 private:
  struct Entry {
    ScheduleEntry entry;
    absl::Time retry_at = absl::InfinitePast();
    std::string last_error;
  };
  void Consider(Entry& entry, absl::Time now);

  std::vector<Entry> entries_;
  Runs& runs_;
  RunJournal& journal_;
  common::AuditSink& audit_;
  const common::Clock& clock_;
};

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_SCHEDULER_H_
