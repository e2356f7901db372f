#include "server/common/service_host.h"

#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace raakvlak::common {
namespace {

// A stranger that connects and says nothing must not hold a connection for long.
constexpr int kHandshakeTimeoutMs = 5000;
// Clients ping once a minute (tls.h); more often than this is misbehaviour.
constexpr int kMinPingIntervalMs = 20000;

sigset_t ShutdownSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

}  // namespace

void BlockShutdownSignals() {
  const sigset_t signals = ShutdownSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

absl::StatusOr<std::unique_ptr<ServiceHost>> ServiceHost::Start(
    const ServiceHostOptions& options, const std::vector<HostedService>& services,
    std::shared_ptr<const AccessGate> gate, const Metrics& metrics, const Clock& clock) {
  absl::StatusOr<OwnCertificate> own = CheckTlsFiles(options.tls, clock);
  if (!own.ok()) return own.status();
  std::vector<std::string> names;
  names.reserve(services.size());
  for (const HostedService& service : services) names.push_back(service.full_name);
  if (absl::Status status = gate->CheckServices(names); !status.ok()) return status;

  std::unique_ptr<ServiceHost> host(new ServiceHost());
  host->options_ = options;
  host->wake_ = eventfd(0, EFD_CLOEXEC);
  if (host->wake_ < 0) return absl::InternalError("no event descriptor");
  if (!options.metrics_address.empty()) {
    absl::StatusOr<std::unique_ptr<MetricsServer>> page =
        MetricsServer::Start(options.metrics_address, metrics);
    if (!page.ok()) return page.status();
    host->metrics_server_ = *std::move(page);
  }

  grpc::EnableDefaultHealthCheckService(true);
  const std::shared_ptr<grpc::ServerCredentials> credentials = MakeServerCredentials(options.tls);
  credentials->SetAuthMetadataProcessor(AccessGate::Processor(std::move(gate)));

  grpc::ServerBuilder builder;
  builder.AddListeningPort(options.address, credentials, &host->port_);
  for (const HostedService& service : services) builder.RegisterService(service.service);
  grpc::ResourceQuota quota("raakvlak");
  quota.Resize(static_cast<size_t>(options.memory_quota_bytes));
  quota.SetMaxThreads(options.max_threads);
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.SetMaxSendMessageSize(kMaxMessageBytes);
  // Blinded elements and tags do not compress, and compressing beside secrets leaks.
  builder.SetDefaultCompressionAlgorithm(GRPC_COMPRESS_NONE);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS,
                             ArgumentMilliseconds(options.max_connection_age));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS,
                             ArgumentMilliseconds(options.max_connection_age_grace));
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kMinPingIntervalMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20000);
  host->server_ = builder.BuildAndStart();
  if (host->server_ == nullptr || host->port_ == 0) {
    host->down_ = true;
    return absl::UnavailableError(absl::StrCat("cannot listen on ", options.address,
                                               "; is the address taken, or not of this machine?"));
  }
  host->services_ = std::move(names);
  host->SetServing(true);
  return host;
}

ServiceHost::~ServiceHost() {
  Shutdown();
  if (wake_ >= 0) close(wake_);
}

int ServiceHost::metrics_port() const {
  return metrics_server_ == nullptr ? 0 : metrics_server_->port();
}

void ServiceHost::SetServing(bool serving) {
  grpc::HealthCheckServiceInterface* health = server_->GetHealthCheckService();
  if (health == nullptr) return;
  for (const std::string& name : services_) health->SetServingStatus(name, serving);
  health->SetServingStatus(serving);
}

int ServiceHost::Run(const std::function<void()>& before_drain) {
  const sigset_t signals = ShutdownSignals();
  const int signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
  if (signal_fd < 0) {
    spdlog::error("cannot wait for signals");
    return 1;
  }
  pollfd wait[2] = {{signal_fd, POLLIN, 0}, {wake_, POLLIN, 0}};
  while (poll(wait, 2, -1) < 0 && errno == EINTR) {
  }
  if ((wait[0].revents & POLLIN) != 0) {
    signalfd_siginfo info{};
    if (read(signal_fd, &info, sizeof info) == sizeof info) {
      spdlog::info("signal {}: shutting down", info.ssi_signo);
    }
  }
  close(signal_fd);
  SetServing(false);
  if (before_drain) before_drain();
  Shutdown();
  return 0;
}

void ServiceHost::RequestStop() {
  const uint64_t one = 1;
  // Cannot fail: the counter would have to overflow.
  if (write(wake_, &one, sizeof one) != sizeof one) spdlog::error("cannot request a stop");
}

void ServiceHost::Shutdown() {
  std::lock_guard lock(mutex_);
  if (down_ || server_ == nullptr) return;
  down_ = true;
  SetServing(false);
  server_->Shutdown(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(options_.drain));
  server_->Wait();
}

}  // namespace raakvlak::common
