// The work behind each step of a run (run_machine.h): what is carried out, with whom, and what it
// leaves on disk. Every step is idempotent: done again after a kill, it has the same effect.
#ifndef RAAKVLAK_SERVER_NODE_RUN_STEPS_H_
#define RAAKVLAK_SERVER_NODE_RUN_STEPS_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "authority/roster.h"
#include "crypto/base/random.h"
#include "crypto/batch/kernels.h"
#include "linkage/fuzzy/blocks.h"
#include "linkage/score/profile.h"
#include "server/common/audit.h"
#include "server/common/clock.h"
#include "server/common/external_sort.h"
#include "server/node/dataset_store.h"
#include "server/node/matcher_link.h"
#include "server/node/mesh/mesh.h"
#include "server/node/review_store.h"
#include "server/node/run_files.h"
#include "server/node/run_journal.h"
#include "server/node/run_machine.h"
#include "server/node/run_options.h"
#include "server/node/stage_clock.h"
#include "server/node/step_runner.h"
#include "server/node/turn.h"
#include "server/node/value_groups.h"

namespace raakvlak::node {

// Counts for metrics; thread-safe, only grow.
struct RunCounters {
  std::atomic<std::uint64_t> values{0};
  std::atomic<std::uint64_t> evaluated{0};
  std::atomic<std::uint64_t> cached{0};
  std::atomic<std::uint64_t> too_common{0};
  std::atomic<std::uint64_t> tags{0};
  std::atomic<std::uint64_t> records{0};
  std::atomic<std::uint64_t> encodings{0};
  std::atomic<std::uint64_t> matches{0};
  std::atomic<std::uint64_t> disputed{0};
  std::atomic<std::uint64_t> unconfirmed{0};
};

// Thread-safe; one step of one run at a time.
class RunSteps final : public StepRunner {
 public:
  // All must outlive this.
  struct Dependencies {
    const authority::Roster& roster;
    std::string own_id;
    Mesh& mesh;
    const crypto::Kernels& kernels;
    SealContext seal;  // with the node's wrapping key
    const common::Clock& clock;
    common::AuditSink& audit;
    MatcherLink& matcher;
    RunJournal& journal;
    DatasetStore& datasets;
    ReviewStore& reviews;
    StageClock& stages;
    RunCounters& counters;
  };
  // `directory`: of the node's data; its subdirectories cache, runs and matches are this object's.
  static absl::StatusOr<std::unique_ptr<RunSteps>> Create(const Dependencies& dependencies,
                                                          const std::string& directory,
                                                          RunStepsOptions options);

  absl::Status CarryOut(const JournaledRun& run, const ProgressSink& progress,
                        std::stop_token stop) override;
  absl::Status Resume(const JournaledRun& run, std::stop_token stop) override;
  absl::Status Sweep() override;

 private:
  // What a step works with.
  struct Work {
    const JournaledRun& run;
    std::shared_ptr<RunContext> context;
    std::unique_ptr<RunFiles> files;
    const ProgressSink& progress;
    std::stop_token stop;
    const v1::RunManifest& manifest() const { return context->manifest().body(); }
    const std::string& hash() const { return run.record.manifest_hash; }
  };

  RunSteps(const Dependencies& dependencies, std::string directory, RunStepsOptions options)
      : d_(dependencies), directory_(std::move(directory)), options_(std::move(options)) {}

  absl::StatusOr<std::shared_ptr<RunContext>> TakeUp(const JournaledRun& run);
  absl::Status OpenRun(Work& work);
  absl::Status PinDataset(Work& work);
  // Of a run that links blocks: what its plan would expose of the own file.
  absl::Status CheckPlan(Work& work);
  absl::Status Evaluate(Work& work);
  absl::Status EvaluateType(Work& work, int type_index,
                            std::unique_ptr<common::SortedReader> sorted, std::uint64_t before,
                            std::uint64_t total);
  // Where the run links blocks (run_steps_blocks.cc): the dataset's compared values, and the blocks
  // that the run's plan makes of them. Memory grows with the file, since how rare a value is is a
  // matter of the whole file: well under 1 GiB for 100,000 records of five fields.
  struct BlockedDataset {
    linkage::Profile profile;
    linkage::RecordTable table;
    std::vector<linkage::Block> blocks;
  };
  absl::StatusOr<BlockedDataset> MakeBlocksOf(Work& work, const std::string& dataset_id);
  absl::StatusOr<std::vector<GroupedType>> GroupBlocksOf(Work& work, const std::string& dataset_id,
                                                         const crypto::Secret<32>& local_key,
                                                         const GroupingOptions& grouping);
  absl::Status UploadEncodings(Work& work);
  absl::Status MakeEncodingsOf(Work& work);
  absl::Status UploadTags(Work& work);
  absl::Status Confirm(Work& work);
  absl::Status FetchOverlaps(Work& work);
  absl::Status OfferConfirmations(
      Work& work,
      std::map<std::pair<std::string, std::string>, crypto::Confirmation>* confirmations);
  absl::Status UploadRecords(Work& work);
  absl::Status ReportReferences(Work& work);
  absl::Status FetchMatches(Work& work);
  absl::Status Decline(const JournaledRun& run, std::stop_token stop);
  absl::Status Erase(const JournaledRun& run);
  // Counterparts all of whose comparisons were equal.
  absl::StatusOr<std::set<std::string>> Confirmed(Work& work);
  std::string MatchesPath(std::string_view manifest_hash) const;
  RetryPolicy PolicyFor(const JournaledRun& run) const;

  const Dependencies d_;
  const std::string directory_;
  const RunStepsOptions options_;
  // One run evaluates at a time: the caches are shared, and so are memory and cores.
  Turn turn_;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_RUN_STEPS_H_
