// A matcher that takes every call and says nothing: each of them ends when a stop is requested, and
// at its deadline.
#include "server/node/grpc_matcher_link.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <latch>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "raakvlak/v1/submission.grpc.pb.h"
#include "server/common/testing/loopback_server.h"

namespace raakvlak::node {
namespace {

// Holds every call until its client is gone. Of an upload it reads nothing, so that the node waits
// in the middle of sending; of a fetch it has sent one message.
class SilentMatcher final : public v1::SubmissionService::Service {
 public:
  explicit SilentMatcher(std::ptrdiff_t calls) : arrived(calls) {}

  grpc::Status WatchRuns(grpc::ServerContext* context, const v1::WatchRunsRequest*,
                         grpc::ServerWriter<v1::RunOffer>* writer) override {
    writer->Write({});
    return Hold(context);
  }
  grpc::Status ReportProgress(grpc::ServerContext* context, const v1::ReportProgressRequest*,
                              v1::ReportProgressResponse*) override {
    return Hold(context);
  }
  grpc::Status DeclineRun(grpc::ServerContext* context, const v1::DeclineRunRequest*,
                          v1::DeclineRunResponse*) override {
    return Hold(context);
  }
  grpc::Status UploadTags(grpc::ServerContext* context, grpc::ServerReader<v1::UploadTagsRequest>*,
                          v1::UploadTagsResponse*) override {
    return Hold(context);
  }
  grpc::Status FetchOverlap(grpc::ServerContext* context, const v1::FetchOverlapRequest*,
                            grpc::ServerWriter<v1::OverlapChunk>* writer) override {
    writer->Write({});
    return Hold(context);
  }
  grpc::Status UploadRecords(grpc::ServerContext* context,
                             grpc::ServerReader<v1::UploadRecordsRequest>*,
                             v1::UploadRecordsResponse*) override {
    return Hold(context);
  }
  grpc::Status FetchEncodingTasks(grpc::ServerContext* context,
                                  const v1::FetchEncodingTasksRequest*,
                                  grpc::ServerWriter<v1::EncodingTaskChunk>* writer) override {
    writer->Write({});
    return Hold(context);
  }
  grpc::Status UploadEncodings(grpc::ServerContext* context,
                               grpc::ServerReader<v1::UploadEncodingsRequest>*,
                               v1::UploadEncodingsResponse*) override {
    return Hold(context);
  }
  grpc::Status FetchMatches(grpc::ServerContext* context, const v1::FetchMatchesRequest*,
                            grpc::ServerWriter<v1::MatchChunk>* writer) override {
    writer->Write({});
    return Hold(context);
  }
  grpc::Status ReportReferences(grpc::ServerContext* context,
                                grpc::ServerReader<v1::ReportReferencesRequest>*,
                                v1::ReportReferencesResponse*) override {
    return Hold(context);
  }

  std::latch arrived;

 private:
  grpc::Status Hold(grpc::ServerContext* context) {
    arrived.count_down();
    while (!context->IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    return grpc::Status::CANCELLED;
  }
};

using Call = std::function<absl::Status(MatcherLink&, std::stop_token)>;

// All calls that have a deadline, by name. Uploads never come to their end by themselves.
std::map<std::string, Call> CallsWithDeadline() {
  const auto bytes = [](std::string& message) -> absl::StatusOr<bool> {
    message.assign(16'384, 'x');
    return true;
  };
  const auto take = [](const auto&) { return absl::OkStatus(); };
  return {
      {"ReportProgress",
       [](MatcherLink& link, std::stop_token stop) { return link.ReportProgress({}, stop); }},
      {"DeclineRun",
       [](MatcherLink& link, std::stop_token stop) { return link.DeclineRun({}, stop); }},
      {"UploadTags",
       [=](MatcherLink& link, std::stop_token stop) { return link.UploadTags({}, bytes, stop); }},
      {"FetchOverlap",
       [=](MatcherLink& link, std::stop_token stop) { return link.FetchOverlap({}, take, stop); }},
      {"UploadRecords",
       [](MatcherLink& link, std::stop_token stop) {
         return link.UploadRecords(
             {},
             [](v1::UploadRecordsRequest& message) -> absl::StatusOr<bool> {
               message.add_records()->set_handle(std::string(16'384, 'x'));
               return true;
             },
             stop);
       }},
      {"FetchEncodingTasks",
       [=](MatcherLink& link, std::stop_token stop) {
         return link.FetchEncodingTasks({}, take, stop);
       }},
      {"UploadEncodings",
       [=](MatcherLink& link, std::stop_token stop) {
         return link.UploadEncodings({}, bytes, stop);
       }},
      {"FetchMatches",
       [=](MatcherLink& link, std::stop_token stop) { return link.FetchMatches({}, take, stop); }},
      {"ReportReferences",
       [](MatcherLink& link, std::stop_token stop) {
         return link.ReportReferences(
             "hash", "request",
             [](v1::ReportReferencesRequest& message) -> absl::StatusOr<bool> {
               message.add_references()->set_reference(std::string(16'384, 'x'));
               return true;
             },
             stop);
       }},
  };
}

class GrpcMatcherLinkTest : public ::testing::Test {
 protected:
  // What each call gives, all at once; a stop is requested when the matcher holds all of them, if
  // `stops`.
  std::map<std::string, absl::Status> Outcomes(const std::map<std::string, Call>& calls,
                                               MatcherDeadlines deadlines, bool stops) {
    SilentMatcher matcher(static_cast<std::ptrdiff_t>(calls.size()));
    const common::testing::LoopbackServer server(matcher);
    const auto link = NewGrpcMatcherLink(server.Channel(), deadlines);
    std::map<std::string, absl::Status> outcomes;
    for (const auto& [name, call] : calls) outcomes[name] = absl::OkStatus();
    std::stop_source stop;
    {
      std::vector<std::jthread> threads;
      threads.reserve(calls.size());
      for (const auto& [name, call] : calls) {
        threads.emplace_back([&, &outcome = outcomes.at(name), &call = call] {
          outcome = call(*link, stop.get_token());
        });
      }
      if (stops) {
        matcher.arrived.wait();
        stop.request_stop();
      }
    }
    return outcomes;
  }
};

TEST_F(GrpcMatcherLinkTest, EveryCallEndsWhenItIsStopped) {
  std::map<std::string, Call> calls = CallsWithDeadline();
  calls["WatchRuns"] = [](MatcherLink& link, std::stop_token stop) {
    return link.WatchRuns(
        {}, [](const v1::RunOffer&) {}, stop);
  };
  const auto outcomes = Outcomes(
      calls, {.call = std::chrono::hours(1), .bulk = std::chrono::hours(1)}, /*stops=*/true);
  EXPECT_EQ(outcomes.size(), 10u);
  for (const auto& [name, status] : outcomes) {
    EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << name << ": " << status;
  }
}

TEST_F(GrpcMatcherLinkTest, EveryCallEndsAtItsDeadline) {
  const auto outcomes = Outcomes(CallsWithDeadline(),
                                 {.call = std::chrono::seconds(1), .bulk = std::chrono::seconds(1)},
                                 /*stops=*/false);
  for (const auto& [name, status] : outcomes) {
    EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << name << ": " << status;
  }
}

TEST_F(GrpcMatcherLinkTest, NothingIsSentOnceItWasStopped) {
  std::stop_source stop;
  stop.request_stop();
  const auto link = NewGrpcMatcherLink(
      grpc::CreateChannel("127.0.0.1:1", grpc::InsecureChannelCredentials()), {});
  for (const auto& [name, call] : CallsWithDeadline()) {
    const absl::Status status = call(*link, stop.get_token());
    EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << name << ": " << status;
  }
}

}  // namespace
}  // namespace raakvlak::node
