#include "server/node/stewardship_service.h"

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "server/common/grpc_status.h"
#include "server/node/kept_results.h"
#include "server/node/match_step.h"
#include "server/node/mesh/blame.h"
#include "server/node/status_macros.h"

namespace raakvlak::node {
namespace {

constexpr std::size_t kMaxDataBytes = std::size_t{1} << 20;
constexpr int kMatchesPerMessage = 4096;

}  // namespace

absl::StatusOr<std::string> StewardshipServiceImpl::Steward(
    const grpc::ServerContext& context) const {
  NODE_ASSIGN_OR_RETURN(common::Caller caller, d_.callers.CallerOf(context));
  if (caller.role != common::Role::kSteward || caller.agency_id != d_.own_id) {
    (void)d_.audit.Append({"stewardship.refused", caller.identity, "denied", {}});
    return absl::PermissionDeniedError("only stewards of this node's own agency are answered");
  }
  return caller.identity;
}

// --- datasets ------------------------------------------------------------------------------------

grpc::Status StewardshipServiceImpl::SubmitDataset(
    grpc::ServerContext* context, grpc::ServerReader<v1::SubmitDatasetRequest>* reader,
    v1::SubmitDatasetResponse* response) {
  absl::StatusOr<std::string> steward = Steward(*context);
  if (!steward.ok()) return common::ToGrpc(steward.status());
  return common::ToGrpc(Submit(
      *steward, [context] { return context->IsCancelled(); }, *reader, *response));
}

absl::Status StewardshipServiceImpl::Submit(const std::string& steward,
                                            const std::function<bool()>& cancelled,
                                            grpc::ServerReader<v1::SubmitDatasetRequest>& reader,
                                            v1::SubmitDatasetResponse& response) {
  v1::SubmitDatasetRequest message;
  if (!reader.Read(&message) || !message.has_header()) {
    return absl::InvalidArgumentError("the first message of a submission has a header");
  }
  const v1::SubmitDatasetHeader header = message.header();
  NODE_ASSIGN_OR_RETURN(auto submission, d_.datasets.Begin(steward, header.request_id(),
                                                           header.schema(), header.label()));
  do {
    if (message.data().size() > kMaxDataBytes) {
      return absl::InvalidArgumentError("a message holds more than 1 MiB");
    }
    NODE_RETURN_IF_ERROR(submission->Push(message.data()));
  } while (reader.Read(&message));
  // A stream that broke looks like one that ended; what came of it must not become the dataset.
  if (cancelled()) return absl::CancelledError("the submission was broken off");
  NODE_RETURN_IF_ERROR(
      d_.audit.Append({"dataset.submitted", steward, "allowed", {{"label", header.label()}}}));
  NODE_ASSIGN_OR_RETURN(AcceptedDataset accepted, submission->Finish());
  // Accepted is accepted; what is old goes now or after the next run.
  absl::StatusOr<std::set<std::string>> in_use = d_.journal.DatasetsInUse();
  if (in_use.ok()) (void)d_.datasets.EraseOld(*in_use);
  NODE_RETURN_IF_ERROR(d_.audit.Append(
      {"dataset.accepted",
       steward,
       "done",
       {{"dataset", accepted.info.dataset_id}, {"records", absl::StrCat(accepted.info.records)}}}));
  response.set_dataset_id(accepted.info.dataset_id);
  response.set_records(accepted.info.records);
  response.set_identifiers(accepted.info.identifiers);
  response.set_quality_json(accepted.quality_json);
  return absl::OkStatus();
}

grpc::Status StewardshipServiceImpl::ListDatasets(grpc::ServerContext* context,
                                                  const v1::ListDatasetsRequest* /*request*/,
                                                  v1::ListDatasetsResponse* response) {
  absl::StatusOr<std::string> steward = Steward(*context);
  if (!steward.ok()) return common::ToGrpc(steward.status());
  absl::StatusOr<std::vector<DatasetInfo>> list = d_.datasets.List();
  if (!list.ok()) return common::ToGrpc(list.status());
  for (const DatasetInfo& info : *list) {
    v1::DatasetSummary& summary = *response->add_datasets();
    summary.set_dataset_id(info.dataset_id);
    summary.set_label(info.label);
    summary.set_submitted_at(info.submitted_at);
    summary.set_records(info.records);
    summary.set_identifiers(info.identifiers);
    summary.set_current(info.current);
  }
  return grpc::Status::OK;
}

// --- matches -------------------------------------------------------------------------------------

grpc::Status StewardshipServiceImpl::ListMatches(
    grpc::ServerContext* context, const v1::ListMatchesRequest* request,
    grpc::ServerWriter<v1::StewardMatchChunk>* writer) {
  absl::StatusOr<std::string> steward = Steward(*context);
  if (!steward.ok()) return common::ToGrpc(steward.status());
  return common::ToGrpc(StreamMatches(*steward, *request, *writer));
}

absl::Status StewardshipServiceImpl::StreamMatches(
    const std::string& steward, const v1::ListMatchesRequest& request,
    grpc::ServerWriter<v1::StewardMatchChunk>& writer) {
  NODE_ASSIGN_OR_RETURN(KeptRun run, FindKeptRun(d_.journal, d_.driver, request.run_id()));
  // Consulting is logged, or does not happen (Wpg, article 32a).
  NODE_RETURN_IF_ERROR(
      d_.audit.Append({"results.consulted", steward, "allowed", {{"run", run.finished.run_id}}}));
  NODE_ASSIGN_OR_RETURN(OwnMatchReader matches,
                        OwnMatchReader::Open(d_.seal, run.finished.matches_path));
  v1::StewardMatchChunk chunk;
  OwnMatch match;
  while (true) {
    NODE_ASSIGN_OR_RETURN(bool more, matches.Next(match));
    if (more) {
      NODE_ASSIGN_OR_RETURN(v1::ReviewDecision decision, d_.reviews.DecisionOf(run.Key(match)));
      *chunk.add_matches() = ShowMatch(match, run, d_.roster, decision);
    }
    if (chunk.matches_size() == kMatchesPerMessage || (!more && chunk.matches_size() > 0)) {
      if (!writer.Write(chunk)) return absl::CancelledError("the steward went away");
      chunk.Clear();
    }
    if (!more) return absl::OkStatus();
  }
}

// --- status --------------------------------------------------------------------------------------

grpc::Status StewardshipServiceImpl::GetStatus(grpc::ServerContext* context,
                                               const v1::GetNodeStatusRequest* /*request*/,
                                               v1::NodeStatus* response) {
  absl::StatusOr<std::string> steward = Steward(*context);
  if (!steward.ok()) return common::ToGrpc(steward.status());
  return common::ToGrpc(FillStatus(*response));
}

absl::Status StewardshipServiceImpl::FillStatus(v1::NodeStatus& status) const {
  *status.mutable_program() = d_.program;
  status.set_agency_id(d_.own_id);
  status.set_matcher_connected(d_.matcher_connected());
  const RunActivity activity = d_.driver.activity();
  status.set_run_id(activity.run_id);
  status.set_stage(activity.stage);
  status.set_done(activity.done);
  status.set_total(activity.total);
  for (v1::PlanStatus& plan : d_.plans.Statuses()) *status.add_plans() = std::move(plan);
  std::shared_ptr<const EpochKeys> keys = d_.mesh.key_store().active();
  if (keys == nullptr) return absl::OkStatus();
  status.set_epoch(keys->epoch());
  std::map<std::string, v1::KeyStatus*> by_type;
  for (const std::string& type : d_.roster.body().identifier_types()) {
    absl::StatusOr<const crypto::DkgKey*> key = keys->KeyOf(type);
    if (!key.ok()) continue;
    v1::KeyStatus& out = *status.add_keys();
    out.set_identifier_type(type);
    out.set_public_key(crypto::ToString((*key)->group_public_key.bytes()));
    by_type[type] = &out;
  }
  NODE_ASSIGN_OR_RETURN(std::vector<BudgetSpent> spent, d_.mesh.budget().SpentIn(keys->epoch()));
  for (const BudgetSpent& entry : spent) {
    auto type = by_type.find(entry.identifier_type);
    if (type == by_type.end()) continue;
    v1::BudgetStatus& out = *type->second->add_budgets();
    out.set_requester(entry.requester);
    out.set_spent(entry.spent);
  }
  return absl::OkStatus();
}

// --- ceremony ------------------------------------------------------------------------------------

grpc::Status StewardshipServiceImpl::RunCeremony(grpc::ServerContext* context,
                                                 const v1::RunCeremonyRequest* request,
                                                 grpc::ServerWriter<v1::CeremonyProgress>* writer) {
  absl::StatusOr<std::string> steward = Steward(*context);
  if (!steward.ok()) return common::ToGrpc(steward.status());
  if (request->request_id().size() < 16 || request->request_id().size() > 64) {
    return common::ToGrpc(absl::InvalidArgumentError("a request id has 16 to 64 bytes"));
  }
  auto done = [writer](std::uint64_t epoch) {
    v1::CeremonyProgress progress;
    progress.set_step("done");
    progress.set_epoch(epoch);
    (void)writer->Write(progress);
    return grpc::Status::OK;
  };
  absl::StatusOr<std::optional<std::uint64_t>> held = d_.journal.CeremonyOf(request->request_id());
  if (!held.ok()) return common::ToGrpc(held.status());
  if (held->has_value()) return done(**held);
  absl::Status audited = d_.audit.Append({"ceremony.requested", *steward, "allowed", {}});
  if (!audited.ok()) return common::ToGrpc(audited);
  if (!request->reason().empty()) {
    absl::Status consent = d_.mesh.participant().Consent(*steward, request->reason()).status();
    // Without an active epoch there is nothing to consent to.
    if (!consent.ok() && !absl::IsFailedPrecondition(consent)) return common::ToGrpc(consent);
  }
  absl::StatusOr<std::uint64_t> epoch = d_.mesh.LeadCeremony(
      [&](const std::string& step, const std::vector<std::string>& answered) {
        v1::CeremonyProgress progress;
        progress.set_step(step);
        for (const std::string& agency : answered) progress.add_answered(agency);
        // A steward who went away is seen by `cancelled`.
        (void)writer->Write(progress);
      },
      [context] { return context->IsCancelled(); });
  if (IsAbsence(epoch.status())) {
    // Not this node's own absence, as its client would take UNAVAILABLE for.
    return common::ToGrpc(absl::FailedPreconditionError(
        absl::StrCat("no ceremony was held and nothing has changed: ", epoch.status().message(),
                     "; have that agency's node started or looked at, then hold the ceremony again "
                     "(every node must be up, and reachable at its endpoint in the roster)")));
  }
  if (!epoch.ok()) return common::ToGrpc(epoch.status());
  absl::Status kept = d_.journal.KeepCeremony(request->request_id(), *epoch);
  if (!kept.ok()) return common::ToGrpc(kept);
  return done(*epoch);
}

grpc::Status StewardshipServiceImpl::ConsentToCeremony(grpc::ServerContext* context,
                                                       const v1::ConsentToCeremonyRequest* request,
                                                       v1::ConsentToCeremonyResponse* response) {
  absl::StatusOr<std::string> steward = Steward(*context);
  if (!steward.ok()) return common::ToGrpc(steward.status());
  if (request->request_id().size() < 16 || request->request_id().size() > 64) {
    return common::ToGrpc(absl::InvalidArgumentError("a request id has 16 to 64 bytes"));
  }
  // The same request again consents to the same epoch, and is in the log again.
  absl::StatusOr<std::uint64_t> epoch = d_.mesh.participant().Consent(*steward, request->reason());
  if (!epoch.ok()) return common::ToGrpc(epoch.status());
  response->set_epoch(*epoch);
  return grpc::Status::OK;
}

}  // namespace raakvlak::node
