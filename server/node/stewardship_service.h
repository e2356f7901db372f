// StewardshipService of proto/raakvlak/v1/stewardship.proto: a steward and its own node. Only
// stewards of this very agency get in.
#ifndef RAAKVLAK_SERVER_NODE_STEWARDSHIP_SERVICE_H_
#define RAAKVLAK_SERVER_NODE_STEWARDSHIP_SERVICE_H_

#include <functional>
#include <mutex>
#include <string>

#include "authority/roster.h"
#include "raakvlak/v1/stewardship.grpc.pb.h"
#include "server/common/access.h"
#include "server/common/audit.h"
#include "server/node/dataset_store.h"
#include "server/node/mesh/mesh.h"
#include "server/node/plan_keeper.h"
#include "server/node/review_store.h"
#include "server/node/run_driver.h"
#include "server/node/run_journal.h"

namespace raakvlak::node {

// Thread-safe.
class StewardshipServiceImpl final : public v1::StewardshipService::Service {
 public:
  // All must outlive the service.
  struct Dependencies {
    const common::CallerResolver& callers;
    const authority::Roster& roster;
    std::string own_id;
    common::AuditSink& audit;
    DatasetStore& datasets;
    RunJournal& journal;
    RunDriver& driver;
    PlanKeeper& plans;
    ReviewStore& reviews;
    Mesh& mesh;
    SealContext seal;  // with the node's wrapping key
    std::function<bool()> matcher_connected;
    v1::ProgramInfo program;
  };
  explicit StewardshipServiceImpl(Dependencies dependencies) : d_(std::move(dependencies)) {}

  grpc::Status SubmitDataset(grpc::ServerContext* context,
                             grpc::ServerReader<v1::SubmitDatasetRequest>* reader,
                             v1::SubmitDatasetResponse* response) override;
  grpc::Status ListDatasets(grpc::ServerContext* context, const v1::ListDatasetsRequest* request,
                            v1::ListDatasetsResponse* response) override;
  grpc::Status ListMatches(grpc::ServerContext* context, const v1::ListMatchesRequest* request,
                           grpc::ServerWriter<v1::StewardMatchChunk>* writer) override;
  // stewardship_reviews.cc
  grpc::Status ListReviews(grpc::ServerContext* context, const v1::ListReviewsRequest* request,
                           grpc::ServerWriter<v1::ReviewChunk>* writer) override;
  grpc::Status DecideReview(grpc::ServerContext* context, const v1::DecideReviewRequest* request,
                            v1::DecideReviewResponse* response) override;
  grpc::Status GetReviewStatistics(grpc::ServerContext* context,
                                   const v1::GetReviewStatisticsRequest* request,
                                   v1::ReviewStatistics* response) override;
  // stewardship_duplicates.cc
  grpc::Status ListDuplicates(grpc::ServerContext* context,
                              const v1::ListDuplicatesRequest* request,
                              grpc::ServerWriter<v1::DuplicateChunk>* writer) override;
  grpc::Status GetStatus(grpc::ServerContext* context, const v1::GetNodeStatusRequest* request,
                         v1::NodeStatus* response) override;
  grpc::Status RunCeremony(grpc::ServerContext* context, const v1::RunCeremonyRequest* request,
                           grpc::ServerWriter<v1::CeremonyProgress>* writer) override;
  grpc::Status ConsentToCeremony(grpc::ServerContext* context,
                                 const v1::ConsentToCeremonyRequest* request,
                                 v1::ConsentToCeremonyResponse* response) override;

 private:
  // The caller's identity, if it is a steward of this agency.
  absl::StatusOr<std::string> Steward(const grpc::ServerContext& context) const;
  absl::Status Submit(const std::string& steward, const std::function<bool()>& cancelled,
                      grpc::ServerReader<v1::SubmitDatasetRequest>& reader,
                      v1::SubmitDatasetResponse& response);
  absl::Status StreamMatches(const std::string& steward, const v1::ListMatchesRequest& request,
                             grpc::ServerWriter<v1::StewardMatchChunk>& writer);
  absl::Status StreamReviews(const std::string& steward, const v1::ListReviewsRequest& request,
                             grpc::ServerWriter<v1::ReviewChunk>& writer);
  absl::Status Decide(const std::string& steward, const v1::DecideReviewRequest& request);
  absl::Status StreamDuplicates(const std::string& steward,
                                const v1::ListDuplicatesRequest& request,
                                grpc::ServerWriter<v1::DuplicateChunk>& writer);
  absl::Status FillStatus(v1::NodeStatus& status) const;

  const Dependencies d_;
  // One search for duplicates at a time: each needs memory for the whole file.
  std::mutex duplicates_mutex_;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_STEWARDSHIP_SERVICE_H_
