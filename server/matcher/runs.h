// All runs of the matcher: takes events in, journals, has the work done, tells those who wait. The
// core under both services; it knows no gRPC.
//
// A change is first computed (run_machine.h), then audited, then committed, and only then shown or
// acted upon. Killed at any point, Open() finds every run where its journal left it, and the work
// that it waits for.
#ifndef RAAKVLAK_SERVER_MATCHER_RUNS_H_
#define RAAKVLAK_SERVER_MATCHER_RUNS_H_

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "authority/manifest.h"
#include "authority/purpose.h"
#include "authority/roster.h"
#include "crypto/base/random.h"
#include "server/common/audit.h"
#include "server/common/clock.h"
#include "server/common/fs.h"
#include "server/common/request_ids.h"
#include "server/matcher/connections.h"
#include "server/matcher/manifest_builder.h"
#include "server/matcher/purpose_book.h"
#include "server/matcher/run_directory.h"
#include "server/matcher/run_journal.h"
#include "server/matcher/run_machine.h"
#include "server/matcher/stages.h"
#include "server/matcher/uploads.h"

namespace raakvlak::matcher {

struct RunsOptions {
  std::string data_dir;
  // An attempt that takes longer fails.
  absl::Duration run_timeout = absl::Hours(2);
  // A member that is not connected for longer is dropped from the run.
  absl::Duration node_absence = absl::Minutes(10);
  bool allow_smaller_attempts = true;
  // For nodes that announce none.
  std::uint64_t default_epoch = 1;
  std::string default_normaliser_version;
  UploadLimits limits;
};

// What Runs stands on; all must outlive it and be thread-safe.
struct RunsDeps {
  RunJournal& journal;
  common::FileSystem& fs;
  const common::Clock& clock;
  crypto::Random& random;
  common::AuditSink& audit;
  const authority::Roster& roster;
  PurposeBook& purposes;
  Connections& nodes;
  // Told of every stage that the matcher did and every run that ended; for metrics. May be null.
  std::function<void(std::string_view stage, absl::Duration)> on_stage;
  std::function<void(Phase)> on_end;
};

// Names a mutation so that a retry has the same answer. `request` is what must be the same.
struct RequestKey {
  std::string caller;
  std::string method;
  std::string id;
  std::string request;
};

enum class UploadKind : std::uint8_t { kTags, kRecords, kEncodings, kReferences };
enum class FetchKind : std::uint8_t { kOverlap, kEncodingTasks, kMatches };

// How far a node says it is.
struct Progress {
  std::string stage;
  std::uint64_t done = 0;
  std::uint64_t total = 0;
};

// What coordinators see of a run.
struct RunView {
  RunRow row;
  std::vector<std::pair<std::string, Progress>> progress;
};

// What nodes see of an attempt.
struct OfferView {
  std::string manifest;
  std::string purpose_document;
  Phase phase = Phase::kEvaluating;
  std::string reason;
};

// Thread-safe.
class Runs {
 public:
  // Takes up unfinished runs and erases what ended ones left behind.
  static absl::StatusOr<std::unique_ptr<Runs>> Open(RunsOptions options, RunsDeps deps);
  ~Runs();

  // ---- For coordinators and the schedule.

  struct StartCommand {
    std::string purpose_id;
    // Empty: all of the purpose.
    std::vector<std::string> types;
    // "coordinator" or "schedule".
    std::string started_by;
    std::string actor;
    // None for the schedule.
    std::optional<RequestKey> key;
  };
  // The run's id. FailedPrecondition when the purpose is not valid now, a run of it is open, too
  // few nodes are connected or they do not announce the same epoch; the message says what to do.
  // Aborted while nodes are still planning the blocking: to be tried again soon.
  absl::StatusOr<std::string> Start(const StartCommand& command);
  absl::Status Cancel(std::string_view run_id, std::string_view actor, const RequestKey& key);
  absl::Status RegisterPurpose(const v1::SignedDocument& document, std::string_view actor,
                               const RequestKey& key);
  absl::StatusOr<std::vector<RunView>> List(std::uint32_t limit);
  absl::StatusOr<RunView> Get(std::string_view run_id);
  // Waits until the run's view is newer than `*version` (0 at first) and gives it; nullopt when
  // `timeout` passes or the matcher stops.
  absl::StatusOr<std::optional<RunView>> WaitForView(std::string_view run_id,
                                                     std::uint64_t* version,
                                                     absl::Duration timeout);
  // Number of chunks of the report of a run that is DONE; the reading is audited.
  absl::StatusOr<std::uint64_t> OpenReport(std::string_view run_id, std::string_view actor);
  absl::StatusOr<std::string> ReportChunk(std::string_view run_id, std::uint64_t number);

  // ---- For nodes. `agency` is the authenticated caller.

  // InvalidArgument for blocking plans that no honest node announces; audited.
  absl::Status CheckAnnouncedPlans(std::string_view agency, const v1::WatchRunsRequest& request);
  // Offers that concern the agency and changed after `*version` (0 at first), in order of change.
  // Purposes that it is to plan for are offers without a manifest.
  // Waits for one; empty when `timeout` passes or the matcher stops.
  std::vector<OfferView> WaitForOffers(std::string_view agency, std::uint64_t* version,
                                       absl::Duration timeout);
  absl::Status SetProgress(std::string_view agency, std::string_view manifest_hash,
                           Progress progress);
  absl::Status Decline(std::string_view agency, std::string_view manifest_hash,
                       std::string_view reason, std::string_view blamed, const RequestKey& key);

  // A place in a run for one upload or fetch. While it lives, the run's files are not erased.
  struct Ticket {
    std::string run_id;
    std::string agency;
    std::string what;
    UploadKind kind = UploadKind::kTags;
    bool is_upload = false;
    int agency_index = 0;
    int type_index = 0;
    // It was taken in before; the same again is compared only.
    bool repeat = false;
    std::shared_ptr<const authority::Manifest> manifest;
    std::shared_ptr<const authority::Purpose> purpose;
    RunDirectory directory{"", "", 0};
    std::string staging_path;
    std::string final_path;
  };
  using TicketPtr = std::unique_ptr<Ticket, std::function<void(Ticket*)>>;

  // The answer that was given to this request before, if any.
  absl::StatusOr<std::optional<std::string>> FindAnswer(const RequestKey& key);
  // NotFound for a manifest nobody offered, PermissionDenied for an agency that is not in it,
  // FailedPrecondition in the wrong phase or for a superseded attempt, Aborted while the same is
  // being uploaded already. `type` is for tags only.
  absl::StatusOr<TicketPtr> BeginUpload(std::string_view agency, std::string_view manifest_hash,
                                        UploadKind kind, std::string_view type);
  // FailedPrecondition once the run has moved on; to be asked for each message.
  absl::Status StillOpen(const Ticket& ticket);
  // Takes in what lies at the staging path. AlreadyExists when something else was taken in before.
  absl::Status CompleteUpload(const Ticket& ticket, const UploadResult& result,
                              const std::vector<UnconfirmedRow>& unconfirmed, const RequestKey& key,
                              std::string_view response);
  // Unavailable until it can be fetched. FailedPrecondition for encoding tasks of a run that links
  // no blocks. `type` is for the overlap only.
  absl::StatusOr<TicketPtr> BeginFetch(std::string_view agency, std::string_view manifest_hash,
                                       FetchKind kind, std::string_view type);
  // An upload that was refused: audited, named.
  void AuditRefusal(std::string_view agency, std::string_view what, const absl::Status& why);

  // ---- For the daemon's threads.

  // Does one piece of waiting work. False if there is none.
  bool WorkOnce();
  // Waits until there is work or the matcher stops; then true while it runs.
  bool WaitForWork(absl::Duration timeout);
  // Waits; false once the matcher stops.
  bool WaitForStop(absl::Duration timeout);
  // Timeouts, absences, retention. To be called every second or so.
  void Tick();
  // Ends all waiting; nothing is waited for afterwards.
  void Stop();

 private:
  struct Run {
    RunRow row;
    std::shared_ptr<const authority::Manifest> manifest;
    std::shared_ptr<const authority::Purpose> purpose;
    // Changes of the state, and of anything that coordinators see.
    std::uint64_t offer_version = 0;
    std::uint64_t view_version = 0;
    std::map<std::string, Progress> progress;
    int tickets = 0;
    // Slots of uploads in progress: agency and what.
    std::set<std::pair<std::string, std::string>> uploading;
  };
  struct EndedAttempt {
    AttemptRow row;
    std::vector<std::string> agencies;
    std::uint64_t version = 0;
  };
  struct WorkItem {
    std::string run_id;
    std::uint32_t attempt = 0;
    Work work = Work::kErase;
  };

  Runs(RunsOptions options, RunsDeps deps);
  absl::Status Recover();
  absl::Status TakeUp(RunRow row);

  // All below need mutex_ unless they say otherwise.
  RunRules Rules() const;
  absl::StatusOr<Run*> FindOpen(std::string_view agency, std::string_view manifest_hash,
                                int* agency_index);
  // Computes, audits, commits (with `in_transaction`), shows, queues. Nothing has changed on error.
  absl::Status ApplyEvent(Run& run, const Event& event, std::string_view actor,
                          const std::function<absl::Status()>& in_transaction = nullptr);
  // The plan, its planner and the types under it; changes nothing for a run without block types.
  absl::Status AddPlan(const authority::Purpose& purpose, ManifestPlan& plan,
                       std::vector<std::string>& warnings) const;
  // Notices that changed after `after`, with their versions.
  std::vector<std::pair<std::uint64_t, OfferView>> PurposesToPlan(std::string_view agency,
                                                                  std::uint64_t after) const;
  absl::StatusOr<authority::Manifest> SmallerManifest(const Run& run, int dropped_agency);
  void QueueWork(const Run& run);
  void RememberAttempt(AttemptRow row);
  absl::StatusOr<RunView> ViewOf(const RunRow& row) const;
  absl::Status Keep(const RequestKey& key, std::string_view response);
  absl::StatusOr<std::optional<std::string>> Before(const RequestKey& key);
  absl::Status Audit(std::string event, std::string_view actor, std::string outcome,
                     std::vector<std::pair<std::string, std::string>> fields);
  TicketPtr MakeTicket(Run& run, std::string_view agency, int agency_index);

  // Without mutex_: the stages.
  absl::Status DoWork(const WorkItem& item, const RunRow& row, const authority::Manifest& manifest,
                      const authority::Purpose& purpose, std::vector<std::string>* warnings,
                      std::string* report_header);
  absl::Status DoReport(const RunRow& row, const authority::Manifest& manifest,
                        const authority::Purpose& purpose, const StageContext& context,
                        const RunDirectory& directory, std::string* header);
  absl::Status WriteMatches(const RunRow& row, const authority::Manifest& manifest,
                            const authority::Purpose& purpose, const RunDirectory& directory,
                            ReportBuilder& builder);
  absl::Status EraseFiles(const RunRow& row);
  // In a transaction of the caller's: marks what was reported as seen and takes the report in.
  absl::Status KeepReport(const RunRow& row, const std::string& header);
  StageContext ContextOf(const authority::Manifest& manifest,
                         const authority::Purpose& purpose) const;

  const RunsOptions options_;
  const RunsDeps deps_;
  common::RequestIds request_ids_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;
  std::uint64_t version_ = 1;
  // Unfinished runs and those that ended in this process's time, by id.
  std::map<std::string, Run, std::less<>> runs_;
  // When a purpose was registered in this process's time, as a version, by id.
  std::map<std::string, std::uint64_t, std::less<>> registered_;
  // Those of the last day.
  std::vector<EndedAttempt> ended_;
  std::deque<WorkItem> work_;
  std::int64_t next_sweep_ = 0;
};

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_RUNS_H_
