// Handlers for coordinators.
#include "server/matcher/coordination_service.h"

#include <optional>
#include <utility>

#include "authority/validate.h"
#include "server/common/grpc_status.h"

namespace raakvlak::matcher {
namespace {

using common::ToGrpc;

constexpr absl::Duration kWatchPoll = absl::Milliseconds(500);
constexpr std::uint32_t kDefaultRuns = 50;
constexpr std::uint32_t kMaxRuns = 500;
constexpr std::size_t kMaxIdBytes = 64;

void ToWire(const RunView& view, v1::RunSummary* out) {
  out->set_run_id(view.row.run_id);
  out->set_purpose_id(view.row.purpose_id);
  out->set_attempt(view.row.status.attempt);
  out->set_state(static_cast<v1::RunState>(view.row.status.phase));
  out->set_started_by(view.row.started_by);
  out->set_started_at(view.row.started_at);
  out->set_ended_at(view.row.ended_at);
  out->set_reason(view.row.status.reason);
  for (const auto& [agency, progress] : view.progress) {
    v1::AgencyProgress& p = *out->add_progress();
    p.set_agency_id(agency);
    p.set_stage(progress.stage);
    p.set_done(progress.done);
    p.set_total(progress.total);
  }
  for (const LeftOut& agency : view.row.left_out) {
    v1::AgencyLeftOut& left_out = *out->add_left_out();
    left_out.set_agency_id(agency.agency_id);
    left_out.set_after_attempt(agency.after_attempt);
    left_out.set_reason(agency.reason);
  }
}

absl::Status CheckRunId(const std::string& run_id) {
  return !run_id.empty() && run_id.size() <= kMaxIdBytes
             ? absl::OkStatus()
             : absl::InvalidArgumentError("a run id has 1 to 64 characters");
}

}  // namespace

absl::StatusOr<std::string> CoordinationService::Coordinator(
    const grpc::ServerContext& context) const {
  absl::StatusOr<common::Caller> caller = callers_.CallerOf(context);
  if (!caller.ok()) return caller.status();
  if (caller->role != common::Role::kCoordinator) {
    return absl::PermissionDeniedError("only coordinators may call this");
  }
  return caller->identity;
}

absl::StatusOr<std::string> CoordinationService::Reader(const grpc::ServerContext& context,
                                                        std::string_view what,
                                                        std::string_view of) {
  absl::StatusOr<std::string> who = Coordinator(context);
  if (!who.ok()) return who;
  if (absl::Status s = audit_.Append(
          {std::string(what), *who, "allowed", {{"of", std::string(of.substr(0, kMaxIdBytes))}}});
      !s.ok()) {
    return s;
  }
  return who;
}

grpc::Status CoordinationService::StartRun(grpc::ServerContext* context,
                                           const v1::StartRunRequest* request,
                                           v1::StartRunResponse* response) {
  absl::StatusOr<std::string> who = Coordinator(*context);
  if (!who.ok()) return ToGrpc(who.status());
  if (request->identifier_types_size() > authority::kMaxTypes) {
    return ToGrpc(absl::InvalidArgumentError("a run has at most 64 identifier types"));
  }
  Runs::StartCommand command;
  command.purpose_id = request->purpose_id();
  command.types.assign(request->identifier_types().begin(), request->identifier_types().end());
  command.started_by = "coordinator";
  command.actor = *who;
  command.key = RequestKey{*who, "StartRun", request->request_id(), request->SerializeAsString()};
  absl::StatusOr<std::string> run_id = runs_.Start(command);
  if (!run_id.ok()) {
    absl::Status logged = audit_.Append({"run.refused",
                                         *who,
                                         "denied",
                                         {{"purpose", request->purpose_id().substr(0, kMaxIdBytes)},
                                          {"reason", std::string(run_id.status().message())}}});
    return ToGrpc(logged.ok() ? run_id.status() : logged);
  }
  response->set_run_id(*run_id);
  return grpc::Status::OK;
}

grpc::Status CoordinationService::ListRuns(grpc::ServerContext* context,
                                           const v1::ListRunsRequest* request,
                                           v1::ListRunsResponse* response) {
  absl::StatusOr<std::string> who = Reader(*context, "runs.listed", "");
  if (!who.ok()) return ToGrpc(who.status());
  if (request->limit() > kMaxRuns) {
    return ToGrpc(absl::InvalidArgumentError("at most 500 runs can be listed"));
  }
  absl::StatusOr<std::vector<RunView>> views =
      runs_.List(request->limit() == 0 ? kDefaultRuns : request->limit());
  if (!views.ok()) return ToGrpc(views.status());
  for (const RunView& view : *views) ToWire(view, response->add_runs());
  return grpc::Status::OK;
}

grpc::Status CoordinationService::GetRun(grpc::ServerContext* context,
                                         const v1::GetRunRequest* request,
                                         v1::RunSummary* response) {
  absl::StatusOr<std::string> who = Reader(*context, "run.read", request->run_id());
  if (!who.ok()) return ToGrpc(who.status());
  if (absl::Status s = CheckRunId(request->run_id()); !s.ok()) return ToGrpc(s);
  absl::StatusOr<RunView> view = runs_.Get(request->run_id());
  if (!view.ok()) return ToGrpc(view.status());
  ToWire(*view, response);
  return grpc::Status::OK;
}

grpc::Status CoordinationService::WatchRun(grpc::ServerContext* context,
                                           const v1::GetRunRequest* request,
                                           grpc::ServerWriter<v1::RunSummary>* writer) {
  absl::StatusOr<std::string> who = Reader(*context, "run.watched", request->run_id());
  if (!who.ok()) return ToGrpc(who.status());
  if (absl::Status s = CheckRunId(request->run_id()); !s.ok()) return ToGrpc(s);
  std::uint64_t version = 0;
  while (!stopping_ && !context->IsCancelled()) {
    absl::StatusOr<std::optional<RunView>> view =
        runs_.WaitForView(request->run_id(), &version, kWatchPoll);
    if (!view.ok()) return ToGrpc(view.status());
    if (!view->has_value()) continue;
    v1::RunSummary summary;
    ToWire(**view, &summary);
    if (!writer->Write(summary)) return grpc::Status::OK;
    if (HasEnded((*view)->row.status.phase)) return grpc::Status::OK;
  }
  return stopping_ ? ToGrpc(absl::UnavailableError("the matcher is shutting down"))
                   : grpc::Status::OK;
}

grpc::Status CoordinationService::CancelRun(grpc::ServerContext* context,
                                            const v1::CancelRunRequest* request,
                                            v1::CancelRunResponse*) {
  absl::StatusOr<std::string> who = Coordinator(*context);
  if (!who.ok()) return ToGrpc(who.status());
  if (absl::Status s = CheckRunId(request->run_id()); !s.ok()) return ToGrpc(s);
  return ToGrpc(
      runs_.Cancel(request->run_id(), *who,
                   {*who, "CancelRun", request->request_id(), request->SerializeAsString()}));
}

grpc::Status CoordinationService::GetReport(grpc::ServerContext* context,
                                            const v1::GetReportRequest* request,
                                            grpc::ServerWriter<v1::ReportChunk>* writer) {
  absl::StatusOr<std::string> who = Coordinator(*context);
  if (!who.ok()) return ToGrpc(who.status());
  if (absl::Status s = CheckRunId(request->run_id()); !s.ok()) return ToGrpc(s);
  absl::StatusOr<std::uint64_t> chunks = runs_.OpenReport(request->run_id(), *who);
  if (!chunks.ok()) return ToGrpc(chunks.status());
  for (std::uint64_t i = 0; i < *chunks; ++i) {
    absl::StatusOr<std::string> bytes = runs_.ReportChunk(request->run_id(), i);
    if (!bytes.ok()) return ToGrpc(bytes.status());
    v1::ReportChunk chunk;
    if (!chunk.ParseFromString(*bytes)) {
      return ToGrpc(absl::DataLossError("the report cannot be read"));
    }
    if (chunk.has_header()) {
      absl::StatusOr<RunView> view = runs_.Get(request->run_id());
      if (!view.ok()) return ToGrpc(view.status());
      ToWire(*view, chunk.mutable_header()->mutable_run());
    }
    if (!writer->Write(chunk)) return grpc::Status::OK;
  }
  return grpc::Status::OK;
}

grpc::Status CoordinationService::RegisterPurpose(grpc::ServerContext* context,
                                                  const v1::RegisterPurposeRequest* request,
                                                  v1::RegisterPurposeResponse* response) {
  absl::StatusOr<std::string> who = Coordinator(*context);
  if (!who.ok()) return ToGrpc(who.status());
  absl::Status status = runs_.RegisterPurpose(
      request->purpose(), *who,
      {*who, "RegisterPurpose", request->request_id(), request->SerializeAsString()});
  if (!status.ok()) return ToGrpc(status);
  v1::Purpose purpose;
  if (!purpose.ParseFromString(request->purpose().body())) {
    return ToGrpc(absl::InternalError("a registered purpose cannot be read"));
  }
  response->set_purpose_id(purpose.purpose_id());
  response->set_version(purpose.version());
  return grpc::Status::OK;
}

grpc::Status CoordinationService::ListPurposes(grpc::ServerContext* context,
                                               const v1::ListPurposesRequest*,
                                               v1::ListPurposesResponse* response) {
  absl::StatusOr<std::string> who = Reader(*context, "purposes.listed", "");
  if (!who.ok()) return ToGrpc(who.status());
  for (const auto& purpose : purposes_.All()) *response->add_purposes() = purpose->document();
  return grpc::Status::OK;
}

grpc::Status CoordinationService::GetInfo(grpc::ServerContext* context,
                                          const v1::GetMatcherInfoRequest*,
                                          v1::ProgramInfo* response) {
  absl::StatusOr<std::string> who = Coordinator(*context);
  if (!who.ok()) return ToGrpc(who.status());
  response->set_program("raakvlak-matcher");
  response->set_version(version_);
  return grpc::Status::OK;
}

}  // namespace raakvlak::matcher
