// What the run driver needs carried out; the driver's tests stand in for it.
#ifndef RAAKVLAK_SERVER_NODE_STEP_RUNNER_H_
#define RAAKVLAK_SERVER_NODE_STEP_RUNNER_H_

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "server/node/run_journal.h"

namespace raakvlak::node {

// Told while a step goes on; stage as in ReportProgressRequest. Thread-safe.
using ProgressSink =
    std::function<void(const std::string& stage, std::uint64_t done, std::uint64_t total)>;

// Thread-safe; one step of one run at a time.
class StepRunner {
 public:
  virtual ~StepRunner() = default;
  // Carries out `run.record.step`; idempotent. Errors blame who is to blame (mesh/blame.h).
  // Cancelled once `stop` is requested.
  virtual absl::Status CarryOut(const JournaledRun& run, const ProgressSink& progress,
                                std::stop_token stop) = 0;
  // After a restart, before the first step of a run that has begun: makes it known to the mesh
  // again, and lets counterparts still ask for confirmations that this node has compared already.
  virtual absl::Status Resume(const JournaledRun& run, std::stop_token stop) = 0;
  // Destroys results past their purpose's end or beyond the number kept, and old datasets.
  virtual absl::Status Sweep() = 0;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_STEP_RUNNER_H_
