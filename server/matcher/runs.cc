// Recovery, starting, events.
#include "server/matcher/runs.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/matcher/manifest_builder.h"

namespace raakvlak::matcher {
namespace {

// Nodes that were away when a run ended are told of it for this long.
constexpr std::int64_t kRememberSeconds = 24 * 3600;
constexpr std::size_t kRememberAttempts = 64;

}  // namespace

Runs::Runs(RunsOptions options, RunsDeps deps)
    : options_(std::move(options)),
      deps_(std::move(deps)),
      request_ids_(deps_.journal.database(), deps_.clock) {}

Runs::~Runs() { Stop(); }

absl::StatusOr<std::unique_ptr<Runs>> Runs::Open(RunsOptions options, RunsDeps deps) {
  std::unique_ptr<Runs> runs(new Runs(std::move(options), std::move(deps)));
  std::lock_guard lock(runs->mutex_);
  if (absl::Status s = runs->Recover(); !s.ok()) return s;
  return runs;
}

absl::Status Runs::Recover() {
  const std::string root = RunDirectory::Runs(options_.data_dir);
  if (absl::Status s = deps_.fs.MakePrivateDirectory(root); !s.ok()) return s;
  absl::StatusOr<std::vector<RunRow>> rows = deps_.journal.UnfinishedRuns();
  if (!rows.ok()) return rows.status();
  absl::StatusOr<std::vector<AttemptRow>> attempts =
      deps_.journal.AttemptsEndedSince(deps_.clock.UnixSeconds() - kRememberSeconds);
  if (!attempts.ok()) return attempts.status();
  for (AttemptRow& attempt : *attempts) RememberAttempt(std::move(attempt));
  for (RunRow& row : *rows) {
    if (absl::Status s = TakeUp(std::move(row)); !s.ok()) return s;
  }
  // What belongs to no unfinished run, or to an attempt that is over, is a left-over.
  absl::StatusOr<std::vector<std::string>> names = deps_.fs.List(root);
  if (!names.ok()) return names.status();
  for (const std::string& name : *names) {
    const auto run = runs_.find(name);
    if (run == runs_.end()) {
      if (absl::Status s = Audit("run.leftovers.erased", "self", "done", {{"run", name}});
          !s.ok()) {
        return s;
      }
      if (absl::Status s = deps_.fs.RemoveTree(root + "/" + name); !s.ok()) return s;
      continue;
    }
    absl::StatusOr<std::vector<std::string>> kept = deps_.fs.List(root + "/" + name);
    if (!kept.ok()) return kept.status();
    for (const std::string& attempt : *kept) {
      if (attempt == absl::StrCat(run->second.row.status.attempt)) continue;
      if (absl::Status s = deps_.fs.RemoveTree(root + "/" + name + "/" + attempt); !s.ok()) {
        return s;
      }
    }
  }
  return absl::OkStatus();
}

absl::Status Runs::TakeUp(RunRow row) {
  const std::string run_id = row.run_id;
  Run& run = runs_[run_id];
  run.row = std::move(row);
  run.offer_version = run.view_version = ++version_;
  absl::StatusOr<authority::Manifest> manifest = authority::Manifest::Parse(run.row.manifest);
  if (!manifest.ok()) return manifest.status();
  run.manifest = std::make_shared<const authority::Manifest>(*std::move(manifest));
  if (HasEnded(run.row.status.phase)) {
    QueueWork(run);
    return absl::OkStatus();
  }
  v1::SignedDocument document;
  if (!document.ParseFromString(run.row.purpose_document)) {
    return absl::DataLossError(absl::StrCat("the purpose of run ", run_id, " cannot be read"));
  }
  absl::StatusOr<authority::Purpose> purpose = authority::Purpose::Open(document, deps_.roster);
  absl::Status covered = purpose.status();
  if (covered.ok()) covered = run.manifest->CheckCoveredBy(deps_.roster, *purpose);
  if (!covered.ok()) {
    return ApplyEvent(
        run, WorkFailed{"the roster changed while the run was going on; start a new run"}, "self");
  }
  run.purpose = std::make_shared<const authority::Purpose>(*std::move(purpose));
  if (absl::Status s =
          Audit("run.resumed", "self", "done",
                {{"run", run_id}, {"state", std::string(PhaseName(run.row.status.phase))}});
      !s.ok()) {
    return s;
  }
  QueueWork(run);
  return absl::OkStatus();
}

RunRules Runs::Rules() const {
  return {static_cast<int>(deps_.roster.threshold()), options_.allow_smaller_attempts};
}

absl::Status Runs::Audit(std::string event, std::string_view actor, std::string outcome,
                         std::vector<std::pair<std::string, std::string>> fields) {
  return deps_.audit.Append(
      {std::move(event), std::string(actor), std::move(outcome), std::move(fields)});
}

absl::StatusOr<std::optional<std::string>> Runs::Before(const RequestKey& key) {
  return request_ids_.Find(key.caller, key.method, key.id, crypto::AsBytes(key.request));
}

absl::StatusOr<std::optional<std::string>> Runs::FindAnswer(const RequestKey& key) {
  std::lock_guard lock(mutex_);
  return Before(key);
}

absl::Status Runs::Keep(const RequestKey& key, std::string_view response) {
  return request_ids_.Keep(key.caller, key.method, key.id, crypto::AsBytes(key.request), response);
}

absl::StatusOr<std::string> Runs::Start(const StartCommand& command) {
  std::lock_guard lock(mutex_);
  if (command.key) {
    absl::StatusOr<std::optional<std::string>> before = Before(*command.key);
    if (!before.ok()) return before.status();
    if (before->has_value()) return **before;
  }
  const std::int64_t now = deps_.clock.UnixSeconds();
  auto purpose = deps_.purposes.Find(command.purpose_id);
  if (!purpose.ok()) return purpose.status();
  if (absl::Status s = deps_.roster.CheckValidAt(now); !s.ok()) return s;
  if (absl::Status s = (*purpose)->CheckValidAt(now); !s.ok()) return s;
  for (const auto& [id, run] : runs_) {
    if (run.row.purpose_id == command.purpose_id && !HasEnded(run.row.status.phase)) {
      return absl::FailedPreconditionError(
          absl::StrCat("run ", id, " of this purpose is still going on; wait for it or cancel it"));
    }
  }
  ManifestPlan plan;
  for (const v1::TypePolicy& type : (*purpose)->body().types()) {
    if (command.types.empty() || std::find(command.types.begin(), command.types.end(),
                                           type.identifier_type()) != command.types.end()) {
      plan.identifier_types.push_back(type.identifier_type());
    }
  }
  for (const std::string& type : command.types) {
    if ((*purpose)->FindType(type) == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("type ", type, " is not in purpose ", command.purpose_id));
    }
  }
  std::vector<std::string> away;
  std::optional<Announcement> common;
  for (const std::string& agency : (*purpose)->body().agencies()) {
    std::optional<Announcement> node = deps_.nodes.Find(agency);
    if (!node) {
      away.push_back(agency);
      continue;
    }
    if (node->epoch == 0) node->epoch = options_.default_epoch;
    if (node->normaliser_version.empty()) {
      node->normaliser_version = options_.default_normaliser_version;
    }
    if (common &&
        (common->epoch != node->epoch || common->normaliser_version != node->normaliser_version)) {
      return absl::FailedPreconditionError(absl::StrCat(
          agency, " announces epoch ", node->epoch, " and normalisers ", node->normaliser_version,
          ", others epoch ", common->epoch, " and ", common->normaliser_version,
          "; hold a key ceremony or update the nodes first"));
    }
    common = node;
    plan.agencies.push_back(agency);
  }
  const std::size_t least = std::max<std::size_t>(deps_.roster.threshold(), 2);
  if (plan.agencies.size() < least) {
    return absl::FailedPreconditionError(
        absl::StrCat("only ", plan.agencies.size(), " of the purpose's nodes are connected and ",
                     least, " are needed; not connected: ", absl::StrJoin(away, ", ")));
  }
  if (!away.empty() && !options_.allow_smaller_attempts) {
    return absl::FailedPreconditionError(
        absl::StrCat("not connected: ", absl::StrJoin(away, ", "),
                     "; smaller runs are not allowed by this matcher's configuration"));
  }
  std::vector<std::string> warnings;
  if (absl::Status s = AddPlan(**purpose, plan, warnings); !s.ok()) return s;
  absl::StatusOr<std::uint64_t> counter = deps_.journal.NextCounter(command.purpose_id);
  if (!counter.ok()) return counter.status();
  plan.run_counter = *counter;
  plan.epoch = common->epoch;
  plan.normaliser_version = common->normaliser_version;
  plan.created_at = now;
  plan.expires_at = now + absl::ToInt64Seconds(options_.run_timeout);
  absl::StatusOr<authority::Manifest> manifest = BuildManifest(deps_.roster, **purpose, plan);
  if (!manifest.ok()) return manifest.status();

  Run run;
  run.purpose = *purpose;
  run.manifest = std::make_shared<const authority::Manifest>(*std::move(manifest));
  run.row.run_id = run.manifest->run_id();
  run.row.purpose_id = command.purpose_id;
  run.row.counter = *counter;
  run.row.started_by = command.started_by;
  run.row.started_at = now;
  run.row.purpose_document = (*purpose)->document().SerializeAsString();
  run.row.manifest = run.manifest->bytes();
  run.row.manifest_hash = crypto::ToString(run.manifest->hash());
  run.row.status = NewRun(static_cast<int>(plan.agencies.size()), plan.identifier_types.size(),
                          run.manifest->body().has_plan());
  run.row.warnings = std::move(warnings);
  for (const std::string& agency : away) {
    run.row.left_out.push_back({agency, 0, "it was not connected when the run started"});
  }
  if (absl::Status s = Audit("run.started", command.actor, "allowed",
                             {{"run", run.row.run_id},
                              {"started_by", command.started_by},
                              {"agencies", absl::StrJoin(plan.agencies, ",")},
                              {"types", absl::StrJoin(plan.identifier_types, ",")},
                              {"manifest", crypto::ToHex(run.manifest->hash())}});
      !s.ok()) {
    return s;
  }
  common::Transaction transaction(deps_.journal.database());
  if (absl::Status s = deps_.journal.InsertRun(run.row); !s.ok()) return s;
  if (command.key) {
    if (absl::Status s = Keep(*command.key, run.row.run_id); !s.ok()) return s;
  }
  if (absl::Status s = transaction.Commit(); !s.ok()) return s;
  run.offer_version = run.view_version = ++version_;
  const std::string run_id = run.row.run_id;
  runs_[run_id] = std::move(run);
  changed_.notify_all();
  return run_id;
}

absl::StatusOr<authority::Manifest> Runs::SmallerManifest(const Run& run, int dropped_agency) {
  const v1::RunManifest& old = run.manifest->body();
  const std::int64_t now = deps_.clock.UnixSeconds();
  ManifestPlan plan;
  plan.run_counter = old.run_counter();
  plan.attempt = old.attempt() + 1;
  plan.epoch = old.epoch();
  plan.normaliser_version = old.normaliser_version();
  for (int i = 0; i < old.agencies_size(); ++i) {
    if (i != dropped_agency) plan.agencies.push_back(old.agencies(i));
  }
  plan.identifier_types.assign(old.identifier_types().begin(), old.identifier_types().end());
  if (old.has_plan()) plan.blocking = old.plan();
  plan.planner = old.planner();
  plan.created_at = now;
  plan.expires_at = now + absl::ToInt64Seconds(options_.run_timeout);
  if (absl::Status s = run.purpose->CheckValidAt(now); !s.ok()) return s;
  return BuildManifest(deps_.roster, *run.purpose, plan);
}

void Runs::RememberAttempt(AttemptRow row) {
  EndedAttempt ended;
  absl::StatusOr<authority::Manifest> manifest = authority::Manifest::Parse(row.manifest);
  if (!manifest.ok()) return;
  ended.agencies.assign(manifest->body().agencies().begin(), manifest->body().agencies().end());
  ended.row = std::move(row);
  ended.version = ++version_;
  ended_.push_back(std::move(ended));
  if (ended_.size() > kRememberAttempts) ended_.erase(ended_.begin());
}

void Runs::QueueWork(const Run& run) {
  const std::optional<Work> work = PendingWork(run.row.status);
  if (work) work_.push_back({run.row.run_id, run.row.status.attempt, *work});
}

absl::Status Runs::ApplyEvent(Run& run, const Event& event, std::string_view actor,
                              const std::function<absl::Status()>& in_transaction) {
  absl::StatusOr<Transition> transition = Apply(run.row.status, Rules(), event);
  if (!transition.ok()) return transition.status();
  std::shared_ptr<const authority::Manifest> manifest = run.manifest;
  std::vector<LeftOut> left_out = run.row.left_out;
  if (transition->dropped_agency) {
    const AgencyLost& lost = std::get<AgencyLost>(event);
    absl::StatusOr<authority::Manifest> smaller = SmallerManifest(run, *transition->dropped_agency);
    if (!smaller.ok()) {
      return ApplyEvent(run,
                        WorkFailed{absl::StrCat(lost.reason, "; no smaller attempt can follow: ",
                                                smaller.status().message())},
                        actor, in_transaction);
    }
    manifest = std::make_shared<const authority::Manifest>(*std::move(smaller));
    left_out.push_back({run.manifest->body().agencies(*transition->dropped_agency),
                        run.row.status.attempt, lost.reason});
  }
  RunRow row = run.row;
  row.status = transition->status;
  row.manifest = manifest->bytes();
  row.manifest_hash = crypto::ToString(manifest->hash());
  row.left_out = std::move(left_out);
  const bool ends = HasEnded(row.status.phase) && !HasEnded(run.row.status.phase);
  const std::int64_t now = deps_.clock.UnixSeconds();
  if (ends) row.ended_at = now;
  if (transition->announce) {
    std::vector<std::pair<std::string, std::string>> fields = {
        {"run", row.run_id},
        {"attempt", absl::StrCat(row.status.attempt)},
        {"state", std::string(PhaseName(row.status.phase))}};
    if (transition->dropped_agency) fields.emplace_back("reason", Describe(row.left_out.back()));
    if (!row.status.reason.empty()) fields.emplace_back("reason", row.status.reason);
    if (absl::Status s = Audit("run.state", actor, "done", std::move(fields)); !s.ok()) return s;
  }
  std::optional<AttemptRow> over;
  if (ends || transition->dropped_agency) {
    over = AttemptRow{
        row.run_id,
        run.row.manifest,
        run.row.manifest_hash,
        row.purpose_document,
        ends ? row.status.phase : Phase::kFailed,
        ends ? row.status.reason
             : absl::StrCat(std::get<AgencyLost>(event).reason, "; a smaller attempt follows"),
        now};
  }
  common::Transaction transaction(deps_.journal.database());
  if (in_transaction != nullptr) {
    if (absl::Status s = in_transaction(); !s.ok()) return s;
  }
  if (over) {
    if (absl::Status s = deps_.journal.InsertAttempt(*over); !s.ok()) return s;
  }
  if (absl::Status s = deps_.journal.UpdateRun(row); !s.ok()) return s;
  if (absl::Status s = transaction.Commit(); !s.ok()) return s;

  const std::uint32_t old_attempt = run.row.status.attempt;
  run.row = std::move(row);
  run.manifest = std::move(manifest);
  if (over) RememberAttempt(*std::move(over));
  run.view_version = ++version_;
  if (transition->announce) run.offer_version = version_;
  if (transition->dropped_agency) {
    run.progress.clear();
    // An attempt's left-overs go like those of a run; the worker does it.
    work_.push_back({run.row.run_id, old_attempt, Work::kErase});
  }
  if (transition->work) QueueWork(run);
  if (ends && deps_.on_end != nullptr) deps_.on_end(run.row.status.phase);
  changed_.notify_all();
  return absl::OkStatus();
}

absl::Status Runs::Cancel(std::string_view run_id, std::string_view actor, const RequestKey& key) {
  std::lock_guard lock(mutex_);
  absl::StatusOr<std::optional<std::string>> before = Before(key);
  if (!before.ok()) return before.status();
  if (before->has_value()) return absl::OkStatus();
  const auto run = runs_.find(run_id);
  if (run == runs_.end()) {
    absl::StatusOr<std::optional<RunRow>> row = deps_.journal.GetRun(run_id);
    if (!row.ok()) return row.status();
    if (row->has_value()) return absl::FailedPreconditionError("the run has ended already");
    return absl::NotFoundError(absl::StrCat("there is no run ", std::string(run_id)));
  }
  if (HasEnded(run->second.row.status.phase)) {
    return absl::FailedPreconditionError("the run has ended already");
  }
  return ApplyEvent(run->second, Cancelled{"cancelled by a coordinator"}, actor,
                    [&] { return Keep(key, ""); });
}

absl::Status Runs::RegisterPurpose(const v1::SignedDocument& document, std::string_view actor,
                                   const RequestKey& key) {
  std::lock_guard lock(mutex_);
  absl::StatusOr<std::optional<std::string>> before = Before(key);
  if (!before.ok()) return before.status();
  if (before->has_value()) return absl::OkStatus();
  absl::Status status =
      deps_.purposes.Register(document, [&](const authority::Purpose& purpose) -> absl::Status {
        if (absl::Status s = Audit("purpose.registered", actor, "allowed",
                                   {{"purpose", purpose.body().purpose_id()},
                                    {"version", absl::StrCat(purpose.body().version())},
                                    {"hash", crypto::ToHex(purpose.hash())}});
            !s.ok()) {
          return s;
        }
        return Keep(key, "");
      });
  if (!status.ok()) {
    absl::Status logged =
        Audit("purpose.refused", actor, "denied", {{"reason", std::string(status.message())}});
    if (!logged.ok()) return logged;
    return status;
  }
  v1::Purpose body;
  if (body.ParseFromString(document.body())) registered_[body.purpose_id()] = ++version_;
  changed_.notify_all();
  return status;
}

void Runs::Stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

}  // namespace raakvlak::matcher
