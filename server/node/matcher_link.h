// What a node says to the matcher, without the wire: the run steps use this, tests stand in for it.
#ifndef RAAKVLAK_SERVER_NODE_MATCHER_LINK_H_
#define RAAKVLAK_SERVER_NODE_MATCHER_LINK_H_

#include <functional>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "raakvlak/v1/submission.pb.h"

namespace raakvlak::node {

// Thread-safe. Every call ends when `stop` is requested (Cancelled). Unavailable and
// DeadlineExceeded: the matcher is down, try again; all calls are idempotent.
class MatcherLink {
 public:
  virtual ~MatcherLink() = default;

  // Gives every offer to `on_offer` until the stream ends, which is an error.

  virtual absl::Status WatchRuns(const v1::WatchRunsRequest& request,
                                 const std::function<void(v1::RunOffer)>& on_offer,
                                 std::stop_token stop) = 0;
  virtual absl::Status ReportProgress(const v1::ReportProgressRequest& request,
                                      std::stop_token stop) = 0;
  virtual absl::Status DeclineRun(const v1::DeclineRunRequest& request, std::stop_token stop) = 0;
  // `next` fills the next packed tags, at most 65,536 of them; false at the end.
  virtual absl::Status UploadTags(const v1::UploadTagsHeader& header,
                                  const std::function<absl::StatusOr<bool>(std::string&)>& next,
                                  std::stop_token stop) = 0;
  virtual absl::Status FetchOverlap(
      const v1::FetchOverlapRequest& request,
      const std::function<absl::Status(const v1::OverlapChunk&)>& take, std::stop_token stop) = 0;
  // `next` fills one message; false at the end.
  virtual absl::Status UploadRecords(
      const v1::UploadRecordsHeader& header,
      const std::function<absl::StatusOr<bool>(v1::UploadRecordsRequest&)>& next,
      std::stop_token stop) = 0;
  virtual absl::Status FetchEncodingTasks(
      const v1::FetchEncodingTasksRequest& request,
      const std::function<absl::Status(const v1::EncodingTaskChunk&)>& take,
      std::stop_token stop) = 0;
  // `next` fills whole encodings, at most 1 MiB of them; false at the end.
  virtual absl::Status UploadEncodings(
      const v1::UploadEncodingsHeader& header,
      const std::function<absl::StatusOr<bool>(std::string&)>& next, std::stop_token stop) = 0;
  virtual absl::Status FetchMatches(const v1::FetchMatchesRequest& request,
                                    const std::function<absl::Status(const v1::MatchChunk&)>& take,
                                    std::stop_token stop) = 0;
  // `next` fills one message, the first one included except for its hash and request id.
  virtual absl::Status ReportReferences(
      const std::string& manifest_hash, const std::string& request_id,
      const std::function<absl::StatusOr<bool>(v1::ReportReferencesRequest&)>& next,
      std::stop_token stop) = 0;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_MATCHER_LINK_H_
