#include "server/node/grpc_matcher_link.h"

#include <grpcpp/grpcpp.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "raakvlak/v1/submission.grpc.pb.h"
#include "server/common/grpc_status.h"
#include "server/node/status_macros.h"

namespace raakvlak::node {
namespace {

// A call that ends when `stop` is requested, or at its deadline if it has one.
class Call {
 public:
  Call(std::stop_token stop, std::chrono::seconds deadline)
      : cancel_(std::move(stop), [this] { context_.TryCancel(); }) {
    if (deadline.count() > 0) {
      context_.set_deadline(std::chrono::system_clock::now() + deadline);
    }
  }
  grpc::ClientContext* context() { return &context_; }

  static absl::Status Result(const grpc::Status& status) {
    absl::Status result = common::FromGrpc(status);
    if (result.ok()) return result;
    return absl::Status(result.code(), absl::StrCat("the matcher: ", result.message()));
  }

 private:
  grpc::ClientContext context_;
  std::stop_callback<std::function<void()>> cancel_;
};

class GrpcMatcherLink final : public MatcherLink {
 public:
  GrpcMatcherLink(std::shared_ptr<grpc::Channel> channel, MatcherDeadlines deadlines)
      : stub_(v1::SubmissionService::NewStub(channel)), deadlines_(deadlines) {}

  absl::Status WatchRuns(const v1::WatchRunsRequest& request,
                         const std::function<void(v1::RunOffer)>& on_offer,
                         std::stop_token stop) override {
    Call call(std::move(stop), std::chrono::seconds(0));
    auto reader = stub_->WatchRuns(call.context(), request);
    v1::RunOffer offer;
    while (reader->Read(&offer)) on_offer(std::move(offer));
    absl::Status status = Call::Result(reader->Finish());
    return status.ok() ? absl::UnavailableError("the matcher ended the stream of runs") : status;
  }

  absl::Status ReportProgress(const v1::ReportProgressRequest& request,
                              std::stop_token stop) override {
    Call call(std::move(stop), deadlines_.call);
    v1::ReportProgressResponse response;
    return Call::Result(stub_->ReportProgress(call.context(), request, &response));
  }

  absl::Status DeclineRun(const v1::DeclineRunRequest& request, std::stop_token stop) override {
    Call call(std::move(stop), deadlines_.call);
    v1::DeclineRunResponse response;
    return Call::Result(stub_->DeclineRun(call.context(), request, &response));
  }

  absl::Status UploadTags(const v1::UploadTagsHeader& header,
                          const std::function<absl::StatusOr<bool>(std::string&)>& next,
                          std::stop_token stop) override {
    Call call(std::move(stop), deadlines_.bulk);
    v1::UploadTagsResponse response;
    auto writer = stub_->UploadTags(call.context(), &response);
    v1::UploadTagsRequest request;
    *request.mutable_header() = header;
    absl::Status failed = Send(call, *writer, request, [&](v1::UploadTagsRequest& out) {
      return next(*out.mutable_tags());
    });
    absl::Status status = Call::Result(writer->Finish());
    if (!failed.ok()) return failed;
    NODE_RETURN_IF_ERROR(status);
    if (response.count() != header.count()) {
      return absl::InternalError(
          absl::StrCat("the matcher took ", response.count(), " tags of ", header.count()));
    }
    return absl::OkStatus();
  }

  absl::Status FetchOverlap(const v1::FetchOverlapRequest& request,
                            const std::function<absl::Status(const v1::OverlapChunk&)>& take,
                            std::stop_token stop) override {
    Call call(std::move(stop), deadlines_.bulk);
    auto reader = stub_->FetchOverlap(call.context(), request);
    return Receive<v1::OverlapChunk>(call, *reader, take);
  }

  absl::Status UploadRecords(
      const v1::UploadRecordsHeader& header,
      const std::function<absl::StatusOr<bool>(v1::UploadRecordsRequest&)>& next,
      std::stop_token stop) override {
    Call call(std::move(stop), deadlines_.bulk);
    v1::UploadRecordsResponse response;
    auto writer = stub_->UploadRecords(call.context(), &response);
    v1::UploadRecordsRequest request;
    *request.mutable_header() = header;
    absl::Status failed = Send(call, *writer, request, next);
    absl::Status status = Call::Result(writer->Finish());
    if (!failed.ok()) return failed;
    NODE_RETURN_IF_ERROR(status);
    if (response.count() != header.count()) {
      return absl::InternalError(
          absl::StrCat("the matcher took ", response.count(), " records of ", header.count()));
    }
    return absl::OkStatus();
  }

  absl::Status FetchEncodingTasks(
      const v1::FetchEncodingTasksRequest& request,
      const std::function<absl::Status(const v1::EncodingTaskChunk&)>& take,
      std::stop_token stop) override {
    Call call(std::move(stop), deadlines_.bulk);
    auto reader = stub_->FetchEncodingTasks(call.context(), request);
    return Receive<v1::EncodingTaskChunk>(call, *reader, take);
  }

  absl::Status UploadEncodings(const v1::UploadEncodingsHeader& header,
                               const std::function<absl::StatusOr<bool>(std::string&)>& next,
                               std::stop_token stop) override {
    Call call(std::move(stop), deadlines_.bulk);
    v1::UploadEncodingsResponse response;
    auto writer = stub_->UploadEncodings(call.context(), &response);
    v1::UploadEncodingsRequest request;
    *request.mutable_header() = header;
    absl::Status failed = Send(call, *writer, request, [&](v1::UploadEncodingsRequest& out) {
      return next(*out.mutable_encodings());
    });
    absl::Status status = Call::Result(writer->Finish());
    if (!failed.ok()) return failed;
    NODE_RETURN_IF_ERROR(status);
    if (response.count() != header.count()) {
      return absl::InternalError(
          absl::StrCat("the matcher took ", response.count(), " encodings of ", header.count()));
    }
    return absl::OkStatus();
  }

  absl::Status FetchMatches(const v1::FetchMatchesRequest& request,
                            const std::function<absl::Status(const v1::MatchChunk&)>& take,
                            std::stop_token stop) override {
    Call call(std::move(stop), deadlines_.bulk);
    auto reader = stub_->FetchMatches(call.context(), request);
    return Receive<v1::MatchChunk>(call, *reader, take);
  }

  absl::Status ReportReferences(
      const std::string& manifest_hash, const std::string& request_id,
      const std::function<absl::StatusOr<bool>(v1::ReportReferencesRequest&)>& next,
      std::stop_token stop) override {
    Call call(std::move(stop), deadlines_.bulk);
    v1::ReportReferencesResponse response;
    auto writer = stub_->ReportReferences(call.context(), &response);
    v1::ReportReferencesRequest request;
    request.set_manifest_hash(manifest_hash);
    request.set_request_id(request_id);
    absl::Status failed = Send(call, *writer, request, next);
    absl::Status status = Call::Result(writer->Finish());
    return failed.ok() ? status : failed;
  }

 private:
  // Sends `first` filled up by `next`, then one message for each call of `next`. The first message
  // goes out even when there is nothing to send. A failure of `next` cancels the call, so that the
  // matcher keeps nothing.
  template <typename Request, typename Writer, typename Next>
  static absl::Status Send(Call& call, Writer& writer, Request& first, const Next& next) {
    Request request = std::move(first);
    while (true) {
      absl::StatusOr<bool> more = next(request);
      if (!more.ok()) {
        call.context()->TryCancel();
        return more.status();
      }
      const bool is_first = IsFirst(request);
      if (*more || is_first) {
        // A refused write means that the matcher has ended the call: Finish() tells why.
        if (!writer.Write(request)) return absl::OkStatus();
      }
      if (!*more) break;
      request.Clear();
    }
    writer.WritesDone();
    return absl::OkStatus();
  }
  static bool IsFirst(const v1::UploadTagsRequest& r) { return r.has_header(); }
  static bool IsFirst(const v1::UploadRecordsRequest& r) { return r.has_header(); }
  static bool IsFirst(const v1::UploadEncodingsRequest& r) { return r.has_header(); }
  static bool IsFirst(const v1::ReportReferencesRequest& r) { return !r.request_id().empty(); }

  template <typename Message, typename Reader, typename Take>
  static absl::Status Receive(Call& call, Reader& reader, const Take& take) {
    Message message;
    absl::Status failed;
    while (reader.Read(&message)) {
      failed = take(message);
      if (!failed.ok()) {
        call.context()->TryCancel();
        break;
      }
    }
    absl::Status status = Call::Result(reader.Finish());
    return failed.ok() ? status : failed;
  }

  const std::unique_ptr<v1::SubmissionService::Stub> stub_;
  const MatcherDeadlines deadlines_;
};

}  // namespace

std::unique_ptr<MatcherLink> NewGrpcMatcherLink(std::shared_ptr<grpc::Channel> channel,
                                                MatcherDeadlines deadlines) {
  return std::make_unique<GrpcMatcherLink>(std::move(channel), deadlines);
}

}  // namespace raakvlak::node
