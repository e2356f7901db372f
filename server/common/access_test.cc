#include "server/common/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "raakvlak/v1/evaluation.grpc.pb.h"
#include "raakvlak/v1/submission.grpc.pb.h"
#include "server/common/grpc_status.h"
#include "server/common/identity.h"
#include "server/common/testing/test_certs.h"

namespace raakvlak::common {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TestCa;

class RecordingAudit : public AuditSink {
 public:
  absl::Status Append(const AuditEntry& entry) override {
    entries.push_back(entry);
    return result;
  }
  std::vector<AuditEntry> entries;
  absl::Status result;
};

const std::string kService = v1::EvaluationService::service_full_name();

std::string Method(const std::string& name) { return "/" + kService + "/" + name; }

std::vector<MethodAccess> FullTable() {
  return {{Method("OpenRun"), {Role::kNode}},
          {Method("RevealRun"), {Role::kNode}},
          {Method("Evaluate"), {Role::kNode}},
          {Method("ConfirmOverlap"), {Role::kNode, Role::kSteward}}};
}

class AccessTest : public ::testing::Test {
 protected:
  absl::Status TryTable(const std::vector<MethodAccess>& table) {
    return AccessGate::Create(table, std::vector{kService}, roster_, audit_).status();
  }
  StaticRosterAccess roster_{{{"uri:node-a", {Role::kNode, "a", ""}},
                              {"oin:00000001", {Role::kNode, "a", ""}},
                              {"uri:node-b", {Role::kNode, "b", ""}},
                              {"uri:steward-a", {Role::kSteward, "a", ""}}}};
  RecordingAudit audit_;
  // As in every host: with the service its description is linked in, too.
  v1::EvaluationService::Service service_;
};

TEST_F(AccessTest, TableAndServicesMustAgree) {
  EXPECT_TRUE(TryTable(FullTable()).ok());
  std::vector<MethodAccess> table = FullTable();
  table.pop_back();
  EXPECT_THAT(std::string(TryTable(table).message()), HasSubstr("ConfirmOverlap"));
  table = FullTable();
  table.push_back({Method("OpenRum"), {Role::kNode}});
  EXPECT_THAT(std::string(TryTable(table).message()), HasSubstr("OpenRum"));
  table = FullTable();
  table.push_back({"/" + std::string(v1::SubmissionService::service_full_name()) + "/WatchRuns",
                   {Role::kNode}});
  EXPECT_THAT(std::string(TryTable(table).message()), HasSubstr("WatchRuns"));
  table = FullTable();
  table.push_back(table.front());
  EXPECT_THAT(std::string(TryTable(table).message()), HasSubstr("twice"));
  EXPECT_FALSE(AccessGate::Create(FullTable(), std::vector<std::string>{"raakvlak.v1.Nothing"},
                                  roster_, audit_)
                   .ok());
}

TEST_F(AccessTest, DecidesByRosterAndTableAndAuditsWhatItRefuses) {
  auto gate = *AccessGate::Create(FullTable(), std::vector{kService}, roster_, audit_);
  using Names = std::vector<std::string>;
  const auto node = gate->Decide(Method("OpenRun"), Names{"uri:other", "oin:00000001"});
  ASSERT_TRUE(node.ok());
  EXPECT_EQ(*node, (Caller{Role::kNode, "a", "oin:00000001"}));
  EXPECT_TRUE(gate->Decide(Method("ConfirmOverlap"), Names{"uri:steward-a"}).ok());
  EXPECT_TRUE(gate->Decide("/grpc.health.v1.Health/Check", Names{"uri:steward-a"}).ok());
  EXPECT_TRUE(audit_.entries.empty());

  const auto expect_refused = [&](const std::string& method,
                                  const absl::StatusOr<Names>& identities,
                                  const std::string& reason) {
    audit_.entries.clear();
    const auto caller = gate->Decide(method, identities);
    EXPECT_EQ(caller.status().code(), absl::StatusCode::kPermissionDenied);
    EXPECT_EQ(caller.status().message(), "this certificate may not make this call");
    ASSERT_EQ(audit_.entries.size(), 1u);
    EXPECT_EQ(audit_.entries[0].event, "call.refused");
    EXPECT_THAT(audit_.entries[0].fields, ElementsAre(std::pair{std::string("method"), method},
                                                      std::pair{std::string("reason"), reason}));
    if (identities.ok() && !identities->empty()) {
      EXPECT_THAT(audit_.entries[0].actor, HasSubstr(identities->front()));
    }
  };
  expect_refused(Method("OpenRun"), Names{"uri:steward-a"}, "a steward may not call it");
  expect_refused(Method("OpenRun"), Names{"uri:stranger"}, "not on the roster");
  expect_refused(Method("OpenRun"), Names{}, "not on the roster");
  expect_refused("/grpc.health.v1.Health/Check", Names{"uri:stranger"}, "not on the roster");
  expect_refused(Method("Nothing"), Names{"uri:node-a"}, "no such method");
  expect_refused("", Names{"uri:node-a"}, "no such method");
  expect_refused(Method("OpenRun"), Names{"uri:node-a", "uri:node-b"},
                 "the certificate stands for several callers");
  expect_refused(Method("OpenRun"), absl::UnauthenticatedError("no certificate"), "no certificate");

  audit_.result = absl::UnavailableError("the disk is full");
  expect_refused(Method("OpenRun"), Names{"uri:stranger"}, "not on the roster");
}

TEST(IdentityTest, TakesUriNamesAndTheSubjectsSerialNumberOnly) {
  TestCa ca;
  const auto names = IdentitiesOfPem(ca.Issue({.uris = {"urn:raakvlak:a:node", "spiffe://x/y"},
                                               .serial_number = "00000001003214345000"})
                                         .cert);
  ASSERT_TRUE(names.ok());
  EXPECT_THAT(*names, ElementsAre("uri:urn:raakvlak:a:node", "uri:spiffe://x/y",
                                  "oin:00000001003214345000"));
  EXPECT_TRUE(IdentitiesOfPem(ca.Issue({}).cert)->empty());
  EXPECT_FALSE(IdentitiesOfPem("nonsense").ok());
  EXPECT_FALSE(IdentitiesOfPem("").ok());
  EXPECT_FALSE(IdentitiesOfPem(ca.Issue({.uris = {"urn:a b"}}).cert).ok());
  EXPECT_FALSE(IdentitiesOfPem(ca.Issue({.uris = {"urn:\x7f"}}).cert).ok());
}

// A connection's context without a connection.
class CertifiedContext : public grpc::AuthContext {
 public:
  explicit CertifiedContext(std::string pem) : pem_(std::move(pem)) {}
  bool IsPeerAuthenticated() const override { return !pem_.empty(); }
  std::vector<grpc::string_ref> FindPropertyValues(const grpc::string& name) const override {
    if (name != "x509_pem_cert" || pem_.empty()) return {};
    return {grpc::string_ref(pem_.data(), pem_.size())};
  }
  std::vector<grpc::string_ref> GetPeerIdentity() const override { return {}; }
  std::string GetPeerIdentityPropertyName() const override { return {}; }
  grpc::AuthPropertyIterator begin() const override { return NoProperties(); }
  grpc::AuthPropertyIterator end() const override { return NoProperties(); }
  void AddProperty(const std::string&, const grpc::string_ref&) override {}
  bool SetPeerIdentityPropertyName(const std::string&) override { return false; }

 private:
  struct NoProperties : grpc::AuthPropertyIterator {};
  const std::string pem_;
};

TEST(IdentityTest, PeersAreRememberedEachWithTheirOwnNames) {
  TestCa ca;
  const std::string first = ca.Issue({.uris = {"urn:a"}}).cert;
  const std::string second = ca.Issue({.uris = {"urn:b"}}).cert;
  PeerIdentities peers;
  for (int round = 0; round < 2; ++round) {
    EXPECT_THAT(*peers.Of(CertifiedContext(first)), ElementsAre("uri:urn:a"));
    EXPECT_THAT(*peers.Of(CertifiedContext(second)), ElementsAre("uri:urn:b"));
    EXPECT_TRUE(absl::IsInvalidArgument(peers.Of(CertifiedContext("nonsense")).status()));
    EXPECT_TRUE(absl::IsUnauthenticated(peers.Of(CertifiedContext("")).status()));
  }
}

TEST(GrpcStatusTest, KeepsCodeAndMessage) {
  for (int code = 1; code <= 16; ++code) {
    const absl::Status status(static_cast<absl::StatusCode>(code), "why");
    EXPECT_EQ(ToGrpc(status).error_code(), code);
    EXPECT_EQ(FromGrpc(ToGrpc(status)), status);
  }
  EXPECT_TRUE(ToGrpc(absl::OkStatus()).ok());
  EXPECT_TRUE(FromGrpc(grpc::Status::OK).ok());
  EXPECT_EQ(ToGrpc(absl::InternalError(std::string(5000, 'x'))).error_message().size(), 1024u);
}

}  // namespace
}  // namespace raakvlak::common
