#include "server/node/run_steps.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "authority/comparison.h"
#include "authority/manifest.h"
#include "crypto/base/bytes.h"
#include "server/node/mesh/blame.h"
#include "server/node/mesh/run_opening_driver.h"
#include "server/node/output_cache.h"
#include "server/node/plan_policy.h"
#include "server/node/run_files.h"
#include "server/node/run_steps_internal.h"
#include "server/node/status_macros.h"
#include "server/node/tag_step.h"
#include "server/node/value_groups.h"

namespace raakvlak::node {
namespace {

crypto::Digest AsDigest(std::string_view bytes) {
  crypto::Digest digest{};
  std::copy_n(bytes.begin(), std::min(bytes.size(), digest.size()), digest.begin());
  return digest;
}

// A peer that was asked for as long as patience lasts and is still away: trying again is for
// another attempt, without it.
absl::Status PatienceLost(const absl::Status& status, const std::stop_token& stop) {
  if (stop.stop_requested() || CulpritOf(status).empty() || CulpritOf(status) == "matcher" ||
      !IsAbsence(status)) {
    return status;
  }
  const std::string culprit = CulpritOf(status);
  std::string reason(status.message());
  if (reason.starts_with(culprit + ": ")) reason.erase(0, culprit.size() + 2);
  return BlamedError(absl::StatusCode::kFailedPrecondition, culprit, reason);
}

}  // namespace

absl::StatusOr<std::unique_ptr<RunSteps>> RunSteps::Create(const Dependencies& dependencies,
                                                           const std::string& directory,
                                                           RunStepsOptions options) {
  for (const char* name : {"/cache", "/runs", "/matches"}) {
    NODE_RETURN_IF_ERROR(dependencies.seal.fs->MakePrivateDirectory(directory + name));
  }
  return std::unique_ptr<RunSteps>(new RunSteps(dependencies, directory, std::move(options)));
}

std::string RunSteps::MatchesPath(std::string_view manifest_hash) const {
  return absl::StrCat(directory_, "/matches/",
                      crypto::ToHex(crypto::AsBytes(manifest_hash.substr(0, 16))));
}

RetryPolicy RunSteps::PolicyFor(const JournaledRun& run) const {
  RetryPolicy policy;
  policy.deadline = std::min(
      options_.peer_patience,
      absl::Seconds(std::max<std::int64_t>(1, run.record.expires_at - d_.clock.UnixSeconds())));
  return policy;
}

absl::Status RunSteps::CarryOut(const JournaledRun& run, const ProgressSink& progress,
                                std::stop_token stop) {
  if (run.record.step == RunStep::kDecline) return Decline(run, stop);
  if (run.record.step == RunStep::kErase) return Erase(run);
  NODE_ASSIGN_OR_RETURN(std::shared_ptr<RunContext> context, TakeUp(run));
  NODE_ASSIGN_OR_RETURN(auto files,
                        RunFiles::Open(d_.seal, directory_ + "/runs", run.record.manifest_hash));
  Work work{run, std::move(context), std::move(files), progress, stop};
  switch (run.record.step) {
    case RunStep::kOpen:
      return PatienceLost(OpenRun(work), stop);
    case RunStep::kEvaluate:
      return PatienceLost(Evaluate(work), stop);
    case RunStep::kUploadTags:
      return UploadTags(work);
    case RunStep::kConfirm:
      return PatienceLost(Confirm(work), stop);
    case RunStep::kUploadRecords:
      return UploadRecords(work);
    case RunStep::kUploadEncodings:
      return UploadEncodings(work);
    case RunStep::kReportReferences:
      return ReportReferences(work);
    case RunStep::kAwaitEnd:
    case RunStep::kDecline:
    case RunStep::kErase:
    case RunStep::kEnded:
      break;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<RunContext>> RunSteps::TakeUp(const JournaledRun& run) {
  v1::SignedDocument purpose;
  if (!purpose.ParseFromString(run.purpose)) {
    return BlamedError(absl::StatusCode::kInvalidArgument, "matcher",
                       "the purpose that it offered cannot be read");
  }
  return d_.mesh.registry().TakeUp(run.manifest, purpose);
}

absl::Status RunSteps::Resume(const JournaledRun& run, std::stop_token stop) {
  if (run.record.step >= RunStep::kDecline) return absl::OkStatus();
  NODE_ASSIGN_OR_RETURN(std::shared_ptr<RunContext> context, TakeUp(run));
  if (run.record.step <= RunStep::kConfirm) return absl::OkStatus();
  NODE_ASSIGN_OR_RETURN(auto files,
                        RunFiles::Open(d_.seal, directory_ + "/runs", run.record.manifest_hash));
  ProgressSink silent = [](const std::string&, std::uint64_t, std::uint64_t) {};
  Work work{run, std::move(context), std::move(files), silent, stop};
  return OfferConfirmations(work, nullptr);
}

// --- open ----------------------------------------------------------------------------------------

absl::Status RunSteps::OpenRun(Work& work) {
  work.progress("opening", 0, 0);
  NODE_RETURN_IF_ERROR(PinDataset(work));
  if (work.manifest().has_plan()) NODE_RETURN_IF_ERROR(CheckPlan(work));
  return OpenRunWithPeers(d_.mesh.registry(), *work.context, d_.mesh.peers(), d_.audit,
                          PolicyFor(work.run),
                          [stop = work.stop] { return stop.stop_requested(); });
}

absl::Status RunSteps::PinDataset(Work& work) {
  if (!work.run.dataset_id.empty()) return absl::OkStatus();
  if (!options_.source.path.empty()) {
    work.progress("reading the source", 0, 0);
    absl::StatusOr<bool> fresh = d_.datasets.RefreshFromSource(
        options_.source.path, options_.source.schema_path, options_.source.label, work.stop);
    if (absl::IsCancelled(fresh.status())) return fresh.status();
    if (!fresh.ok()) {
      return absl::FailedPreconditionError(
          absl::StrCat("the configured source was not taken in: ", fresh.status().message()));
    }
  }
  NODE_ASSIGN_OR_RETURN(std::optional<DatasetInfo> current, d_.datasets.Current());
  if (!current.has_value()) {
    return absl::FailedPreconditionError(
        "no dataset has been submitted at this agency; a steward submits one with `raak submit`");
  }
  return d_.journal.SetDataset(work.hash(), current->dataset_id);
}

absl::Status RunSteps::CheckPlan(Work& work) {
  work.progress("checking the plan", 0, 0);
  NODE_ASSIGN_OR_RETURN(std::optional<JournaledRun> journaled, d_.journal.Find(work.hash()));
  if (!journaled.has_value()) return absl::InternalError("the run is not in the journal");
  const v1::ComparisonProfile& profile = work.context->purpose().body().profile();
  PlanPolicyOptions options;
  NODE_ASSIGN_OR_RETURN(
      linkage::RecordTable table,
      d_.datasets.ReadCompared(journaled->dataset_id, authority::ToProfile(profile),
                               options.max_rows, work.stop));
  NODE_ASSIGN_OR_RETURN(std::vector<DatasetInfo> datasets, d_.datasets.List());
  for (const DatasetInfo& dataset : datasets) {
    if (dataset.dataset_id == journaled->dataset_id) options.largest_file = dataset.records;
  }
  return CheckPlanOnOwnFile(profile, work.manifest(), table, options);
}

// --- evaluate ------------------------------------------------------------------------------------

absl::Status RunSteps::Evaluate(Work& work) {
  const Turn::Held turn = turn_.Take(work.stop);
  if (!turn) return absl::CancelledError("stopped");
  const v1::RunManifest& manifest = work.manifest();
  // Types whose values the dataset holds; those of blocks are made from the compared fields.
  std::vector<std::string> held;
  for (const std::string& type : manifest.identifier_types()) {
    if (!IsBlockTypeName(type)) held.push_back(type);
  }
  NODE_ASSIGN_OR_RETURN(std::optional<JournaledRun> journaled, d_.journal.Find(work.hash()));
  if (!journaled.has_value()) return absl::InternalError("the run is not in the journal");
  NODE_ASSIGN_OR_RETURN(auto dataset, d_.datasets.OpenDataset(journaled->dataset_id));
  NODE_RETURN_IF_ERROR(RemoveOlderEpochs(*d_.seal.fs, directory_ + "/cache", manifest.epoch()));
  NODE_ASSIGN_OR_RETURN(crypto::Secret<32> local_key,
                        EpochLocalKey(d_.seal, directory_ + "/cache", manifest.epoch()));

  work.progress("reading", 0, 0);
  GroupingOptions grouping;
  grouping.memory_bytes = options_.memory_bytes / (manifest.has_plan() ? 4 : 2);
  std::vector<GroupedType> grouped;
  {
    StageTimer timer(&d_.stages, Stage::kReading);
    NODE_ASSIGN_OR_RETURN(grouped,
                          GroupDataset(*dataset, held, local_key, *d_.seal.fs, *d_.seal.random,
                                       work.files->scratch(), grouping, work.stop,
                                       [&](std::uint64_t n) { work.progress("reading", n, 0); }));
    if (manifest.has_plan()) {
      NODE_ASSIGN_OR_RETURN(std::vector<GroupedType> blocks,
                            GroupBlocksOf(work, journaled->dataset_id, local_key, grouping));
      std::move(blocks.begin(), blocks.end(), std::back_inserter(grouped));
    }
  }
  std::uint64_t total = 0;
  for (const GroupedType& type : grouped) total += type.values;
  std::uint64_t before = 0;
  for (int t = 0; t < manifest.identifier_types_size(); ++t) {
    auto values = std::find_if(grouped.begin(), grouped.end(), [&](const GroupedType& type) {
      return type.identifier_type == manifest.identifier_types(t);
    });
    if (values == grouped.end()) {
      return absl::InternalError("the run has a block type that its plan has no key for");
    }
    NODE_RETURN_IF_ERROR(EvaluateType(work, t, std::move(values->sorted), before, total));
    before += values->values;
  }
  work.progress("evaluating", total, total);
  return absl::OkStatus();
}

absl::Status RunSteps::EvaluateType(Work& work, int type_index,
                                    std::unique_ptr<common::SortedReader> sorted,
                                    std::uint64_t before, std::uint64_t total) {
  const v1::RunManifest& manifest = work.manifest();
  const std::string& type = manifest.identifier_types(type_index);
  const v1::TypePolicy* policy = work.context->purpose().FindType(type);
  if (policy == nullptr) return absl::InternalError("a type of the run is not in its purpose");
  NODE_ASSIGN_OR_RETURN(std::shared_ptr<const crypto::Committee> committee,
                        work.context->CryptoCommittee(d_.own_id, type));
  NODE_ASSIGN_OR_RETURN(std::shared_ptr<const RunKeys> keys, work.context->run_keys());
  const crypto::RunTagger tagger(keys->group_key, type);
  keys.reset();

  // One client an evaluator, in the order of the committee: evaluation points are places in the
  // ceremony, so they are looked up by agency.
  const EvaluationClient::Dependencies client_needs = d_.mesh.ClientDependencies();
  EvaluationStreamOptions stream_options;
  stream_options.window = options_.evaluation.in_flight;
  stream_options.retry = PolicyFor(work.run);
  std::map<crypto::ShareIndex, std::unique_ptr<EvaluationClient>> clients;
  for (const std::string& agency : work.context->EvaluatorsOf(d_.own_id)) {
    NODE_ASSIGN_OR_RETURN(auto client, EvaluationClient::Create(client_needs, work.context, type,
                                                                agency, stream_options));
    clients.emplace(work.context->keys().IndexOf(agency), std::move(client));
  }

  // Numbers are reserved ahead, so that not every chunk waits for the disk; gaps are fine.
  constexpr std::uint64_t kReserve = 32;
  std::uint64_t next_number = 0;
  std::uint64_t reserved = 0;
  EvaluationParameters parameters;
  parameters.identifier_type = type;
  parameters.normaliser_version = manifest.normaliser_version();
  parameters.committee = committee.get();
  parameters.kernels = &d_.kernels;
  parameters.random = d_.seal.random;
  parameters.clock = &d_.stages;
  parameters.next_chunk_number = [&]() -> absl::StatusOr<std::uint64_t> {
    if (next_number == reserved) {
      NODE_ASSIGN_OR_RETURN(next_number, d_.journal.ReserveChunks(work.hash(), type, kReserve));
      reserved = next_number + kReserve;
    }
    return next_number++;
  };
  parameters.ask = [&](const PartialRequest& request,
                       std::stop_token stop) -> absl::StatusOr<crypto::VerifiedPartial> {
    auto client = clients.find(request.evaluator);
    if (client == clients.end()) return absl::InternalError("an evaluator without a client");
    return client->second->Ask(request.chunk_number, request.chunk, std::move(stop));
  };
  parameters.progress = [&](std::uint64_t done) {
    work.progress("evaluating", before + done, total);
  };

  OutputCache cache(d_.seal, EpochCacheDirectory(directory_ + "/cache", manifest.epoch()), type,
                    manifest.normaliser_version());
  TagStepOptions options;
  options.evaluation = options_.evaluation;
  options.sort_memory_bytes = options_.memory_bytes / 4;
  NODE_ASSIGN_OR_RETURN(
      TagStepResult result,
      MakeTagTable(std::move(sorted), policy->max_records_per_value(), std::move(parameters),
                   tagger, cache, *work.files, options, work.stop));
  d_.counters.values += result.distinct;
  d_.counters.evaluated += result.evaluated;
  d_.counters.cached += result.cached;
  d_.counters.too_common += result.too_common;
  d_.counters.tags += result.tags;
  return d_.audit.Append({"run.evaluated",
                          "self",
                          "done",
                          {{"run", work.context->run_id()},
                           {"type", type},
                           {"evaluated", absl::StrCat(result.evaluated)},
                           {"cached", absl::StrCat(result.cached)}}});
}

// --- endings -------------------------------------------------------------------------------------

absl::Status RunSteps::Decline(const JournaledRun& run, std::stop_token stop) {
  const std::string& hash = run.record.manifest_hash;
  d_.mesh.registry().Decline(AsDigest(hash), run.record.reason);
  v1::DeclineRunRequest request;
  request.set_request_id(RequestIdOf("DeclineRun", hash, ""));
  request.set_manifest_hash(hash);
  request.set_reason(run.record.reason.substr(0, 512));
  // The matcher leaves a blamed member out of the next attempt. Itself it cannot leave out: who
  // blames it says so in the reason.
  absl::StatusOr<authority::Manifest> manifest = authority::Manifest::Parse(run.manifest);
  if (manifest.ok() && run.record.blamed != d_.own_id &&
      manifest->AgencyIndex(run.record.blamed) >= 0) {
    request.set_blamed(run.record.blamed);
  }
  NODE_RETURN_IF_ERROR(d_.audit.Append(
      {"run.declined",
       "self",
       "done",
       {{"run", run.run_id}, {"reason", run.record.reason}, {"blamed", run.record.blamed}}}));
  return d_.matcher.DeclineRun(request, stop);
}

absl::Status RunSteps::Erase(const JournaledRun& run) {
  const std::string& hash = run.record.manifest_hash;
  NODE_RETURN_IF_ERROR(d_.mesh.registry().End(AsDigest(hash)));
  // Its manifest is refused from here on; what was spent under it stays.
  NODE_RETURN_IF_ERROR(d_.mesh.budget().ForgetChunks(AsDigest(hash)));
  NODE_RETURN_IF_ERROR(RunFiles::Erase(*d_.seal.fs, directory_ + "/runs", hash));
  if (run.record.outcome == RunOutcome::kFinished) {
    v1::SignedDocument document;
    v1::Purpose purpose;
    FinishedRun finished;
    finished.run_id = run.run_id;
    finished.manifest_hash = hash;
    finished.matches_path = MatchesPath(hash);
    finished.finished_at = d_.clock.UnixSeconds();
    if (document.ParseFromString(run.purpose) && purpose.ParseFromString(document.body())) {
      finished.keep_until = purpose.not_after();
    }
    NODE_RETURN_IF_ERROR(d_.journal.AddFinished(finished));
  } else {
    NODE_RETURN_IF_ERROR(d_.seal.fs->Remove(MatchesPath(hash)));
  }
  NODE_RETURN_IF_ERROR(d_.audit.Append(
      {"run.ended",
       "self",
       std::string(RunOutcomeName(run.record.outcome)),
       {{"run", run.run_id}, {"reason", run.record.reason}, {"blamed", run.record.blamed}}}));
  return absl::OkStatus();
}

absl::Status RunSteps::Sweep() {
  NODE_ASSIGN_OR_RETURN(std::vector<FinishedRun> finished, d_.journal.Finished());
  const std::int64_t now = d_.clock.UnixSeconds();
  for (std::size_t i = 0; i < finished.size(); ++i) {
    if (i < static_cast<std::size_t>(options_.keep_results) && now <= finished[i].keep_until) {
      continue;
    }
    NODE_RETURN_IF_ERROR(
        d_.audit.Append({"results.destroyed", "self", "done", {{"run", finished[i].run_id}}}));
    NODE_RETURN_IF_ERROR(d_.seal.fs->Remove(finished[i].matches_path));
    NODE_RETURN_IF_ERROR(d_.journal.RemoveFinished(finished[i].manifest_hash));
  }
  NODE_RETURN_IF_ERROR(d_.reviews.Sweep());
  NODE_ASSIGN_OR_RETURN(std::set<std::string> in_use, d_.journal.DatasetsInUse());
  return d_.datasets.EraseOld(in_use);
}

}  // namespace raakvlak::node
