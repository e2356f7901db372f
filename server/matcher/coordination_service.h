// CoordinationService: starting and following runs, reading reports, registering purposes.
#ifndef RAAKVLAK_SERVER_MATCHER_COORDINATION_SERVICE_H_
#define RAAKVLAK_SERVER_MATCHER_COORDINATION_SERVICE_H_

#include <atomic>
#include <string>

#include "raakvlak/v1/coordination.grpc.pb.h"
#include "server/common/access.h"
#include "server/common/audit.h"
#include "server/matcher/purpose_book.h"
#include "server/matcher/runs.h"

namespace raakvlak::matcher {

// Thread-safe. All that it is given must outlive it.
class CoordinationService final : public v1::CoordinationService::Service {
 public:
  CoordinationService(Runs& runs, PurposeBook& purposes, const common::CallerResolver& callers,
                      common::AuditSink& audit, std::string version)
      : runs_(runs),
        purposes_(purposes),
        callers_(callers),
        audit_(audit),
        version_(std::move(version)) {}

  // Ends all watching streams.
  void Stop() { stopping_ = true; }

  grpc::Status StartRun(grpc::ServerContext* context, const v1::StartRunRequest* request,
                        v1::StartRunResponse* response) override;
  grpc::Status ListRuns(grpc::ServerContext* context, const v1::ListRunsRequest* request,
                        v1::ListRunsResponse* response) override;
  grpc::Status GetRun(grpc::ServerContext* context, const v1::GetRunRequest* request,
                      v1::RunSummary* response) override;
  grpc::Status WatchRun(grpc::ServerContext* context, const v1::GetRunRequest* request,
                        grpc::ServerWriter<v1::RunSummary>* writer) override;
  grpc::Status CancelRun(grpc::ServerContext* context, const v1::CancelRunRequest* request,
                         v1::CancelRunResponse* response) override;
  grpc::Status GetReport(grpc::ServerContext* context, const v1::GetReportRequest* request,
                         grpc::ServerWriter<v1::ReportChunk>* writer) override;
  grpc::Status RegisterPurpose(grpc::ServerContext* context,
                               const v1::RegisterPurposeRequest* request,
                               v1::RegisterPurposeResponse* response) override;
  grpc::Status ListPurposes(grpc::ServerContext* context, const v1::ListPurposesRequest* request,
                            v1::ListPurposesResponse* response) override;
  grpc::Status GetInfo(grpc::ServerContext* context, const v1::GetMatcherInfoRequest* request,
                       v1::ProgramInfo* response) override;

 private:
  // The coordinator's certificate identity.
  absl::StatusOr<std::string> Coordinator(const grpc::ServerContext& context) const;
  // The same, with the reading on the audit log.
  absl::StatusOr<std::string> Reader(const grpc::ServerContext& context, std::string_view what,
                                     std::string_view of);

  Runs& runs_;
  PurposeBook& purposes_;
  const common::CallerResolver& callers_;
  common::AuditSink& audit_;
  const std::string version_;
  std::atomic<bool> stopping_ = false;
};

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_COORDINATION_SERVICE_H_
