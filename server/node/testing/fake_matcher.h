// A matcher in the test's process: the submission service with the simplest possible core behind
// it, over real TLS. It can be told to lie and to fail calls. For tests only.
#ifndef RAAKVLAK_SERVER_NODE_TESTING_FAKE_MATCHER_H_
#define RAAKVLAK_SERVER_NODE_TESTING_FAKE_MATCHER_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "authority/roster.h"
#include "crypto/base/signing.h"
#include "linkage/score/score_model.h"
#include "raakvlak/v1/submission.grpc.pb.h"
#include "server/common/access.h"

namespace raakvlak::node::testing {

class FakeMatcher final : public v1::SubmissionService::Service {
 public:
  FakeMatcher(const authority::Roster& roster, const crypto::SigningKey& signing_key)
      : roster_(roster), signing_key_(signing_key) {}

  void set_callers(const common::CallerResolver* callers) { callers_ = callers; }

  // Offers the run to all its agencies. Gives HM.
  std::string StartRun(const v1::RunManifest& manifest, const v1::SignedDocument& purpose);
  // Tells nodes that watch of a purpose to plan for.
  void OfferPurpose(const v1::SignedDocument& purpose);
  // What a node has announced for the purposes it was told of, latest stream.
  std::vector<v1::PlanOffer> PlansOf(const std::string& agency);
  // Waits until the run has ended; its state. UNSPECIFIED if it takes longer.
  v1::RunState WaitForEnd(const std::string& hash, int seconds);
  std::string Reason(const std::string& hash);
  std::string Blamed(const std::string& hash);
  // Ends all streams, so that servers can shut down.
  void Stop();
  // Who watches now, and the epoch each has announced.
  std::map<std::string, std::uint64_t> Watchers();

  // Changes what `recipient`, who uploaded `own`, is told that it shares with `counterpart`.
  std::function<void(const std::string& recipient, const std::string& counterpart,
                     const std::set<std::string>& own, std::set<std::string>& tags)>
      lie;
  // Changes what an agency is asked to encode.
  std::function<void(const std::string& agency, std::vector<v1::EncodingTask>& tasks)> ask;
  // Called at the beginning of each call; anything but OK is answered.
  std::function<grpc::Status(const std::string& call, const std::string& agency)> before;

  // Two records, by position among their agencies' records, that meet in a block.
  struct Candidate {
    std::size_t a = 0;
    std::size_t b = 0;
    v1::EncodingTask a_task;
    v1::EncodingTask b_task;
  };
  struct Run {
    v1::RunManifest manifest;
    std::string bytes;
    v1::SignedDocument purpose;
    v1::RunState state = v1::RUN_STATE_EVALUATING;
    std::string reason;
    std::string blamed;
    // Tags by agency and type.
    std::map<std::pair<std::string, std::string>, std::set<std::string>> tags;
    std::map<std::string, std::vector<v1::RecordEntry>> records;
    std::map<std::string, std::set<std::pair<std::string, std::string>>> unconfirmed;
    // Where blocks are linked: by two agencies' places, and by agency in the order of the tasks.
    std::map<std::pair<int, int>, std::vector<Candidate>> candidates;
    std::map<std::string, std::vector<v1::EncodingTask>> tasks;
    std::map<std::string, std::vector<std::string>> encodings;
    std::map<std::string, v1::NullModel> null_models;
    // Each upload's bytes, to tell a retry that sends others.
    std::map<std::string, std::vector<std::string>> encoding_uploads;
    std::map<std::string, std::vector<v1::NodeMatch>> matches;
    // Pair id to agency to reference.
    std::map<std::string, std::map<std::string, v1::PairReference>> references;
    std::map<std::string, v1::Exposure> exposures;
    std::set<std::string> reported;
  };
  Run run(const std::string& hash);
  // Everything that any node ever sent, for looking for what should not be in there.
  std::string received();

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
  // The caller's agency, after `before`.
  grpc::Status Enter(const grpc::ServerContext& context, const std::string& call,
                     std::string& agency);
  Run* FindLocked(const std::string& hash);
  void SetStateLocked(Run& run, v1::RunState state);
  void MatchLocked(Run& run);
  // Where blocks are linked (fake_matcher_blocks.cc).
  void PairLocked(Run& run);
  // Matches by likeness of two agencies: positions of the records to how they agree.
  using Alike = std::map<std::pair<std::size_t, std::size_t>, linkage::CandidatePair>;
  static Alike ScoreLocked(const Run& run, int a, int b);

  const authority::Roster& roster_;
  const crypto::SigningKey& signing_key_;
  const common::CallerResolver* callers_ = nullptr;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Run> runs_;
  std::map<std::string, std::uint64_t> watchers_;
  std::vector<v1::SignedDocument> purposes_;
  std::map<std::string, std::vector<v1::PlanOffer>> plans_;
  std::uint64_t version_ = 0;
  bool stopped_ = false;
  std::string received_;
};

}  // namespace raakvlak::node::testing

#endif  // RAAKVLAK_SERVER_NODE_TESTING_FAKE_MATCHER_H_
