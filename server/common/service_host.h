// The chassis: one way to run a gRPC server for node and matcher alike. It builds the server with
// its limits, puts the access gate before every call, answers health, exposes metrics and shuts
// down in order.
//
// main:   BlockShutdownSignals();            // first: before gRPC or any thread starts
//         ... construct services ...
//         auto host = ServiceHost::Start(options, services, deps);
//         return (*host)->Run();             // until SIGTERM or SIGINT; the exit code
// tests:  address "127.0.0.1:0", then port(), Shutdown().
#ifndef RAAKVLAK_SERVER_COMMON_SERVICE_HOST_H_
#define RAAKVLAK_SERVER_COMMON_SERVICE_HOST_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/common/access.h"
#include "server/common/metrics.h"
#include "server/common/tls.h"

namespace grpc {
class Server;
class Service;
}  // namespace grpc

namespace raakvlak::common {

struct ServiceHostOptions {
  std::string address;          // "0.0.0.0:7443"; port 0 takes a free one
  std::string metrics_address;  // "127.0.0.1:9464"; empty: no metrics page
  TlsFiles tls;
  // Synchronous calls at once; more wait. Streams hold a thread each, so count them in.
  int max_threads = 128;
  uint64_t memory_quota_bytes = uint64_t{256} << 20;  // gRPC's own buffers
  absl::Duration max_connection_age = absl::Hours(1);
  absl::Duration max_connection_age_grace = absl::Minutes(10);
  // How long running calls may take to end at shutdown before they are cancelled.
  absl::Duration drain = absl::Seconds(10);
};

// A service with its full name: {EvaluationService::service_full_name(), &service}.
struct HostedService {
  std::string full_name;
  grpc::Service* service = nullptr;  // must outlive the host
};

// Blocks SIGTERM and SIGINT in this and all later threads, so that Run() alone takes them.
void BlockShutdownSignals();

class ServiceHost {
 public:
  // Checks TLS files and access table first; FailedPrecondition says what is wrong. Unavailable if
  // the address is taken. FailedPrecondition too if the gate was
  // made for other services.
  static absl::StatusOr<std::unique_ptr<ServiceHost>> Start(
      const ServiceHostOptions& options, const std::vector<HostedService>& services,
      std::shared_ptr<const AccessGate> gate, const Metrics& metrics, const Clock& clock);
  // As Shutdown().
  ~ServiceHost();

  int port() const { return port_; }
  int metrics_port() const;  // 0 without a metrics page

  // Serves until SIGTERM or SIGINT (BlockShutdownSignals must have been called), or until
  // RequestStop(); then calls `before_drain` (to end streams and workers), drains, returns 0.
  int Run(const std::function<void()>& before_drain = nullptr);
  // Makes Run() return; from any thread.
  void RequestStop();
  // Health NOT_SERVING, no new calls, running ones get `drain` to end. Idempotent, thread-safe.
  void Shutdown();

  // Readiness as health shows it; it starts serving.
  void SetServing(bool serving);

 private:
  ServiceHost() = default;

  ServiceHostOptions options_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<MetricsServer> metrics_server_;
  int port_ = 0;
  std::vector<std::string> services_;
  int wake_ = -1;  // an eventfd that ends Run()
  std::mutex mutex_;
  bool down_ = false;
};

}  // namespace raakvlak::common

#endif  // RAAKVLAK_SERVER_COMMON_SERVICE_HOST_H_
