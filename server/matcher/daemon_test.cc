// The daemon over real gRPC and TLS, with fake nodes: a whole run of three agencies, and callers
// who may not.
#include "server/matcher/daemon.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <mutex>
#include <set>
#include <thread>

#include "authority/document_text.h"
#include "authority/key_text.h"
#include "authority/testing/sample.h"
#include "raakvlak/v1/coordination.grpc.pb.h"
#include "raakvlak/v1/submission.grpc.pb.h"
#include "server/common/audit.h"
#include "server/common/roster_access.h"
#include "server/common/testing/temp_dir.h"
#include "server/common/testing/test_certs.h"
#include "server/matcher/submission_service.h"
#include "server/matcher/testing/fake_agency.h"

namespace raakvlak::matcher {
namespace {

using testing::FakeAgency;

std::string RequestId(const std::string& what) { return what + std::string(16, '.'); }

std::unique_ptr<grpc::ClientContext> Context() {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  context->set_wait_for_ready(true);
  return context;
}

class DaemonTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::int64_t now = clock_.UnixSeconds();
    sample_.roster.set_not_after(now + 1'000'000);
    sample_.purpose.set_not_before(now - 1'000'000);
    sample_.purpose.set_not_after(now + 1'000'000);
    auto roster = authority::Roster::Open(sample_.SignedRoster(), std::nullopt);
    ASSERT_TRUE(roster.ok()) << roster.status();
    roster_.emplace(*std::move(roster));
    access_ = std::make_shared<common::SignedRosterAccess>(*roster_);
    options_.host.address = "127.0.0.1:0";
    options_.host.tls = Certificate("uri:raakvlak:matcher");
    options_.host.drain = absl::Seconds(2);
    options_.runs.data_dir = dir_ / "data";
    options_.roster_path = dir_ / "roster.json";
    options_.signing_key_path = dir_ / "matcher.key";
    Write(options_.roster_path, authority::FormatDocument(sample_.SignedRoster()));
    const auto key = authority::FormatSigningKey(sample_.matcher_key[0]);
    Write(options_.signing_key_path, crypto::ToString(key.Reveal(crypto::SecretAccess{})));
  }
  void TearDown() override { StopWatching(); }

  void Write(const std::string& path, std::string_view text) {
    ASSERT_TRUE(common::WriteFileAtomic(fs_, path, text).ok());
  }
  common::TlsFiles Certificate(const std::string& identity) {
    common::testing::LeafSpec spec;
    spec.uris = {identity.substr(std::string("uri:").size())};
    return ca_.IssueTo(dir_ / std::to_string(certificates_++), spec);
  }
  void StartDaemon() {
    auto daemon = MatcherDaemon::Start(options_, "test", fs_, clock_, random_);
    ASSERT_TRUE(daemon.ok()) << daemon.status();
    daemon_ = *std::move(daemon);
  }
  std::shared_ptr<grpc::Channel> Connect(const std::string& identity) {
    return common::MakeChannel("localhost:" + std::to_string(daemon_->port()),
                               Certificate(identity), access_, {common::Role::kMatcher, ""});
  }
  std::unique_ptr<v1::CoordinationService::Stub> Coordinator() {
    return v1::CoordinationService::NewStub(Connect("uri:raakvlak:coordinator"));
  }

  // A node's stream of offers; the newest one is kept.
  struct Watched {
    std::mutex mutex;
    v1::RunOffer newest;
    int offers = 0;
  };
  void Watch(v1::SubmissionService::Stub* stub, Watched* watched) {
    watching_.push_back(std::make_unique<grpc::ClientContext>());
    grpc::ClientContext* context = watching_.back().get();
    watchers_.emplace_back([stub, watched, context] {
      v1::WatchRunsRequest request;
      request.set_epoch(3);
      request.set_normaliser_version("test-1");
      auto reader = stub->WatchRuns(context, request);
      v1::RunOffer offer;
      while (reader->Read(&offer)) {
        std::lock_guard lock(watched->mutex);
        watched->newest = offer;
        ++watched->offers;
      }
      reader->Finish();
    });
  }
  // What is watched into, and by which stub, must live until then.
  void StopWatching() {
    for (auto& context : watching_) context->TryCancel();
    for (std::thread& thread : watchers_) thread.join();
    watchers_.clear();
    watching_.clear();
  }
  static void WaitFor(Watched& watched, v1::RunState state) {
    for (int i = 0; i < 600; ++i) {
      {
        std::lock_guard lock(watched.mutex);
        if (watched.offers > 0 && watched.newest.state() == state) return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    FAIL() << "the run does not get to " << v1::RunState_Name(state);
  }

  common::testing::TempDir dir_;
  common::PosixFileSystem fs_;
  common::SystemClock clock_;
  crypto::SystemRandom random_;
  authority::testing::Sample sample_{3};
  common::testing::TestCa ca_;
  int certificates_ = 0;
  std::optional<authority::Roster> roster_;
  std::shared_ptr<common::SignedRosterAccess> access_;
  MatcherOptions options_;
  std::unique_ptr<MatcherDaemon> daemon_;
  std::vector<std::unique_ptr<grpc::ClientContext>> watching_;
  std::vector<std::thread> watchers_;
};

// What a node does in a run, step by step.
class FakeNode {
 public:
  FakeNode(FakeAgency agency, std::shared_ptr<grpc::Channel> channel)
      : agency_(std::move(agency)), stub_(v1::SubmissionService::NewStub(channel)) {}

  v1::SubmissionService::Stub* stub() { return stub_.get(); }
  const FakeAgency& agency() const { return agency_; }
  void Join(const std::string& manifest) {
    auto parsed = authority::Manifest::Parse(manifest);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    manifest_ = parsed->body();
    hash_ = crypto::ToString(parsed->hash());
  }
  const v1::RunManifest& manifest() const { return manifest_; }
  const std::string& hash() const { return hash_; }

  grpc::Status UploadTags(int type, const std::string& tags, const std::string& request) {
    auto context = Context();
    v1::UploadTagsResponse response;
    auto writer = stub_->UploadTags(context.get(), &response);
    v1::UploadTagsRequest message;
    v1::UploadTagsHeader& header = *message.mutable_header();
    header.set_request_id(RequestId(request));
    header.set_manifest_hash(hash_);
    header.set_identifier_type(manifest_.identifier_types(type));
    header.set_count(tags.size() / 16);
    writer->Write(message);
    message.Clear();
    message.set_tags(tags);
    writer->Write(message);
    writer->WritesDone();
    grpc::Status status = writer->Finish();
    if (status.ok()) {
      EXPECT_EQ(response.count(), tags.size() / 16);
    }
    return status;
  }

  void FetchOverlap(int type, const crypto::VerifyKey& matcher) {
    auto context = Context();
    v1::FetchOverlapRequest request;
    request.set_manifest_hash(hash_);
    request.set_identifier_type(manifest_.identifier_types(type));
    auto reader = stub_->FetchOverlap(context.get(), request);
    v1::OverlapChunk chunk;
    std::map<std::string, std::string> tags;
    int statements = 0;
    while (reader->Read(&chunk)) {
      tags[chunk.counterpart()] += chunk.tags();
      if (!chunk.has_statement()) continue;
      ++statements;
      EXPECT_EQ(chunk.statement().signer(), "matcher");
      EXPECT_TRUE(crypto::VerifySignature(matcher, kOverlapContext,
                                          crypto::AsBytes(chunk.statement().payload()),
                                          crypto::AsBytes(chunk.statement().signature()))
                      .ok());
      v1::OverlapStatement statement;
      ASSERT_TRUE(statement.ParseFromString(chunk.statement().payload()));
      const std::string& all = tags[chunk.counterpart()];
      EXPECT_EQ(statement.recipient(), agency_.id);
      EXPECT_EQ(statement.counterpart(), chunk.counterpart());
      EXPECT_EQ(statement.manifest_hash(), hash_);
      EXPECT_EQ(statement.count(), all.size() / 16);
      EXPECT_EQ(statement.tags_digest(), crypto::ToString(crypto::Sha512(crypto::AsBytes(all))));
    }
    const grpc::Status status = reader->Finish();
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(statements, manifest_.agencies_size() - 1);
    for (int c = 0; c < manifest_.agencies_size(); ++c) {
      const std::string& all = tags[manifest_.agencies(c)];
      for (std::size_t i = 0; i < all.size(); i += 16) {
        shared_[type][all.substr(i, 16)] |= std::uint32_t{1} << c;
      }
    }
  }

  grpc::Status UploadRecords(const std::vector<v1::RecordEntry>& entries,
                             const std::string& request) {
    auto context = Context();
    v1::UploadRecordsResponse response;
    auto writer = stub_->UploadRecords(context.get(), &response);
    v1::UploadRecordsRequest message;
    v1::UploadRecordsHeader& header = *message.mutable_header();
    header.set_request_id(RequestId(request));
    header.set_manifest_hash(hash_);
    header.set_count(entries.size());
    for (const v1::RecordEntry& entry : entries) *message.add_records() = entry;
    writer->Write(message);
    writer->WritesDone();
    return writer->Finish();
  }
  std::vector<v1::RecordEntry> Records() const { return agency_.RecordsWith(shared_); }

  // Fetches the matches and reports their references; disputes `dispute` of those with agency-b.
  void Resolve(int dispute) {
    auto context = Context();
    v1::FetchMatchesRequest request;
    request.set_manifest_hash(hash_);
    auto reader = stub_->FetchMatches(context.get(), request);
    v1::MatchChunk chunk;
    v1::ReportReferencesRequest report;
    report.set_manifest_hash(hash_);
    report.set_request_id(RequestId("refs"));
    std::set<std::string> handles;
    for (const v1::RecordEntry& entry : Records()) handles.insert(entry.handle());
    while (reader->Read(&chunk)) {
      for (const v1::NodeMatch& match : chunk.matches()) {
        ++matches;
        EXPECT_TRUE(handles.contains(match.handle()));
        EXPECT_NE(match.counterpart(), agency_.id);
        EXPECT_EQ(match.strength(), v1::MATCH_STRENGTH_HARD);
        EXPECT_EQ(match.agreed_types_size(), 1);
        EXPECT_EQ(match.agreed_tags_size(), 1);
        v1::PairReference& reference = *report.add_references();
        reference.set_pair_id(match.pair_id());
        reference.set_accepted(!(match.counterpart() == "agency-b" && dispute-- > 0));
        reference.set_reference(
            testing::ReferenceOf(agency_.id, match.counterpart(), match.agreed_tags(0)));
      }
    }
    ASSERT_TRUE(reader->Finish().ok());
    auto reporting = Context();
    v1::ReportReferencesResponse response;
    auto writer = stub_->ReportReferences(reporting.get(), &response);
    writer->Write(report);
    writer->WritesDone();
    const grpc::Status status = writer->Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
  }
  int matches = 0;

 private:
  FakeAgency agency_;
  std::unique_ptr<v1::SubmissionService::Stub> stub_;
  v1::RunManifest manifest_;
  std::string hash_;
  FakeAgency::Shared shared_;
};

// A and B share twelve accounts, A and C eleven companies, B and C three accounts; others are
// alone.
std::vector<FakeAgency> ThreeAgencies() {
  std::vector<FakeAgency> agencies = {{"agency-a", {}}, {"agency-b", {}}, {"agency-c", {}}};
  for (int i = 0; i < 12; ++i) {
    agencies[0].records.push_back({{0, i}});
    agencies[1].records.push_back({{0, i}});
  }
  for (int i = 0; i < 11; ++i) {
    agencies[0].records.push_back({{1, 100 + i}});
    agencies[2].records.push_back({{1, 100 + i}});
  }
  for (int i = 0; i < 3; ++i) {
    agencies[1].records.push_back({{0, 200 + i}});
    agencies[2].records.push_back({{0, 200 + i}});
  }
  for (int a = 0; a < 3; ++a) {
    for (int i = 0; i < 50; ++i) {
      agencies[static_cast<std::size_t>(a)].records.push_back(
          {{0, 1000 * (a + 1) + i}, {1, 1000 * (a + 1) + i}});
    }
  }
  return agencies;
}

TEST_F(DaemonTest, AWholeRunOfThreeAgencies) {
  StartDaemon();
  auto coordinator = Coordinator();
  {
    auto context = Context();
    v1::RegisterPurposeRequest request;
    request.set_request_id(RequestId("purpose"));
    *request.mutable_purpose() = sample_.SignedPurpose();
    v1::RegisterPurposeResponse response;
    const grpc::Status status = coordinator->RegisterPurpose(context.get(), request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.purpose_id(), "harbour");
  }
  std::vector<std::unique_ptr<FakeNode>> nodes;
  std::vector<std::unique_ptr<Watched>> watched;
  for (FakeAgency& agency : ThreeAgencies()) {
    const std::string identity = "uri:raakvlak:node:" + agency.id;
    nodes.push_back(std::make_unique<FakeNode>(std::move(agency), Connect(identity)));
    watched.push_back(std::make_unique<Watched>());
    Watch(nodes.back()->stub(), watched.back().get());
  }
  v1::StartRunRequest start;
  start.set_request_id(RequestId("start"));
  start.set_purpose_id("harbour");
  v1::StartRunResponse started;
  grpc::Status status;
  // The nodes connect in their own time.
  for (int i = 0; i < 200; ++i) {
    auto context = Context();
    status = coordinator->StartRun(context.get(), start, &started);
    if (status.ok()) {
      auto get = Context();
      v1::GetRunRequest request;
      request.set_run_id(started.run_id());
      v1::RunSummary summary;
      ASSERT_TRUE(coordinator->GetRun(get.get(), request, &summary).ok());
      if (summary.progress_size() == 3) break;
      // Started without the slowest: cancelled, and once more.
      auto cancel = Context();
      v1::CancelRunRequest stop;
      stop.set_request_id(RequestId("cancel" + std::to_string(i)));
      stop.set_run_id(started.run_id());
      v1::CancelRunResponse stopped;
      ASSERT_TRUE(coordinator->CancelRun(cancel.get(), stop, &stopped).ok());
      start.set_request_id(RequestId("start" + std::to_string(i)));
    }
    EXPECT_TRUE(status.ok() || status.error_code() == grpc::StatusCode::FAILED_PRECONDITION)
        << status.error_message();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  ASSERT_TRUE(status.ok()) << status.error_message();
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_NO_FATAL_FAILURE(WaitFor(*watched[i], v1::RUN_STATE_EVALUATING));
    nodes[i]->Join(watched[i]->newest.manifest());
    ASSERT_EQ(nodes[i]->manifest().agencies_size(), 3);
    EXPECT_EQ(nodes[i]->manifest().epoch(), 3U);
    // As a node checks it.
    auto purpose = authority::Purpose::Open(watched[i]->newest.purpose(), *roster_);
    ASSERT_TRUE(purpose.ok());
    EXPECT_TRUE(authority::Manifest::Parse(watched[i]->newest.manifest())
                    ->CheckCoveredBy(*roster_, *purpose)
                    .ok());
  }
  // A hostile set is refused, names the node, and leaves the way free for the true one.
  status = nodes[0]->UploadTags(0, std::string(32, 'x'), "hostile");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_NE(status.error_message().find("agency-a"), std::string::npos);
  for (auto& node : nodes) {
    for (int type : {0, 1}) {
      const std::string request = "tags" + std::to_string(type);
      status = node->UploadTags(type, node->agency().TagSet(type), request);
      ASSERT_TRUE(status.ok()) << status.error_message();
    }
  }
  // A retry of the last has the same answer, though the run has moved on.
  EXPECT_TRUE(nodes[2]->UploadTags(1, nodes[2]->agency().TagSet(1), "tags1").ok());
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_NO_FATAL_FAILURE(WaitFor(*watched[i], v1::RUN_STATE_CONFIRMING));
    for (int type : {0, 1}) nodes[i]->FetchOverlap(type, roster_->MatcherKey());
  }
  // A record that claims what nobody shares.
  std::vector<v1::RecordEntry> lie = nodes[1]->Records();
  lie[0].mutable_shared(0)->set_counterparts(0b101);
  status = nodes[1]->UploadRecords(lie, "lie");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_NE(status.error_message().find("agency-b"), std::string::npos);
  for (auto& node : nodes) {
    status = node->UploadRecords(node->Records(), "records");
    ASSERT_TRUE(status.ok()) << status.error_message();
  }
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_NO_FATAL_FAILURE(WaitFor(*watched[i], v1::RUN_STATE_REFERENCING));
    nodes[i]->Resolve(i == 0 ? 1 : 0);
  }
  EXPECT_EQ(nodes[0]->matches, 23);
  EXPECT_EQ(nodes[1]->matches, 15);
  EXPECT_EQ(nodes[2]->matches, 14);

  v1::GetRunRequest get;
  get.set_run_id(started.run_id());
  {
    auto context = Context();
    auto reader = coordinator->WatchRun(context.get(), get);
    v1::RunSummary summary;
    while (reader->Read(&summary)) {
    }
    EXPECT_TRUE(reader->Finish().ok());
    EXPECT_EQ(summary.state(), v1::RUN_STATE_DONE) << summary.reason();
  }
  auto context = Context();
  v1::GetReportRequest ask;
  ask.set_run_id(started.run_id());
  auto reader = coordinator->GetReport(context.get(), ask);
  v1::ReportChunk chunk;
  v1::ReportHeader header;
  std::vector<v1::ReportMatch> matches;
  while (reader->Read(&chunk)) {
    if (chunk.has_header()) header = chunk.header();
    matches.insert(matches.end(), chunk.matches().begin(), chunk.matches().end());
  }
  ASSERT_TRUE(reader->Finish().ok());
  EXPECT_EQ(header.run().state(), v1::RUN_STATE_DONE);
  EXPECT_EQ(header.parties_size(), 3);
  EXPECT_EQ(header.legal_basis(), sample_.purpose.legal_basis());
  ASSERT_EQ(header.cells_size(), 3);
  // Twelve less the one that agency-a disputed.
  EXPECT_EQ(header.cells(0).count(), 11U);
  EXPECT_EQ(header.cells(1).count(), 11U);
  EXPECT_TRUE(header.cells(2).suppressed());
  EXPECT_EQ(header.cells(2).count(), 0U);
  ASSERT_EQ(header.warnings_size(), 1);
  EXPECT_NE(header.warnings(0).find("agency-a and agency-b"), std::string::npos);
  EXPECT_EQ(header.groups_size(), 2);
  ASSERT_EQ(matches.size(), 22U);
  std::set<std::string> references;
  for (const v1::ReportMatch& match : matches) {
    references.insert(match.reference());
    EXPECT_EQ(match.first_agency(), "agency-a");
    EXPECT_EQ(match.agreed_types(0), match.second_agency() == "agency-b" ? "iban" : "kvk");
    EXPECT_GT(match.first_seen(), 0);
  }
  for (int i = 0; i < 11; ++i) {
    EXPECT_TRUE(references.contains(
        testing::ReferenceOf("agency-a", "agency-c", testing::TagOf(1, 100 + i))));
  }
  for (int i = 0; i < 200 && !std::filesystem::is_empty(dir_ / "data/runs"); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_TRUE(std::filesystem::is_empty(dir_ / "data/runs"));
  StopWatching();
  daemon_.reset();
  EXPECT_TRUE(common::VerifyAuditLog(fs_, dir_ / "data/audit.jsonl").ok());
}

TEST_F(DaemonTest, ARunWithoutAnAgencySaysWhichAndWhy) {
  StartDaemon();
  auto coordinator = Coordinator();
  {
    auto context = Context();
    v1::RegisterPurposeRequest request;
    request.set_request_id(RequestId("purpose"));
    *request.mutable_purpose() = sample_.SignedPurpose();
    v1::RegisterPurposeResponse response;
    ASSERT_TRUE(coordinator->RegisterPurpose(context.get(), request, &response).ok());
  }
  std::vector<std::unique_ptr<FakeNode>> nodes;
  std::vector<std::unique_ptr<Watched>> watched;
  for (const char* agency : {"agency-a", "agency-c"}) {
    nodes.push_back(std::make_unique<FakeNode>(
        FakeAgency{agency, {}}, Connect(std::string("uri:raakvlak:node:") + agency)));
    watched.push_back(std::make_unique<Watched>());
    Watch(nodes.back()->stub(), watched.back().get());
  }
  v1::StartRunRequest start;
  start.set_request_id(RequestId("start"));
  start.set_purpose_id("harbour");
  v1::StartRunResponse started;
  grpc::Status status;
  // The nodes connect in their own time; with fewer than two it does not start.
  for (int i = 0; i < 200 && started.run_id().empty(); ++i) {
    auto context = Context();
    status = coordinator->StartRun(context.get(), start, &started);
    if (!status.ok()) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  ASSERT_TRUE(status.ok()) << status.error_message();
  v1::GetRunRequest request;
  request.set_run_id(started.run_id());
  v1::RunSummary shown;
  auto get = Context();
  ASSERT_TRUE(coordinator->GetRun(get.get(), request, &shown).ok());
  v1::RunSummary seen;
  auto watch = Context();
  auto reader = coordinator->WatchRun(watch.get(), request);
  ASSERT_TRUE(reader->Read(&seen));
  watch->TryCancel();
  for (const v1::RunSummary& summary : {shown, seen}) {
    ASSERT_EQ(summary.left_out_size(), 1);
    EXPECT_EQ(summary.left_out(0).agency_id(), "agency-b");
    EXPECT_EQ(summary.left_out(0).after_attempt(), 0U);
    EXPECT_EQ(summary.left_out(0).reason(), "it was not connected when the run started");
  }
  StopWatching();
}

TEST_F(DaemonTest, RolesAreKeptApart) {
  StartDaemon();
  v1::ListRunsRequest list;
  v1::ListRunsResponse runs;
  v1::ReportProgressRequest progress;
  v1::ReportProgressResponse done;
  for (const char* identity :
       {"uri:raakvlak:node:agency-a", "uri:raakvlak:steward:agency-a", "uri:raakvlak:stranger"}) {
    auto context = Context();
    EXPECT_EQ(v1::CoordinationService::NewStub(Connect(identity))
                  ->ListRuns(context.get(), list, &runs)
                  .error_code(),
              grpc::StatusCode::PERMISSION_DENIED)
        << identity;
  }
  auto context = Context();
  EXPECT_EQ(v1::SubmissionService::NewStub(Connect("uri:raakvlak:coordinator"))
                ->ReportProgress(context.get(), progress, &done)
                .error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
  auto allowed = Context();
  EXPECT_TRUE(Coordinator()->ListRuns(allowed.get(), list, &runs).ok());
  auto info = Context();
  v1::ProgramInfo program;
  EXPECT_TRUE(Coordinator()->GetInfo(info.get(), {}, &program).ok());
  EXPECT_EQ(program.program(), "raakvlak-matcher");
  EXPECT_EQ(program.backend(), "");
}

TEST_F(DaemonTest, RefusesToStartWithWhatDoesNotFit) {
  auto refused = [&](const MatcherOptions& options) {
    const absl::Status status = CheckMatcher(options, fs_, clock_);
    EXPECT_FALSE(status.ok());
    return std::string(status.message());
  };
  EXPECT_TRUE(CheckMatcher(options_, fs_, clock_).ok());
  MatcherOptions other = options_;
  other.host.tls = Certificate("uri:raakvlak:node:agency-a");
  EXPECT_NE(refused(other).find("identity"), std::string::npos);
  other = options_;
  other.signing_key_path = dir_ / "other.key";
  const auto key = authority::FormatSigningKey(sample_.officers[0]);
  Write(other.signing_key_path, crypto::ToString(key.Reveal(crypto::SecretAccess{})));
  EXPECT_NE(refused(other).find("other.key"), std::string::npos);
  other = options_;
  other.roster_path = dir_ / "nowhere.json";
  EXPECT_NE(refused(other).find("nowhere.json"), std::string::npos);
  Write(dir_ / "bad.json", "{}");
  other.roster_path = dir_ / "bad.json";
  EXPECT_NE(refused(other).find("bad.json"), std::string::npos);
}

TEST(MatcherOptionsTest, TheSampleIsGoodAndMistakesAreNamed) {
  auto sample = LoadMatcherOptions(RAAKVLAK_SOURCE_DIR "/deploy/matcher.toml");
  ASSERT_TRUE(sample.ok()) << sample.status();
  EXPECT_EQ(sample->schedule.size(), 1U);
  EXPECT_EQ(sample->runs.run_timeout, absl::Hours(2));
  common::testing::TempDir dir;
  common::PosixFileSystem fs;
  ASSERT_TRUE(common::WriteFileAtomic(fs, dir / "m.toml",
                                      "data_dir = \"d\"\nroster = \"r\"\nsigning_key = \"k\"\n"
                                      "lissten = \"x\"\n[tls]\nca = \"a\"\ncert = \"b\"\n"
                                      "[[schedule]]\npurpose = \"p\"\ntime = \"25:00\"\n")
                  .ok());
  const absl::Status status = LoadMatcherOptions(dir / "m.toml").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  for (const char* part : {"lissten", "key", "time must"}) {
    EXPECT_NE(status.message().find(part), absl::string_view::npos) << part << "\n" << status;
  }
}

}  // namespace
}  // namespace raakvlak::matcher
