#include "server/node/testing/cluster.h"

#include <arpa/inet.h>
#include <google/protobuf/descriptor.h>
#include <grpcpp/grpcpp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "authority/document_text.h"
#include "authority/key_text.h"
#include "crypto/base/bytes.h"
#include "linkage/normalise/normalise.h"
#include "linkage/types/identifier_type.h"
#include "server/common/roster_access.h"

namespace raakvlak::node::testing {
namespace {

void Must(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << status << "\n";
  std::abort();
}

common::testing::LeafSpec Named(const std::string& uri) {
  common::testing::LeafSpec leaf;
  leaf.uris = {uri};
  return leaf;
}

int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (fd < 0 || bind(fd, generic, size) != 0 || getsockname(fd, generic, &size) != 0) std::abort();
  const int port = ntohs(address.sin_port);
  close(fd);
  return port;
}

}  // namespace

Cluster::Cluster(const std::vector<std::string>& types, std::size_t chunk_size,
                 std::uint32_t block_keys)
    : sample_(kNodes), chunk_size_(chunk_size) {
  sample_.roster.clear_identifier_types();
  v1::TypePolicy policy = sample_.purpose.types(0);
  sample_.purpose.clear_types();
  for (const std::string& type : types) {
    sample_.roster.add_identifier_types(type);
    policy.set_identifier_type(type);
    *sample_.purpose.add_types() = policy;
  }
  if (block_keys > 0) sample_.AddProfile(block_keys);
  for (v1::Member& member : *sample_.roster.mutable_members()) {
    member.set_endpoint(absl::StrCat("localhost:", FreePort()));
  }
  sample_.roster.mutable_matcher()->set_endpoint(absl::StrCat("localhost:", FreePort()));
  const v1::SignedDocument document = sample_.SignedRoster();
  auto roster = authority::Roster::Open(document, sample_.Pinned(0));
  Must(roster.status());
  roster_ = *std::move(roster);
  identities_ = std::make_shared<common::SignedRosterAccess>(*roster_);
  Must(common::WriteFileAtomic(fs_, directory_ / "roster.json",
                               authority::FormatDocument(document)));

  // The matcher.
  auto audit = common::AuditLog::Open(fs_, directory_ / "matcher-audit.log", clock_);
  Must(audit.status());
  audit_ = *std::move(audit);
  matcher_ = std::make_unique<FakeMatcher>(*roster_, sample_.matcher_key[0]);
  const std::string service = v1::SubmissionService::service_full_name();
  const google::protobuf::ServiceDescriptor* const methods =
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(service);
  std::vector<common::MethodAccess> table;
  table.reserve(static_cast<std::size_t>(methods->method_count()));
  for (int i = 0; i < methods->method_count(); ++i) {
    table.push_back({"/" + service + "/" + methods->method(i)->name(), {common::Role::kNode}});
  }
  const std::vector<std::string> names = {service};
  auto gate = common::AccessGate::Create(table, names, *identities_, *audit_);
  Must(gate.status());
  matcher_->set_callers(gate->get());
  common::ServiceHostOptions options;
  options.address = sample_.roster.matcher().endpoint();
  options.tls = ca_.IssueTo(directory_ / "matcher", Named("raakvlak:matcher"));
  options.drain = absl::Seconds(1);
  auto host =
      common::ServiceHost::Start(options, {{service, matcher_.get()}}, *gate, metrics_, clock_);
  Must(host.status());
  matcher_host_ = *std::move(host);
  matcher_host_->SetServing(true);

  nodes_.resize(kNodes);
  for (int i = 0; i < kNodes; ++i) {
    Must(fs_.MakePrivateDirectory(directory_ / Id(i)));
    ca_.IssueTo(directory_ / (Id(i) + "/tls"), Named("raakvlak:node:" + Id(i)));
    const crypto::SecretBytes key =
        authority::FormatSigningKey(sample_.roster_keys[static_cast<std::size_t>(i)]);
    Must(common::WriteFileAtomic(fs_, directory_ / (Id(i) + "/roster.key"),
                                 key.Reveal(crypto::SecretAccess{})));
    Must(common::WriteFileAtomic(fs_, directory_ / (Id(i) + "/wrapping.key"),
                                 std::string(32, static_cast<char>('k' + i))));
    Must(StartNode(i));
    stewards_.push_back(v1::StewardshipService::NewStub(ChannelTo(i, "raakvlak:steward:" + Id(i))));
  }
}

Cluster::~Cluster() {
  matcher_->Stop();
  for (auto& node : nodes_) {
    if (node != nullptr) node->Stop();
  }
  nodes_.clear();
  matcher_host_->Shutdown();
}

std::string Cluster::Id(int node) const { return sample_.roster.members(node).agency_id(); }

std::string Cluster::home(int node) const { return directory_.path() + "/" + Id(node); }

std::string Cluster::data_directory(int node) const { return home(node) + "/data"; }

void Cluster::SetSource(int node, const std::string& file, const std::string& schema) {
  sources_[node] = absl::StrCat("[source]\nfile = \"", file, "\"\nschema = \"", schema, "\"\n");
}

NodeConfig Cluster::ConfigOf(int node) const {
  const std::string home = this->home(node);
  const auto source = sources_.find(node);
  const std::string text = absl::StrCat(
      "agency_id = \"", Id(node), "\"\n", "listen = \"", sample_.roster.members(node).endpoint(),
      "\"\n", "data_dir = \"", home, "/data\"\nroster = \"", directory_.path(),
      "/roster.json\"\nofficer_key = \"",
      authority::FormatVerifyKey(sample_.officers[static_cast<std::size_t>(node)].verify_key()),
      "\"\nroster_key_file = \"", home, "/roster.key\"\n[tls]\nca = \"", home,
      "/tls/ca.pem\"\ncert = \"", home, "/tls/cert.pem\"\nkey = \"", home,
      "/tls/key.pem\"\n[wrapping_key]\npath = \"", home,
      "/wrapping.key\"\n[workers]\nthreads = 2\nchunk_size = ", chunk_size_,
      "\n[limits]\nrun_memory = \"16MiB\"\npeer_patience = \"", peer_patience_, "\"\n",
      source == sources_.end() ? "" : source->second);
  absl::StatusOr<NodeConfig> config = ParseNodeConfig(text, home + "/node.toml");
  Must(config.status());
  return *config;
}

void Cluster::StopNode(int node) { nodes_[static_cast<std::size_t>(node)].reset(); }

absl::Status Cluster::StartNode(int node) {
  absl::StatusOr<std::unique_ptr<NodeDaemon>> started = NodeDaemon::Start(ConfigOf(node));
  if (!started.ok()) return started.status();
  nodes_[static_cast<std::size_t>(node)] = *std::move(started);
  return absl::OkStatus();
}

std::shared_ptr<grpc::Channel> Cluster::ChannelTo(int node, const std::string& as) const {
  std::string name = as;
  std::replace(name.begin(), name.end(), ':', '-');
  const common::TlsFiles tls = ca_.IssueTo(directory_.path() + "/" + name, Named(as));
  return common::MakeChannel(sample_.roster.members(node).endpoint(), tls, identities_,
                             {common::Role::kNode, Id(node)});
}

grpc::Status Cluster::Ceremony(int leader, std::uint64_t* epoch) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  v1::RunCeremonyRequest request;
  request.set_request_id(std::string(16, static_cast<char>('0' + epoch_)));
  auto reader = steward(leader).RunCeremony(&context, request);
  v1::CeremonyProgress progress;
  while (reader->Read(&progress)) {
    if (progress.step() == "done") epoch_ = progress.epoch();
  }
  if (epoch != nullptr) *epoch = epoch_;
  return reader->Finish();
}

grpc::Status Cluster::Submit(int node, const std::string& csv, const std::string& schema,
                             v1::SubmitDatasetResponse* response, const std::string& request_id) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  v1::SubmitDatasetResponse ignored;
  auto writer = steward(node).SubmitDataset(&context, response != nullptr ? response : &ignored);
  v1::SubmitDatasetRequest request;
  std::string fresh(16, '\0');
  crypto::SystemRandom().Fill(
      std::span<std::uint8_t>(reinterpret_cast<std::uint8_t*>(fresh.data()), fresh.size()));
  request.mutable_header()->set_request_id(request_id.empty() ? fresh : request_id);
  request.mutable_header()->set_schema(schema);
  request.mutable_header()->set_label("test.csv");
  constexpr std::size_t kPiece = 100'000;
  for (std::size_t at = 0; at < csv.size() || at == 0; at += kPiece) {
    request.set_data(csv.substr(at, kPiece));
    if (!writer->Write(request)) break;
    request.clear_header();
  }
  writer->WritesDone();
  return writer->Finish();
}

std::vector<v1::StewardMatch> Cluster::Matches(int node, const std::string& run_id) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  v1::ListMatchesRequest request;
  request.set_run_id(run_id);
  auto reader = steward(node).ListMatches(&context, request);
  std::vector<v1::StewardMatch> matches;
  v1::StewardMatchChunk chunk;
  while (reader->Read(&chunk)) {
    matches.insert(matches.end(), chunk.matches().begin(), chunk.matches().end());
  }
  grpc::Status status = reader->Finish();
  if (!status.ok()) std::cerr << "matches: " << status.error_message() << "\n";
  return matches;
}

v1::RunManifest Cluster::NextManifest(std::int64_t lasts_seconds) {
  auto purpose = authority::Purpose::Open(sample_.SignedPurpose(), *roster_);
  Must(purpose.status());
  v1::RunManifest manifest = sample_.Manifest(*roster_, *purpose);
  // Types of blocks without a planned key are not linked.
  const int planned = plan_.has_value() ? plan_->keys_size() : 0;
  const v1::RunManifest all = manifest;
  manifest.clear_identifier_types();
  manifest.clear_grants();
  for (int t = 0; t < all.identifier_types_size(); ++t) {
    const auto type = linkage::ParseIdentifierType(all.identifier_types(t));
    if (linkage::IsBlockType(*type) &&
        linkage::BlockKeyOf(*type) >= static_cast<std::size_t>(planned)) {
      continue;
    }
    manifest.add_identifier_types(all.identifier_types(t));
    manifest.add_grants(all.grants(t));
  }
  if (plan_.has_value()) {
    *manifest.mutable_plan() = *plan_;
    manifest.set_planner(Id(0));
  }
  manifest.set_run_counter(++counter_);
  manifest.set_epoch(epoch_);
  manifest.set_normaliser_version(std::string(linkage::kNormaliserVersion));
  manifest.set_created_at(clock_.UnixSeconds());
  manifest.set_expires_at(clock_.UnixSeconds() + lasts_seconds);
  return manifest;
}

std::string Cluster::StartRun(std::int64_t lasts_seconds) {
  return matcher_->StartRun(NextManifest(lasts_seconds), purpose());
}

}  // namespace raakvlak::node::testing
