// Real TLS in one process: who gets through to a service, who does not, and how it stops.
#include "server/common/service_host.h"

#include <gmock/gmock.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "raakvlak/v1/coordination.grpc.pb.h"
#include "server/common/fs.h"
#include "server/common/grpc_status.h"
#include "server/common/testing/temp_dir.h"
#include "server/common/testing/test_certs.h"

namespace raakvlak::common {
namespace {

using ::testing::HasSubstr;
using testing::TempDir;
using testing::TestCa;

// Before gRPC starts a thread.
const bool kSignalsBlocked = [] {
  BlockShutdownSignals();
  return true;
}();

const std::string kService = v1::CoordinationService::service_full_name();

class Coordination : public v1::CoordinationService::Service {
 public:
  grpc::Status GetInfo(grpc::ServerContext* context, const v1::GetMatcherInfoRequest*,
                       v1::ProgramInfo* info) override {
    const absl::StatusOr<Caller> caller = callers->CallerOf(*context);
    if (!caller.ok()) return ToGrpc(caller.status());
    info->set_program(std::string(RoleName(caller->role)) + " " + caller->agency_id + " " +
                      caller->identity);
    return grpc::Status::OK;
  }
  // Streams until it is cancelled.
  grpc::Status WatchRun(grpc::ServerContext* context, const v1::GetRunRequest*,
                        grpc::ServerWriter<v1::RunSummary>* writer) override {
    writer->Write(v1::RunSummary());
    watching = true;
    while (!context->IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    watching = false;
    return grpc::Status::CANCELLED;
  }
  const CallerResolver* callers = nullptr;
  std::atomic<bool> watching = false;
};

class RecordingAudit : public AuditSink {
 public:
  absl::Status Append(const AuditEntry& entry) override {
    std::lock_guard lock(mutex);
    entries.push_back(entry);
    return absl::OkStatus();
  }
  std::mutex mutex;
  std::vector<AuditEntry> entries;
};

class ServiceHostTest : public ::testing::Test {
 protected:
  static std::map<std::string, Caller> Callers() {
    return {{"uri:urn:matcher", {Role::kMatcher, "", ""}},
            {"uri:urn:node-b", {Role::kNode, "b", ""}},
            {"uri:urn:coordinator", {Role::kCoordinator, "", ""}},
            {"uri:urn:steward-a", {Role::kSteward, "a", ""}}};
  }
  TlsFiles Files(const std::string& uri) { return ca_.IssueTo(dir_ / uri, {.uris = {uri}}); }

  // For every method a coordinator may call.
  std::shared_ptr<AccessGate> Gate() {
    std::vector<MethodAccess> table;
    for (const char* name : {"StartRun", "ListRuns", "GetRun", "WatchRun", "CancelRun", "GetReport",
                             "RegisterPurpose", "ListPurposes", "GetInfo"}) {
      table.push_back({"/" + kService + "/" + name, {Role::kCoordinator}});
    }
    auto gate = AccessGate::Create(table, std::vector{kService}, *roster_, audit_);
    EXPECT_TRUE(gate.ok()) << gate.status();
    return *gate;
  }
  absl::StatusOr<std::unique_ptr<ServiceHost>> Start(const ServiceHostOptions& options) {
    auto gate = Gate();
    service_.callers = gate.get();
    gate_ = gate;
    return ServiceHost::Start(options, {{kService, &service_}}, gate, metrics_, clock_);
  }
  ServiceHostOptions Options(const std::string& uri = "urn:matcher") {
    return {.address = "127.0.0.1:0",
            .metrics_address = "",
            .tls = Files(uri),
            .drain = absl::Milliseconds(300)};
  }
  std::unique_ptr<ServiceHost> MustStart(const ServiceHostOptions& options) {
    auto host = Start(options);
    EXPECT_TRUE(host.ok()) << host.status();
    return host.ok() ? *std::move(host) : nullptr;
  }
  std::shared_ptr<grpc::Channel> Channel(const ServiceHost& host, const TlsFiles& files,
                                         const ExpectedPeer& peer = {Role::kMatcher, ""},
                                         const std::string& name = "localhost",
                                         bool check_host_name = true) {
    return MakeChannel(name + ":" + std::to_string(host.port()), files, roster_, peer,
                       {.check_host_name = check_host_name});
  }
  static grpc::Status GetInfo(const std::shared_ptr<grpc::Channel>& channel,
                              v1::ProgramInfo* info = nullptr) {
    v1::ProgramInfo unused;
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    return v1::CoordinationService::NewStub(channel)->GetInfo(&context, {}, info ? info : &unused);
  }

  TempDir dir_;
  TestCa ca_;
  SystemClock clock_;
  Metrics metrics_;
  RecordingAudit audit_;
  std::shared_ptr<const RosterAccess> roster_ = std::make_shared<StaticRosterAccess>(Callers());
  Coordination service_;
  std::shared_ptr<AccessGate> gate_;
};

TEST_F(ServiceHostTest, ServesTheRightCertificate) {
  ServiceHostOptions options = Options();
  options.metrics_address = "127.0.0.1:0";
  auto host = MustStart(options);
  v1::ProgramInfo info;
  const grpc::Status status = GetInfo(Channel(*host, Files("urn:coordinator")), &info);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(info.program(), "coordinator  uri:urn:coordinator");
  EXPECT_TRUE(audit_.entries.empty());
  EXPECT_GT(host->metrics_port(), 0);
}

TEST_F(ServiceHostTest, RefusesAndAuditsAWrongRole) {
  auto host = MustStart(Options());
  const grpc::Status status = GetInfo(Channel(*host, Files("urn:steward-a")));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED) << status.error_message();
  ASSERT_EQ(audit_.entries.size(), 1u);
  EXPECT_EQ(audit_.entries[0].actor, "uri:urn:steward-a");
  EXPECT_EQ(audit_.entries[0].fields[0].second, "/" + kService + "/GetInfo");
}

TEST_F(ServiceHostTest, RefusesAndAuditsACertificateThatIsNotOnTheRoster) {
  auto host = MustStart(Options());
  const grpc::Status status = GetInfo(Channel(*host, Files("urn:stranger")));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED) << status.error_message();
  ASSERT_EQ(audit_.entries.size(), 1u);
  EXPECT_EQ(audit_.entries[0].actor, "uri:urn:stranger");
}

TEST_F(ServiceHostTest, RefusesAnotherCa) {
  auto host = MustStart(Options());
  const TestCa other("Other CA");
  TlsFiles files = other.IssueTo(dir_ / "forged", {.uris = {"urn:coordinator"}});
  files.ca = dir_ / "urn:matcher/ca.pem";  // the client trusts our server all the same
  EXPECT_EQ(GetInfo(Channel(*host, files)).error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(ServiceHostTest, RefusesNoCertificateAndNoTls) {
  auto host = MustStart(Options());
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = ca_.cert_pem();
  const std::string address = "localhost:" + std::to_string(host->port());
  EXPECT_EQ(GetInfo(grpc::CreateChannel(address, grpc::SslCredentials(options))).error_code(),
            grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(GetInfo(grpc::CreateChannel(address, grpc::InsecureChannelCredentials())).error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

TEST_F(ServiceHostTest, AClientHoldsThePeerToTheRoster) {
  // The server has a good certificate of the CA, but it is node b's.
  auto host = MustStart(Options("urn:node-b"));
  const TlsFiles files = Files("urn:coordinator");
  EXPECT_TRUE(GetInfo(Channel(*host, files, {Role::kNode, "b"})).ok());
  for (const ExpectedPeer& peer : {ExpectedPeer{Role::kMatcher, ""}, ExpectedPeer{Role::kNode, "c"},
                                   ExpectedPeer{Role::kSteward, "b"}}) {
    const grpc::Status status = GetInfo(Channel(*host, files, peer));
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << status.error_message();
  }
  host.reset();
  auto stranger = MustStart(Options("urn:stranger"));
  EXPECT_EQ(GetInfo(Channel(*stranger, files, {Role::kNode, "b"})).error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

TEST_F(ServiceHostTest, AClientChecksTheHostNameUnlessToldNotTo) {
  ServiceHostOptions options = Options();
  options.tls = ca_.IssueTo(dir_ / "elsewhere",
                            {.uris = {"urn:matcher"}, .dns = {"matcher.example"}, .ips = {}});
  auto host = MustStart(options);
  const TlsFiles files = Files("urn:coordinator");
  EXPECT_EQ(GetInfo(Channel(*host, files)).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(GetInfo(Channel(*host, files, {Role::kMatcher, ""}, "localhost", false)).ok());
  auto other = MustStart(Options());
  EXPECT_TRUE(GetInfo(Channel(*other, files, {Role::kMatcher, ""}, "127.0.0.1")).ok());
}

TEST_F(ServiceHostTest, HealthAnswersEveryoneOnTheRosterAndNobodyElse) {
  auto host = MustStart(Options());
  const auto check = [&](const std::string& uri) {
    // The health messages are not ours; the empty request asks for the whole server.
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    v1::GetMatcherInfoRequest request;
    v1::GetMatcherInfoRequest response;
    const auto channel = Channel(*host, Files(uri));
    const grpc::internal::RpcMethod method("/grpc.health.v1.Health/Check",
                                           grpc::internal::RpcMethod::NORMAL_RPC);
    return grpc::internal::BlockingUnaryCall<v1::GetMatcherInfoRequest, v1::GetMatcherInfoRequest,
                                             google::protobuf::MessageLite,
                                             google::protobuf::MessageLite>(
        channel.get(), method, &context, request, &response);
  };
  EXPECT_TRUE(check("urn:steward-a").ok());
  EXPECT_EQ(check("urn:stranger").error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(ServiceHostTest, StopsOnSigtermAndEndsStreamsAtTheDeadline) {
  ASSERT_TRUE(kSignalsBlocked);
  auto host = MustStart(Options());
  const auto channel = Channel(*host, Files("urn:coordinator"));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  auto stub = v1::CoordinationService::NewStub(channel);
  auto stream = stub->WatchRun(&context, {});
  v1::RunSummary summary;
  ASSERT_TRUE(stream->Read(&summary));
  bool drained = false;
  kill(getpid(), SIGTERM);
  EXPECT_EQ(host->Run([&] { drained = true; }), 0);
  EXPECT_TRUE(drained);
  EXPECT_FALSE(service_.watching);
  EXPECT_FALSE(stream->Read(&summary));
  EXPECT_FALSE(stream->Finish().ok());
  EXPECT_FALSE(GetInfo(channel).ok());
}

TEST_F(ServiceHostTest, StopsOnRequest) {
  auto host = MustStart(Options());
  std::thread stopper([&] { host->RequestStop(); });
  EXPECT_EQ(host->Run(), 0);
  stopper.join();
  host->Shutdown();
}

TEST_F(ServiceHostTest, TwoHostsDoNotShareAPort) {
  auto host = MustStart(Options());
  ServiceHostOptions options = Options();
  options.address = "127.0.0.1:" + std::to_string(host->port());
  EXPECT_EQ(Start(options).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(ServiceHostTest, AGateMadeForOtherServicesAbortsStartUp) {
  const auto host = ServiceHost::Start(Options(), {}, Gate(), metrics_, clock_);
  EXPECT_EQ(host.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(host.status().message()), HasSubstr(kService));
}

TEST_F(ServiceHostTest, BadTlsFilesAbortStartUpAndSayWhy) {
  PosixFileSystem fs;
  const auto expect = [&](const TlsFiles& files, const std::string& why) {
    const auto own = CheckTlsFiles(files, clock_);
    EXPECT_EQ(own.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(own.status().message()), HasSubstr(why));
    ServiceHostOptions options = Options();
    options.tls = files;
    EXPECT_FALSE(Start(options).ok());
  };
  const TlsFiles good = Files("urn:good");
  const auto own = CheckTlsFiles(good, clock_);
  ASSERT_TRUE(own.ok()) << own.status();
  EXPECT_THAT(own->identities, ::testing::ElementsAre("uri:urn:good"));
  EXPECT_GT(own->not_after, clock_.Now());

  expect({good.ca, dir_ / "none", good.key}, "No such file");
  expect({"", good.cert, good.key}, "no file is configured");
  expect({good.key, good.cert, good.key}, "no CA certificate");
  expect({good.ca, good.key, good.key}, "no certificate in PEM form");
  expect({good.ca, good.cert, good.ca}, "no unencrypted private key");
  expect({good.ca, good.cert, Files("urn:other").key}, "does not belong");
  expect(ca_.IssueTo(dir_ / "old", {.uris = {"urn:x"}, .valid_from = -absl::Hours(48)}), "not now");
  expect(ca_.IssueTo(dir_ / "early", {.uris = {"urn:x"}, .valid_from = absl::Hours(2)}), "not now");
  expect(ca_.IssueTo(dir_ / "nameless", {}), "no roster can know it");
  ASSERT_EQ(chmod(good.key.c_str(), 0644), 0);
  expect(good, "chmod 600");
}

}  // namespace
}  // namespace raakvlak::common
