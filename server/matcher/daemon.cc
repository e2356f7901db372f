// Construction, threads, shutdown.
#include "server/matcher/daemon.h"

#include <spdlog/spdlog.h>

#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "authority/document_text.h"
#include "authority/key_text.h"
#include "server/common/directory_lock.h"
#include "server/common/metrics.h"
#include "server/common/roster_access.h"
#include "server/common/worker_pool.h"
#include "server/matcher/access_table.h"
#include "server/matcher/coordination_service.h"
#include "server/matcher/scheduler.h"
#include "server/matcher/submission_service.h"

namespace raakvlak::matcher {
namespace {

constexpr std::uint64_t kMaxFileBytes = 4 << 20;

absl::StatusOr<v1::SignedDocument> ReadDocument(common::FileSystem& fs, const std::string& path) {
  absl::StatusOr<std::string> text = common::ReadFile(fs, path, kMaxFileBytes);
  if (!text.ok()) return text.status();
  absl::StatusOr<v1::SignedDocument> document = authority::ParseDocument(*text);
  if (!document.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", document.status().message()));
  }
  return document;
}

absl::StatusOr<authority::Roster> ReadRoster(common::FileSystem& fs, const std::string& path,
                                             const common::Clock& clock) {
  absl::StatusOr<v1::SignedDocument> document = ReadDocument(fs, path);
  if (!document.ok()) return document.status();
  absl::StatusOr<authority::Roster> roster = authority::Roster::Open(*document, std::nullopt);
  absl::Status status = roster.status();
  if (status.ok()) status = roster->CheckValidAt(clock.UnixSeconds());
  if (!status.ok()) return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
  return roster;
}

absl::StatusOr<crypto::SigningKey> ReadSigningKey(common::FileSystem& fs, const std::string& path,
                                                  const authority::Roster& roster) {
  absl::StatusOr<std::string> text = common::ReadFile(fs, path, kMaxFileBytes);
  if (!text.ok()) return text.status();
  absl::StatusOr<crypto::SigningKey> key = authority::ParseSigningKey(*text);
  std::fill(text->begin(), text->end(), '\0');
  if (!key.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", key.status().message()));
  }
  if (key->verify_key() != roster.MatcherKey()) {
    return absl::FailedPreconditionError(
        absl::StrCat(path,
                     " is not the matcher's signing key of the roster; put the key there"
                     " whose public half the roster names"));
  }
  return key;
}

}  // namespace

absl::Status CheckMatcher(const MatcherOptions& options, common::FileSystem& fs,
                          const common::Clock& clock) {
  absl::StatusOr<authority::Roster> roster = ReadRoster(fs, options.roster_path, clock);
  if (!roster.ok()) return roster.status();
  if (auto key = ReadSigningKey(fs, options.signing_key_path, *roster); !key.ok()) {
    return key.status();
  }
  absl::StatusOr<common::OwnCertificate> own = common::CheckTlsFiles(options.host.tls, clock);
  if (!own.ok()) return own.status();
  const common::SignedRosterAccess access(*roster);
  absl::StatusOr<common::Caller> self = access.Resolve(own->identities);
  if (!self.ok() || self->role != common::Role::kMatcher) {
    return absl::FailedPreconditionError(absl::StrCat(
        options.host.tls.cert, " holds no identity that the roster gives the matcher"));
  }
  return absl::OkStatus();
}

struct MatcherDaemon::Parts {
  Parts(MatcherOptions o, authority::Roster r, crypto::SigningKey k, const common::Clock& clock)
      : options(std::move(o)),
        roster(std::move(r)),
        key(std::move(k)),
        access(roster),
        nodes(clock) {}

  absl::Status Build(std::string version, common::FileSystem& fs, const common::Clock& clock,
                     crypto::Random& random);
  absl::Status RegisterPurposes(common::FileSystem& fs);
  void StopServices();

  MatcherOptions options;
  authority::Roster roster;
  crypto::SigningKey key;
  common::Metrics metrics;
  common::SignedRosterAccess access;
  Connections nodes;
  common::DirectoryLock lock;  // the first to come, the last to go of what needs the data directory
  std::unique_ptr<common::AuditLog> audit;
  std::unique_ptr<common::Database> database;
  std::optional<RunJournal> journal;
  std::unique_ptr<PurposeBook> purposes;
  std::unique_ptr<Runs> runs;
  std::unique_ptr<Scheduler> scheduler;
  std::shared_ptr<common::AccessGate> gate;
  std::unique_ptr<SubmissionService> submission;
  std::unique_ptr<CoordinationService> coordination;
  std::thread worker;
  std::thread ticker;
  // Last, so that it goes first: no call outlives what it uses.
  std::unique_ptr<common::ServiceHost> host;
};

absl::Status MatcherDaemon::Parts::RegisterPurposes(common::FileSystem& fs) {
  if (options.purposes_dir.empty()) return absl::OkStatus();
  absl::StatusOr<std::vector<std::string>> names = fs.List(options.purposes_dir);
  if (!names.ok()) return names.status();
  for (const std::string& name : *names) {
    const std::string path = options.purposes_dir + "/" + name;
    absl::StatusOr<v1::SignedDocument> document = ReadDocument(fs, path);
    absl::Status status = document.status();
    if (status.ok()) {
      status = purposes->Register(*document, [&](const authority::Purpose& purpose) {
        return audit->Append({"purpose.registered",
                              "self",
                              "allowed",
                              {{"purpose", purpose.body().purpose_id()},
                               {"version", absl::StrCat(purpose.body().version())}}});
      });
    }
    // An expired purpose in the directory must not keep the others from running.
    if (!status.ok()) spdlog::warn("purpose file {} is not used: {}", path, status.ToString());
  }
  return absl::OkStatus();
}

absl::Status MatcherDaemon::Parts::Build(std::string version, common::FileSystem& fs,
                                         const common::Clock& clock, crypto::Random& random) {
  const std::string& data = options.runs.data_dir;
  if (absl::Status s = fs.MakePrivateDirectory(data); !s.ok()) return s;
  auto locked = common::DirectoryLock::Take(data);
  if (!locked.ok()) return locked.status();
  lock = *std::move(locked);
  auto opened_audit = common::AuditLog::Open(fs, data + "/audit.jsonl", clock);
  if (!opened_audit.ok()) return opened_audit.status();
  audit = *std::move(opened_audit);
  auto opened = common::Database::Open(data + "/matcher.db", JournalMigrations());
  if (!opened.ok()) return opened.status();
  database = *std::move(opened);
  journal.emplace(*database);
  std::vector<std::string> unusable;
  auto book = PurposeBook::Open(roster, *journal, clock, &unusable);
  if (!book.ok()) return book.status();
  purposes = *std::move(book);
  for (const std::string& sentence : unusable) spdlog::warn("{}", sentence);
  if (absl::Status s = RegisterPurposes(fs); !s.ok()) return s;

  auto opened_runs = Runs::Open(
      options.runs,
      {.journal = *journal,
       .fs = fs,
       .clock = clock,
       .random = random,
       .audit = *audit,
       .roster = roster,
       .purposes = *purposes,
       .nodes = nodes,
       .on_stage =
           [this](std::string_view stage, absl::Duration took) {
             metrics
                 .Histogram("raakvlak_matcher_stage_seconds", "Time that the matcher's stages took",
                            {0.1, 1, 10, 60, 300, 1800}, {{"stage", std::string(stage)}})
                 .Observe(absl::ToDoubleSeconds(took));
             spdlog::info("stage {} took {}", stage, absl::FormatDuration(took));
           },
       .on_end =
           [this](Phase phase) {
             metrics
                 .Counter("raakvlak_matcher_runs_total", "Runs that ended, by how",
                          {{"state", std::string(PhaseName(phase))}})
                 .Increment();
             spdlog::info("a run ended: {}", PhaseName(phase));
           }});
  if (!opened_runs.ok()) return opened_runs.status();
  runs = *std::move(opened_runs);
  scheduler = std::make_unique<Scheduler>(options.schedule, *runs, *journal, *audit, clock);

  const std::vector<std::string> services = {v1::SubmissionService::service_full_name(),
                                             v1::CoordinationService::service_full_name()};
  auto made = common::AccessGate::Create(MatcherAccessTable(), services, access, *audit);
  if (!made.ok()) return made.status();
  gate = *std::move(made);
  submission =
      std::make_unique<SubmissionService>(*runs, nodes, *gate, fs, key, options.runs.limits);
  coordination =
      std::make_unique<CoordinationService>(*runs, *purposes, *gate, *audit, std::move(version));
  if (absl::Status s = audit->Append({"matcher.started", "self", "done", {}}); !s.ok()) return s;
  auto started = common::ServiceHost::Start(
      options.host, {{services[0], submission.get()}, {services[1], coordination.get()}}, gate,
      metrics, clock);
  if (!started.ok()) return started.status();
  host = *std::move(started);

  worker = std::thread([this] {
    // Stages compute for seconds; nodes, coordinators and monitoring that call meanwhile come
    // first.
    common::LowerThreadPriority(common::kHeavyWorkNice);
    while (runs->WaitForWork(absl::Seconds(1))) {
      if (!runs->WorkOnce()) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  });
  ticker = std::thread([this] {
    do {
      runs->Tick();
      scheduler->Tick();
    } while (runs->WaitForStop(absl::Seconds(1)));
  });
  return absl::OkStatus();
}

void MatcherDaemon::Parts::StopServices() {
  if (submission != nullptr) submission->Stop();
  if (coordination != nullptr) coordination->Stop();
  if (runs != nullptr) runs->Stop();
}

MatcherDaemon::MatcherDaemon(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

MatcherDaemon::~MatcherDaemon() {
  parts_->StopServices();
  if (parts_->host != nullptr) parts_->host->Shutdown();
  if (parts_->worker.joinable()) parts_->worker.join();
  if (parts_->ticker.joinable()) parts_->ticker.join();
}

absl::StatusOr<std::unique_ptr<MatcherDaemon>> MatcherDaemon::Start(MatcherOptions options,
                                                                    std::string version,
                                                                    common::FileSystem& fs,
                                                                    const common::Clock& clock,
                                                                    crypto::Random& random) {
  if (absl::Status s = CheckMatcher(options, fs, clock); !s.ok()) return s;
  absl::StatusOr<authority::Roster> roster = ReadRoster(fs, options.roster_path, clock);
  if (!roster.ok()) return roster.status();
  absl::StatusOr<crypto::SigningKey> key = ReadSigningKey(fs, options.signing_key_path, *roster);
  if (!key.ok()) return key.status();
  std::unique_ptr<MatcherDaemon> daemon(new MatcherDaemon(
      std::make_unique<Parts>(std::move(options), *std::move(roster), *std::move(key), clock)));
  if (absl::Status s = daemon->parts_->Build(std::move(version), fs, clock, random); !s.ok()) {
    return s;
  }
  spdlog::info("matcher of {} serves on port {}", daemon->parts_->roster.body().partnership(),
               daemon->port());
  return daemon;
}

int MatcherDaemon::port() const { return parts_->host->port(); }

int MatcherDaemon::Run() {
  return parts_->host->Run([this] { parts_->StopServices(); });
}

}  // namespace raakvlak::matcher
