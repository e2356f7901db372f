// One agency's node, put together from its configuration: trust, stores, mesh, runs, services.
#ifndef RAAKVLAK_SERVER_NODE_DAEMON_H_
#define RAAKVLAK_SERVER_NODE_DAEMON_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "authority/roster.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"
#include "crypto/base/signing.h"
#include "server/common/audit.h"
#include "server/common/clock.h"
#include "server/common/directory_lock.h"
#include "server/common/fs.h"
#include "server/common/metrics.h"
#include "server/common/service_host.h"
#include "server/common/worker_pool.h"
#include "server/node/config.h"
#include "server/node/dataset_store.h"
#include "server/node/matcher_link.h"
#include "server/node/mesh/mesh.h"
#include "server/node/plan_keeper.h"
#include "server/node/review_store.h"
#include "server/node/run_driver.h"
#include "server/node/run_journal.h"
#include "server/node/run_steps.h"
#include "server/node/stewardship_service.h"

namespace raakvlak::node {

inline constexpr std::string_view kProgramName = "raakvlak-node";
// Version of this build, and the curve backend that this machine runs.
std::string VersionText();

// What the configuration leads to that can be had without the data directory.
struct NodeTrust {
  authority::Roster roster;
  crypto::SigningKey roster_key;
};
// Reads and checks all files that the configuration names: roster (signed by every member's
// officer, this agency's key pinned), roster key (the one on the roster), TLS files (their identity
// is this agency's node on the roster), wrapping key, schema of the source. Errors name file and
// remedy.
absl::StatusOr<NodeTrust> CheckNodeFiles(const NodeConfig& config, const common::Clock& clock);

// Thread-safe once it has started.
class NodeDaemon {
 public:
  static absl::StatusOr<std::unique_ptr<NodeDaemon>> Start(NodeConfig config);
  ~NodeDaemon();

  // Until SIGTERM or SIGINT; the exit code.
  int Run();
  int port() const { return host_->port(); }
  RunDriver& driver() { return *driver_; }
  // Ends what goes on, in order. Idempotent.
  void Stop();

 private:
  explicit NodeDaemon(NodeConfig config) : config_(std::move(config)) {}
  absl::Status Build();
  absl::Status OpenStores();
  absl::Status OpenServices();
  void PublishMetrics();

  const NodeConfig config_;
  common::PosixFileSystem fs_;
  common::SystemClock clock_;
  crypto::SystemRandom random_;
  common::Metrics metrics_;
  StageClock stages_;
  CurveClock curve_clock_;
  RunCounters counters_;
  std::optional<NodeTrust> trust_;
  common::DirectoryLock lock_;
  crypto::Secret<32> wrapping_key_;
  std::unique_ptr<common::AuditLog> audit_;
  std::shared_ptr<const common::RosterAccess> identities_;
  std::unique_ptr<crypto::Kernels> kernels_;
  std::unique_ptr<common::WorkerPool> pool_;
  std::unique_ptr<Mesh> mesh_;
  std::unique_ptr<MatcherLink> matcher_;
  std::function<bool()> matcher_connected_;
  std::unique_ptr<DatasetStore> datasets_;
  std::unique_ptr<RunJournal> journal_;
  std::unique_ptr<ReviewStore> reviews_;
  std::unique_ptr<RunSteps> steps_;
  std::unique_ptr<PlanKeeper> plans_;
  std::unique_ptr<RunDriver> driver_;
  std::shared_ptr<common::AccessGate> gate_;
  std::unique_ptr<StewardshipServiceImpl> stewardship_;
  std::unique_ptr<common::ServiceHost> host_;
  std::jthread metrics_thread_;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_DAEMON_H_
