// SubmissionService: what a run asks of nodes and what they hand in. Handlers authorise, validate,
// call the core (Runs) and translate.
#ifndef RAAKVLAK_SERVER_MATCHER_SUBMISSION_SERVICE_H_
#define RAAKVLAK_SERVER_MATCHER_SUBMISSION_SERVICE_H_

#include <atomic>
#include <string>

#include "crypto/base/signing.h"
#include "raakvlak/v1/submission.grpc.pb.h"
#include "server/common/access.h"
#include "server/matcher/connections.h"
#include "server/matcher/runs.h"

namespace raakvlak::matcher {

// Context under which the matcher signs its overlap statements (submission.proto).
inline constexpr std::string_view kOverlapContext = "raakvlak/v1 overlap";

// Thread-safe. All that it is given must outlive it.
class SubmissionService final : public v1::SubmissionService::Service {
 public:
  SubmissionService(Runs& runs, Connections& nodes, const common::CallerResolver& callers,
                    common::FileSystem& fs, const crypto::SigningKey& key, UploadLimits limits)
      : runs_(runs), nodes_(nodes), callers_(callers), fs_(fs), key_(key), limits_(limits) {}

  // Ends all watching streams.
  void Stop() { stopping_ = true; }

  grpc::Status WatchRuns(grpc::ServerContext* context, const v1::WatchRunsRequest* request,
                         grpc::ServerWriter<v1::RunOffer>* writer) override;
  grpc::Status ReportProgress(grpc::ServerContext* context,
                              const v1::ReportProgressRequest* request,
                              v1::ReportProgressResponse* response) override;
  grpc::Status DeclineRun(grpc::ServerContext* context, const v1::DeclineRunRequest* request,
                          v1::DeclineRunResponse* response) override;
  grpc::Status UploadTags(grpc::ServerContext* context,
                          grpc::ServerReader<v1::UploadTagsRequest>* reader,
                          v1::UploadTagsResponse* response) override;
  grpc::Status FetchOverlap(grpc::ServerContext* context, const v1::FetchOverlapRequest* request,
                            grpc::ServerWriter<v1::OverlapChunk>* writer) override;
  grpc::Status UploadRecords(grpc::ServerContext* context,
                             grpc::ServerReader<v1::UploadRecordsRequest>* reader,
                             v1::UploadRecordsResponse* response) override;
  grpc::Status FetchEncodingTasks(grpc::ServerContext* context,
                                  const v1::FetchEncodingTasksRequest* request,
                                  grpc::ServerWriter<v1::EncodingTaskChunk>* writer) override;
  grpc::Status UploadEncodings(grpc::ServerContext* context,
                               grpc::ServerReader<v1::UploadEncodingsRequest>* reader,
                               v1::UploadEncodingsResponse* response) override;
  grpc::Status FetchMatches(grpc::ServerContext* context, const v1::FetchMatchesRequest* request,
                            grpc::ServerWriter<v1::MatchChunk>* writer) override;
  grpc::Status ReportReferences(grpc::ServerContext* context,
                                grpc::ServerReader<v1::ReportReferencesRequest>* reader,
                                v1::ReportReferencesResponse* response) override;

 private:
  // The agency of the calling node.
  absl::StatusOr<std::string> Agency(const grpc::ServerContext& context) const;
  absl::Status SendOverlap(const Runs::Ticket& ticket, int counterpart,
                           grpc::ServerWriter<v1::OverlapChunk>* writer);
  // An upload that begins with a header, by its kind (submission_uploads.cc): the call itself, and
  // what it does for an agency; the number of items that were taken in, now or before.
  template <typename Kind, typename Response>
  grpc::Status Receive(const grpc::ServerContext& context,
                       grpc::ServerReader<typename Kind::Request>* reader, Response* response);
  template <typename Kind>
  absl::StatusOr<std::uint64_t> Take(const std::string& agency,
                                     grpc::ServerReader<typename Kind::Request>* reader);
  absl::Status TakeReferences(const std::string& agency,
                              grpc::ServerReader<v1::ReportReferencesRequest>* reader);
  // Audits what looks like an attack, names the node in the answer.
  grpc::Status Refused(const std::string& agency, std::string_view what, absl::Status status);

  Runs& runs_;
  Connections& nodes_;
  const common::CallerResolver& callers_;
  common::FileSystem& fs_;
  const crypto::SigningKey& key_;
  const UploadLimits limits_;
  std::atomic<bool> stopping_ = false;
};

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_SUBMISSION_SERVICE_H_
