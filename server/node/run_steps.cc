#include "server/node/run_steps.h"

#include <algorithm>
#include <future>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "authority/manifest.h"
#include "crypto/base/bytes.h"
#include "server/node/match_step.h"
#include "server/node/mesh/blame.h"
#include "server/node/mesh/confirmation.h"
#include "server/node/mesh/run_opening_driver.h"
#include "server/node/output_cache.h"
#include "server/node/overlap.h"
#include "server/node/record_step.h"
#include "server/node/run_files.h"
#include "server/node/status_macros.h"
#include "server/node/tag_step.h"
#include "server/node/tag_table.h"
#include "server/node/value_groups.h"

namespace raakvlak::node {
namespace {

// The same for every try of a call, so that the matcher takes it once.
std::string RequestIdOf(std::string_view call, std::string_view manifest_hash,
                        std::string_view detail) {
  crypto::ByteWriter out;
  out.Lp(call).Raw(manifest_hash).Lp(detail);
  const crypto::Digest digest = crypto::Sha512(out.view());
  return crypto::ToString(crypto::ByteView(digest).first(16));
}

crypto::Digest AsDigest(std::string_view bytes) {
  crypto::Digest digest{};
  std::copy_n(bytes.begin(), std::min(bytes.size(), digest.size()), digest.begin());
  return digest;
}

// A peer that was asked for as long as patience lasts and is still away: trying again is for
// another attempt, without it.
absl::Status PatienceLost(const absl::Status& status, const std::stop_token& stop) {
  if (stop.stop_requested() || CulpritOf(status).empty() || CulpritOf(status) == "matcher" ||
      !(absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status))) {
    return status;
  }
  const std::string culprit = CulpritOf(status);
  std::string reason(status.message());
  if (reason.starts_with(culprit + ": ")) reason.erase(0, culprit.size() + 2);
  return BlamedError(absl::StatusCode::kFailedPrecondition, culprit, reason);
}

std::vector<std::string> List(const google::protobuf::RepeatedPtrField<std::string>& field) {
  return {field.begin(), field.end()};
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
  return OpenRunWithPeers(d_.mesh.registry(), *work.context, d_.mesh.peers(), d_.audit,
                          PolicyFor(work.run),
                          [stop = work.stop] { return stop.stop_requested(); });
}

absl::Status RunSteps::PinDataset(Work& work) {
  if (!work.run.dataset_id.empty()) return absl::OkStatus();
  if (!options_.source.path.empty()) {
    work.progress("reading the source", 0, 0);
    absl::StatusOr<bool> fresh = d_.datasets.RefreshFromSource(
        options_.source.path, options_.source.schema_path, options_.source.label);
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

// --- evaluate ------------------------------------------------------------------------------------

absl::Status RunSteps::Evaluate(Work& work) {
  std::lock_guard lock(evaluate_mutex_);
  const v1::RunManifest& manifest = work.manifest();
  const std::vector<std::string> types = List(manifest.identifier_types());
  NODE_ASSIGN_OR_RETURN(std::optional<JournaledRun> journaled, d_.journal.Find(work.hash()));
  if (!journaled.has_value()) return absl::InternalError("the run is not in the journal");
  NODE_ASSIGN_OR_RETURN(auto dataset, d_.datasets.OpenDataset(journaled->dataset_id));
  NODE_RETURN_IF_ERROR(RemoveOlderEpochs(*d_.seal.fs, directory_ + "/cache", manifest.epoch()));
  NODE_ASSIGN_OR_RETURN(crypto::Secret<32> local_key,
                        EpochLocalKey(d_.seal, directory_ + "/cache", manifest.epoch()));

  work.progress("reading", 0, 0);
  GroupingOptions grouping;
  grouping.memory_bytes = options_.memory_bytes / 2;
  std::vector<GroupedType> grouped;
  {
    StageTimer timer(&d_.stages, Stage::kReading);
    NODE_ASSIGN_OR_RETURN(grouped,
                          GroupDataset(*dataset, types, local_key, *d_.seal.fs, *d_.seal.random,
                                       work.files->scratch(), grouping, work.stop,
                                       [&](std::uint64_t n) { work.progress("reading", n, 0); }));
  }
  std::uint64_t total = 0;
  for (const GroupedType& type : grouped) total += type.values;
  std::uint64_t before = 0;
  for (std::size_t t = 0; t < grouped.size(); ++t) {
    NODE_RETURN_IF_ERROR(
        EvaluateType(work, static_cast<int>(t), std::move(grouped[t].sorted), before, total));
    before += grouped[t].values;
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
  EvaluationClientOptions client_options;
  client_options.window = options_.evaluation.in_flight;
  client_options.retry = PolicyFor(work.run);
  std::map<crypto::ShareIndex, std::unique_ptr<EvaluationClient>> clients;
  for (const std::string& agency : work.context->EvaluatorsOf(d_.own_id)) {
    NODE_ASSIGN_OR_RETURN(auto client, EvaluationClient::Create(client_needs, work.context, type,
                                                                agency, client_options));
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

// --- tags ----------------------------------------------------------------------------------------

absl::Status RunSteps::UploadTags(Work& work) {
  StageTimer timer(&d_.stages, Stage::kSubmitting);
  constexpr std::size_t kTagsPerMessage = 32'768;
  const int types = work.manifest().identifier_types_size();
  for (int t = 0; t < types; ++t) {
    const std::string& type = work.manifest().identifier_types(t);
    work.progress("uploading tags", static_cast<std::uint64_t>(t),
                  static_cast<std::uint64_t>(types));
    std::uint64_t count = 0;
    {
      NODE_ASSIGN_OR_RETURN(
          TagTableReader table,
          TagTableReader::Open(work.files->seal(), work.files->directory(), type));
      while (true) {
        NODE_ASSIGN_OR_RETURN(bool more, table.Next());
        if (!more) break;
        ++count;
      }
    }
    NODE_ASSIGN_OR_RETURN(TagTableReader table,
                          TagTableReader::Open(work.files->seal(), work.files->directory(), type));
    v1::UploadTagsHeader header;
    header.set_request_id(RequestIdOf("UploadTags", work.hash(), type));
    header.set_manifest_hash(work.hash());
    header.set_identifier_type(type);
    header.set_count(count);
    NODE_RETURN_IF_ERROR(d_.matcher.UploadTags(
        header,
        [&](std::string& tags) -> absl::StatusOr<bool> {
          tags.clear();
          while (tags.size() < kTagsPerMessage * crypto::kRunTagSize) {
            NODE_ASSIGN_OR_RETURN(bool more, table.Next());
            if (!more) break;
            tags.append(crypto::ToString(table.tag()));
          }
          return !tags.empty();
        },
        work.stop));
  }
  work.progress("waiting for the others", 0, 0);
  return absl::OkStatus();
}

// --- confirm -------------------------------------------------------------------------------------

absl::Status RunSteps::FetchOverlaps(Work& work) {
  const crypto::VerifyKey matcher_key = d_.roster.MatcherKey();
  const std::vector<std::string>& counterparts = work.context->counterparts();
  for (const std::string& type : work.manifest().identifier_types()) {
    NODE_ASSIGN_OR_RETURN(bool fetched, d_.journal.OverlapFetched(work.hash(), type));
    if (fetched) continue;
    OverlapReceiver::Parameters parameters;
    parameters.manifest_hash = work.context->manifest_hash();
    parameters.identifier_type = type;
    parameters.own_id = d_.own_id;
    parameters.counterparts = {counterparts.begin(), counterparts.end()};
    parameters.matcher_key = &matcher_key;
    parameters.keep = [&](const std::string& counterpart, const v1::SignedPayload& statement) {
      return d_.journal.KeepStatement(work.hash(), type, counterpart, statement);
    };
    OverlapReceiver receiver(std::move(parameters), *work.files);
    v1::FetchOverlapRequest request;
    request.set_manifest_hash(work.hash());
    request.set_identifier_type(type);
    NODE_RETURN_IF_ERROR(d_.matcher.FetchOverlap(
        request, [&](const v1::OverlapChunk& chunk) { return receiver.Take(chunk); }, work.stop));
    NODE_RETURN_IF_ERROR(receiver.Finish());
    NODE_RETURN_IF_ERROR(d_.journal.MarkOverlapFetched(work.hash(), type));
  }
  return absl::OkStatus();
}

absl::Status RunSteps::OfferConfirmations(
    Work& work,
    std::map<std::pair<std::string, std::string>, crypto::Confirmation>* confirmations) {
  for (const std::string& counterpart : work.context->counterparts()) {
    for (const std::string& type : work.manifest().identifier_types()) {
      NODE_ASSIGN_OR_RETURN(crypto::Confirmation confirmation,
                            ConfirmationOf(*work.files, type, counterpart));
      NODE_ASSIGN_OR_RETURN(OwnConfirmation own, MakeConfirmation(*work.context, d_.own_id,
                                                                  counterpart, type, confirmation));
      work.context->SetConfirmation(counterpart, type, own);
      if (confirmations != nullptr) {
        confirmations->insert_or_assign({counterpart, type}, confirmation);
      }
    }
  }
  return absl::OkStatus();
}

absl::Status RunSteps::Confirm(Work& work) {
  work.progress("confirming", 0, 0);
  NODE_RETURN_IF_ERROR(FetchOverlaps(work));
  // All own values first: a counterpart may ask for any of them at any time, and nobody may wait
  // for one that comes only after an answer of somebody else.
  std::map<std::pair<std::string, std::string>, crypto::Confirmation> confirmations;
  NODE_RETURN_IF_ERROR(OfferConfirmations(work, &confirmations));

  auto compare_with = [&](const std::string& counterpart) -> absl::Status {
    for (const std::string& type : work.manifest().identifier_types()) {
      NODE_ASSIGN_OR_RETURN(std::optional<bool> known,
                            d_.journal.Confirmation(work.hash(), type, counterpart));
      if (known.has_value()) continue;
      NODE_ASSIGN_OR_RETURN(
          bool equal,
          ConfirmOverlapWith(*work.context, d_.mesh.peers(), counterpart, type,
                             confirmations.at({counterpart, type}), d_.audit, PolicyFor(work.run),
                             [stop = work.stop] { return stop.stop_requested(); }));
      NODE_RETURN_IF_ERROR(d_.journal.SetConfirmation(work.hash(), type, counterpart, equal));
      if (!equal) ++d_.counters.unconfirmed;
    }
    return absl::OkStatus();
  };
  std::vector<std::future<absl::Status>> pending;
  for (const std::string& counterpart : work.context->counterparts()) {
    pending.push_back(std::async(std::launch::async, compare_with, counterpart));
  }
  absl::Status first;
  for (std::future<absl::Status>& outcome : pending) {
    absl::Status status = outcome.get();
    if (first.ok()) first = status;
  }
  return first;
}

absl::StatusOr<std::set<std::string>> RunSteps::Confirmed(Work& work) {
  std::set<std::string> confirmed;
  for (const std::string& counterpart : work.context->counterparts()) {
    bool all = true;
    for (const std::string& type : work.manifest().identifier_types()) {
      NODE_ASSIGN_OR_RETURN(std::optional<bool> equal,
                            d_.journal.Confirmation(work.hash(), type, counterpart));
      all = all && equal.value_or(false);
    }
    if (all) confirmed.insert(counterpart);
  }
  return confirmed;
}

// --- records -------------------------------------------------------------------------------------

absl::Status RunSteps::UploadRecords(Work& work) {
  StageTimer timer(&d_.stages, Stage::kSubmitting);
  work.progress("uploading records", 0, 0);
  // One unequal comparison, and nothing at all leaves for that counterpart: who lies about one type
  // is not to be trusted with the others.
  NODE_ASSIGN_OR_RETURN(std::set<std::string> confirmed, Confirmed(work));
  RecordStepInput input;
  input.identifier_types = List(work.manifest().identifier_types());
  input.agencies = List(work.manifest().agencies());
  input.confirmed = confirmed;
  input.sort_memory_bytes = options_.memory_bytes / 2;
  NODE_ASSIGN_OR_RETURN(std::uint64_t count, MakeHandledRecords(input, *work.files, work.stop));
  d_.counters.records += count;

  v1::UploadRecordsHeader header;
  header.set_request_id(RequestIdOf("UploadRecords", work.hash(), ""));
  header.set_manifest_hash(work.hash());
  header.set_count(count);
  for (const std::string& counterpart : work.context->counterparts()) {
    if (confirmed.contains(counterpart)) continue;
    for (const std::string& type : input.identifier_types) {
      v1::UnconfirmedOverlap& left_out = *header.add_unconfirmed();
      left_out.set_counterpart(counterpart);
      left_out.set_identifier_type(type);
    }
  }
  NODE_ASSIGN_OR_RETURN(HandledRecordReader records, HandledRecordReader::Open(*work.files));
  constexpr int kRecordsPerMessage = 8192;
  constexpr std::size_t kBytesPerMessage = std::size_t{768} << 10;
  HandledRecord record;
  NODE_RETURN_IF_ERROR(d_.matcher.UploadRecords(
      header,
      [&](v1::UploadRecordsRequest& message) -> absl::StatusOr<bool> {
        std::size_t bytes = 0;
        while (message.records_size() < kRecordsPerMessage && bytes < kBytesPerMessage) {
          NODE_ASSIGN_OR_RETURN(bool more, records.Next(record));
          if (!more) break;
          v1::RecordEntry& entry = *message.add_records();
          entry.set_handle(crypto::ToString(record.handle));
          for (const SharedValue& value : record.shared) {
            v1::SharedTag& shared = *entry.add_shared();
            shared.set_type_index(value.type_index);
            shared.set_counterparts(value.counterparts);
            shared.set_tag(crypto::ToString(value.tag));
          }
          bytes += 24 + record.shared.size() * 32;
        }
        return message.records_size() > 0;
      },
      work.stop));
  work.progress("waiting for the others", 0, 0);
  return absl::OkStatus();
}

// --- references ----------------------------------------------------------------------------------

absl::Status RunSteps::FetchMatches(Work& work) {
  MatchStepInput input;
  input.purpose_id = work.manifest().purpose_id();
  input.epoch = work.manifest().epoch();
  input.identifier_types = List(work.manifest().identifier_types());
  input.agencies = List(work.manifest().agencies());
  input.sort_memory_bytes = options_.memory_bytes / 2;
  for (const std::string& counterpart : work.context->counterparts()) {
    NODE_ASSIGN_OR_RETURN(const crypto::Secret<64>* key,
                          work.context->keys().MatchPairKey(counterpart));
    input.match_pair_keys.emplace(counterpart, key);
  }
  NODE_ASSIGN_OR_RETURN(auto receiver, MatchReceiver::Create(std::move(input), *work.files));
  v1::FetchMatchesRequest request;
  request.set_manifest_hash(work.hash());
  auto take = [&](const v1::MatchChunk& chunk) -> absl::Status {
    for (const v1::NodeMatch& match : chunk.matches()) {
      NODE_RETURN_IF_ERROR(receiver->Take(match));
    }
    return absl::OkStatus();
  };
  NODE_RETURN_IF_ERROR(d_.matcher.FetchMatches(request, take, work.stop));
  NODE_ASSIGN_OR_RETURN(std::optional<JournaledRun> journaled, d_.journal.Find(work.hash()));
  if (!journaled.has_value()) return absl::InternalError("the run is not in the journal");
  NODE_ASSIGN_OR_RETURN(auto dataset, d_.datasets.OpenDataset(journaled->dataset_id));
  NODE_ASSIGN_OR_RETURN(MatchStepResult result,
                        receiver->Finish(*dataset, d_.seal, MatchesPath(work.hash()), work.stop));
  d_.counters.matches += result.matches;
  d_.counters.disputed += result.disputed;
  return d_.audit.Append({"run.matches",
                          "self",
                          "done",
                          {{"run", work.context->run_id()},
                           {"matches", absl::StrCat(result.matches)},
                           {"disputed", absl::StrCat(result.disputed)}}});
}

absl::Status RunSteps::ReportReferences(Work& work) {
  StageTimer timer(&d_.stages, Stage::kSubmitting);
  work.progress("reporting references", 0, 0);
  if (!HaveReferences(*work.files)) NODE_RETURN_IF_ERROR(FetchMatches(work));
  NODE_ASSIGN_OR_RETURN(ReferenceReader references, ReferenceReader::Open(*work.files));
  constexpr int kReferencesPerMessage = 8192;
  NODE_RETURN_IF_ERROR(d_.matcher.ReportReferences(
      work.hash(), RequestIdOf("ReportReferences", work.hash(), ""),
      [&](v1::ReportReferencesRequest& message) -> absl::StatusOr<bool> {
        v1::PairReference reference;
        while (message.references_size() < kReferencesPerMessage) {
          NODE_ASSIGN_OR_RETURN(bool more, references.Next(reference));
          if (!more) break;
          *message.add_references() = reference;
        }
        return message.references_size() > 0;
      },
      work.stop));
  work.progress("waiting for the others", 0, 0);
  return absl::OkStatus();
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
  NODE_ASSIGN_OR_RETURN(std::set<std::string> in_use, d_.journal.DatasetsInUse());
  return d_.datasets.EraseOld(in_use);
}

}  // namespace raakvlak::node
