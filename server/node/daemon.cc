#include "server/node/daemon.h"

#include <grpcpp/grpcpp.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "authority/document_text.h"
#include "authority/key_text.h"
#include "crypto/base/bytes.h"
#include "dataset/schema.h"
#include "linkage/normalise/normalise.h"
#include "server/common/roster_access.h"
#include "server/common/wrapping_key.h"
#include "server/node/grpc_matcher_link.h"
#include "server/node/status_macros.h"

namespace raakvlak::node {
namespace {

constexpr std::uint64_t kMaxTextFile = 4 << 20;

std::vector<common::MethodAccess> AccessTable() {
  std::vector<common::MethodAccess> table;
  auto add = [&](const std::string& service, std::initializer_list<const char*> methods,
                 common::Role role) {
    for (const char* method : methods) table.push_back({"/" + service + "/" + method, {role}});
  };
  add(v1::EvaluationService::service_full_name(),
      {"OpenRun", "RevealRun", "Evaluate", "ConfirmOverlap"}, common::Role::kNode);
  add(v1::CeremonyService::service_full_name(),
      {"Begin", "Reveal", "Deal", "Finish", "Activate", "Abort", "FetchTranscripts"},
      common::Role::kNode);
  add(v1::StewardshipService::service_full_name(),
      {"SubmitDataset", "ListDatasets", "ListMatches", "ListReviews", "DecideReview",
       "GetReviewStatistics", "ListDuplicates", "GetStatus", "RunCeremony", "ConsentToCeremony"},
      common::Role::kSteward);
  return table;
}

absl::Status At(const std::string& path, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
}

// A secret in a file belongs to its user alone.
absl::Status CheckPrivate(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    return absl::NotFoundError(absl::StrCat(path, " is not there or cannot be read"));
  }
  if ((info.st_mode & 077) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " can be read by others; run: chmod 600 ", path));
  }
  return absl::OkStatus();
}

absl::StatusOr<crypto::SecretBytes> ReadSecretText(const std::string& path) {
  NODE_RETURN_IF_ERROR(CheckPrivate(path));
  common::PosixFileSystem fs;
  NODE_ASSIGN_OR_RETURN(std::string text, common::ReadFile(fs, path, 64 << 10));
  crypto::SecretBytes secret(crypto::AsBytes(text));
  sodium_memzero(text.data(), text.size());
  return secret;
}

std::string_view AsText(const crypto::SecretBytes& secret) {
  crypto::ByteView bytes = secret.Reveal(crypto::SecretAccess{});
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

absl::StatusOr<crypto::Secret<32>> LoadWrappingKey(const NodeConfig& config, common::FileSystem& fs,
                                                   crypto::Random& random) {
  const WrappingKeySource& source = config.wrapping_key;
  switch (source.kind) {
    case WrappingKeySource::Kind::kFile:
      return common::WrappingKeyFromFile(source.path, config.data_directory);
    case WrappingKeySource::Kind::kCredential: {
      const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
      if (directory == nullptr) {
        return absl::FailedPreconditionError(
            "wrapping_key.source is \"credential\", but $CREDENTIALS_DIRECTORY is not set; start "
            "the program as a systemd service with LoadCredential=");
      }
      return common::WrappingKeyFromCredential(directory, source.name);
    }
    case WrappingKeySource::Kind::kPassphrase: {
      NODE_ASSIGN_OR_RETURN(crypto::SecretBytes text, ReadSecretText(source.path));
      std::string_view trimmed = AsText(text);
      while (!trimmed.empty() && (trimmed.back() == '\n' || trimmed.back() == '\r')) {
        trimmed.remove_suffix(1);
      }
      return common::WrappingKeyFromPassphrase(fs, crypto::SecretBytes(crypto::AsBytes(trimmed)),
                                               config.data_directory + "/wrapping-salt", random);
    }
  }
  return absl::InternalError("unknown source of the wrapping key");
}

absl::StatusOr<authority::Roster> LoadRoster(const NodeConfig& config) {
  common::PosixFileSystem fs;
  NODE_ASSIGN_OR_RETURN(std::string text, common::ReadFile(fs, config.roster_path, kMaxTextFile));
  absl::StatusOr<v1::SignedDocument> document = authority::ParseDocument(text);
  if (!document.ok()) return At(config.roster_path, document.status());
  absl::StatusOr<crypto::VerifyKey> officer = authority::ParseVerifyKey(config.officer_key);
  if (!officer.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("officer_key: ", officer.status().message(),
                     "; it is the 64 hexadecimal digits that `raak key show` prints"));
  }
  absl::StatusOr<authority::Roster> roster = authority::Roster::Open(
      *document, authority::PinnedOfficer{config.agency_id, *std::move(officer)});
  if (!roster.ok()) return At(config.roster_path, roster.status());
  return roster;
}

}  // namespace

std::string VersionText() {
  return absl::StrCat(std::string(kProgramName), " " RAAKVLAK_VERSION " (curve backend: ",
                      std::string(crypto::DefaultKernels().name()), ")");
}

absl::StatusOr<NodeTrust> CheckNodeFiles(const NodeConfig& config, const common::Clock& clock) {
  NODE_RETURN_IF_ERROR(crypto::SelectedKernels().Problem());
  NODE_ASSIGN_OR_RETURN(authority::Roster roster, LoadRoster(config));
  NODE_RETURN_IF_ERROR(At(config.roster_path, roster.CheckValidAt(clock.UnixSeconds())));
  NODE_ASSIGN_OR_RETURN(crypto::SecretBytes key_text, ReadSecretText(config.roster_key_path));
  absl::StatusOr<crypto::SigningKey> roster_key = authority::ParseSigningKey(AsText(key_text));
  if (!roster_key.ok()) return At(config.roster_key_path, roster_key.status());
  if (!(roster_key->verify_key() == roster.RosterKey(config.agency_id))) {
    return absl::FailedPreconditionError(
        absl::StrCat(config.roster_key_path, " is not the roster key that the roster has for ",
                     config.agency_id));
  }
  NODE_ASSIGN_OR_RETURN(common::OwnCertificate certificate,
                        common::CheckTlsFiles(config.tls, clock));
  const common::SignedRosterAccess identities(roster);
  absl::StatusOr<common::Caller> own = identities.Resolve(certificate.identities);
  if (!own.ok() || own->role != common::Role::kNode || own->agency_id != config.agency_id) {
    return absl::FailedPreconditionError(
        absl::StrCat(config.tls.cert, ": no name in this certificate is one of the node of ",
                     config.agency_id, " on the roster; peers would refuse it"));
  }
  if (config.wrapping_key.kind == WrappingKeySource::Kind::kPassphrase) {
    NODE_RETURN_IF_ERROR(ReadSecretText(config.wrapping_key.path).status());
  } else {
    common::PosixFileSystem fs;
    crypto::SystemRandom random;
    NODE_RETURN_IF_ERROR(LoadWrappingKey(config, fs, random).status());
  }
  if (!config.source.path.empty()) {
    common::PosixFileSystem fs;
    NODE_ASSIGN_OR_RETURN(std::string schema,
                          common::ReadFile(fs, config.source.schema_path, 64 << 10));
    NODE_RETURN_IF_ERROR(dataset::ParseSchema(schema, config.source.schema_path).status());
  }
  return NodeTrust{std::move(roster), *std::move(roster_key)};
}

absl::StatusOr<std::unique_ptr<NodeDaemon>> NodeDaemon::Start(NodeConfig config) {
  std::unique_ptr<NodeDaemon> daemon(new NodeDaemon(std::move(config)));
  NODE_RETURN_IF_ERROR(daemon->Build());
  return daemon;
}

absl::Status NodeDaemon::Build() {
  NODE_ASSIGN_OR_RETURN(NodeTrust trust, CheckNodeFiles(config_, clock_));
  trust_.emplace(std::move(trust));
  identities_ = std::make_shared<common::SignedRosterAccess>(trust_->roster);
  NODE_RETURN_IF_ERROR(fs_.MakePrivateDirectory(config_.data_directory));
  NODE_ASSIGN_OR_RETURN(lock_, common::DirectoryLock::Take(config_.data_directory));
  NODE_ASSIGN_OR_RETURN(wrapping_key_, LoadWrappingKey(config_, fs_, random_));
  NODE_ASSIGN_OR_RETURN(audit_,
                        common::AuditLog::Open(fs_, config_.data_directory + "/audit.log", clock_));
  common::WorkerPoolOptions pool;
  pool.threads = config_.threads;
  pool_ = std::make_unique<common::WorkerPool>(pool);
  NODE_RETURN_IF_ERROR(OpenStores());
  NODE_RETURN_IF_ERROR(OpenServices());
  mesh_->Start();
  plans_->Start();
  NODE_RETURN_IF_ERROR(driver_->Start());
  PublishMetrics();
  host_->SetServing(true);
  return audit_->Append({"node.started",
                         "self",
                         "done",
                         {{"agency", config_.agency_id}, {"version", RAAKVLAK_VERSION}}});
}

absl::Status NodeDaemon::OpenStores() {
  kernels_ = crypto::MakeObservedKernels(crypto::DefaultKernels(), curve_clock_);
  const std::string& directory = config_.data_directory;
  const SealContext seal{&fs_, &random_, &wrapping_key_};
  MeshOptions mesh;
  mesh.own_id = config_.agency_id;
  mesh.directory = directory;
  mesh.normaliser_version = std::string(linkage::kNormaliserVersion);
  mesh.tls = config_.tls;
  mesh.minimum_epoch_age = config_.minimum_epoch_age;
  mesh.channels.check_host_name = config_.check_host_name;
  absl::StatusOr<std::unique_ptr<Mesh>> opened =
      Mesh::Open(mesh,
                 Mesh::Dependencies{trust_->roster, trust_->roster_key, identities_, fs_, *audit_,
                                    clock_, random_, *kernels_, *pool_},
                 wrapping_key_);
  if (absl::IsDataLoss(opened.status())) {
    const WrappingKeySource& key = config_.wrapping_key;
    return absl::DataLossError(
        absl::StrCat(opened.status().message(), " (data directory ", directory, ", wrapping key ",
                     key.kind == WrappingKeySource::Kind::kCredential ? key.name : key.path, ")"));
  }
  if (!opened.ok()) return opened.status();
  mesh_ = *std::move(opened);
  DatasetStoreOptions datasets;
  datasets.keep = config_.keep_datasets;
  datasets.bsn_allowed = trust_->roster.HasType("bsn");
  NODE_ASSIGN_OR_RETURN(
      datasets_, DatasetStore::Open({seal, &clock_, &stages_}, directory + "/datasets", datasets));
  NODE_ASSIGN_OR_RETURN(journal_, RunJournal::Open(directory + "/journal.db"));

  const std::string endpoint = config_.matcher_endpoint.empty()
                                   ? trust_->roster.body().matcher().endpoint()
                                   : config_.matcher_endpoint;
  common::ChannelOptions channel_options;
  channel_options.check_host_name = config_.check_host_name;
  std::shared_ptr<grpc::Channel> channel =
      common::MakeChannel(endpoint, config_.tls, identities_,
                          common::ExpectedPeer{common::Role::kMatcher, ""}, channel_options);
  matcher_connected_ = [channel] { return channel->GetState(false) == GRPC_CHANNEL_READY; };
  matcher_ = NewGrpcMatcherLink(channel);

  NODE_ASSIGN_OR_RETURN(reviews_, ReviewStore::Open(seal, clock_, directory + "/reviews"));

  RunStepsOptions steps;
  steps.evaluation = config_.evaluation;
  steps.memory_bytes = config_.run_memory_bytes;
  steps.source = config_.source;
  steps.keep_results = config_.keep_results;
  steps.peer_patience = config_.peer_patience;
  NODE_ASSIGN_OR_RETURN(
      steps_,
      RunSteps::Create(RunSteps::Dependencies{trust_->roster, config_.agency_id, *mesh_, *kernels_,
                                              seal, clock_, *audit_, *matcher_, *journal_,
                                              *datasets_, *reviews_, stages_, counters_},
                       directory, steps));
  PlanKeeperOptions plans;
  plans.source = config_.source;
  NODE_ASSIGN_OR_RETURN(
      plans_, PlanKeeper::Open(PlanKeeper::Dependencies{trust_->roster, config_.agency_id, clock_,
                                                        *audit_, seal, *datasets_},
                               directory + "/plans", plans));
  RunDriverOptions driver;
  driver.normaliser_version = std::string(linkage::kNormaliserVersion);
  driver_ = std::make_unique<RunDriver>(
      RunDriver::Dependencies{*matcher_, *steps_, *journal_, clock_, *audit_,
                              [this] { return mesh_->key_store().active_epoch(); }, plans_.get()},
      driver);
  return absl::OkStatus();
}

absl::Status NodeDaemon::OpenServices() {
  const std::vector<std::string> names = {v1::EvaluationService::service_full_name(),
                                          v1::CeremonyService::service_full_name(),
                                          v1::StewardshipService::service_full_name()};
  const std::vector<common::MethodAccess> table = AccessTable();
  NODE_ASSIGN_OR_RETURN(gate_, common::AccessGate::Create(table, names, *identities_, *audit_));
  const Mesh::Services mesh = mesh_->MakeServices(*gate_);
  v1::ProgramInfo program;
  program.set_program(std::string(kProgramName));
  program.set_version(RAAKVLAK_VERSION);
  program.set_backend(std::string(crypto::DefaultKernels().name()));
  stewardship_ = std::make_unique<StewardshipServiceImpl>(StewardshipServiceImpl::Dependencies{
      *gate_, trust_->roster, config_.agency_id, *audit_, *datasets_, *journal_, *driver_, *plans_,
      *reviews_, *mesh_, SealContext{&fs_, &random_, &wrapping_key_}, matcher_connected_, program});
  common::ServiceHostOptions host;
  host.address = config_.listen;
  host.metrics_address = config_.metrics_address;
  host.tls = config_.tls;
  host.max_threads = config_.max_calls;
  host.memory_quota_bytes = config_.network_memory_bytes;
  NODE_ASSIGN_OR_RETURN(host_, common::ServiceHost::Start(host,
                                                          {{names[0], mesh.evaluation},
                                                           {names[1], mesh.ceremony},
                                                           {names[2], stewardship_.get()}},
                                                          gate_, metrics_, clock_));
  return absl::OkStatus();
}

void NodeDaemon::PublishMetrics() {
  metrics_thread_ = std::jthread([this](std::stop_token stop) {
    struct Source {
      const std::atomic<std::uint64_t>& value;
      prometheus::Counter& counter;
      double shown = 0;
    };
    auto counter = [this](const char* name, const char* help) -> prometheus::Counter& {
      return metrics_.Counter(absl::StrCat("raakvlak_node_", name, "_total"), help);
    };
    std::vector<Source> sources = {
        {counters_.values, counter("values", "Distinct values read for runs")},
        {counters_.evaluated, counter("evaluated", "Values evaluated by a committee")},
        {counters_.cached, counter("cached", "Values whose output was known")},
        {counters_.too_common, counter("too_common", "Values of too many records, not uploaded")},
        {counters_.tags, counter("tags", "Run tags uploaded")},
        {counters_.records, counter("records", "Records with a confirmed shared tag")},
        {counters_.matches, counter("matches", "Matches accepted")},
        {counters_.disputed, counter("disputed", "Matches not accepted")},
        {counters_.unconfirmed, counter("unconfirmed", "Overlaps that were not confirmed")}};
    std::array<double, kStages> shown{};
    prometheus::Counter& curve =
        metrics_.Counter("raakvlak_node_curve_seconds_total", "CPU seconds of curve arithmetic");
    double curve_shown = 0;
    auto show = [&] {
      for (Source& source : sources) {
        const double now = static_cast<double>(source.value.load());
        source.counter.Increment(now - source.shown);
        source.shown = now;
      }
      for (std::size_t i = 0; i < kStages; ++i) {
        const double now = stages_.Seconds(static_cast<Stage>(i));
        metrics_
            .Counter("raakvlak_node_stage_seconds_total", "CPU seconds of work, over all threads",
                     {{"stage", std::string(kStageNames[i])}})
            .Increment(std::max(0.0, now - shown[i]));
        shown[i] = now;
      }
      const double curve_now = curve_clock_.Seconds();
      curve.Increment(std::max(0.0, curve_now - curve_shown));
      curve_shown = curve_now;
      metrics_.Gauge("raakvlak_node_epoch", "Active epoch of the linkage keys")
          .Set(static_cast<double>(mesh_->key_store().active_epoch()));
      metrics_.Gauge("raakvlak_node_matcher_connected", "1 while connected to the matcher")
          .Set(matcher_connected_() ? 1 : 0);
    };
    while (!stop.stop_requested()) {
      show();
      for (int i = 0; i < 20 && !stop.stop_requested(); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
      }
    }
  });
}

void NodeDaemon::Stop() {
  metrics_thread_ = {};
  if (driver_ != nullptr) driver_->Stop();
  if (plans_ != nullptr) plans_->Stop();
  if (mesh_ != nullptr) mesh_->Stop();
  if (host_ != nullptr) host_->Shutdown();
}

NodeDaemon::~NodeDaemon() {
  Stop();
  // The services go before what they use.
  host_.reset();
  stewardship_.reset();
  driver_.reset();
  plans_.reset();
  steps_.reset();
}

int NodeDaemon::Run() {
  return host_->Run([this] {
    metrics_thread_ = {};
    driver_->Stop();
    plans_->Stop();
    mesh_->Stop();
  });
}

}  // namespace raakvlak::node
