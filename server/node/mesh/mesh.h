// The mesh of one node, put together: stores, ceremonies, runs, evaluation, peers and services.
#ifndef RAAKVLAK_SERVER_NODE_MESH_MESH_H_
#define RAAKVLAK_SERVER_NODE_MESH_MESH_H_

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "authority/roster.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"
#include "crypto/base/signing.h"
#include "crypto/batch/kernels.h"
#include "server/common/access.h"
#include "server/common/audit.h"
#include "server/common/clock.h"
#include "server/common/fs.h"
#include "server/common/tls.h"
#include "server/common/worker_pool.h"
#include "server/node/mesh/budget.h"
#include "server/node/mesh/ceremony_leader.h"
#include "server/node/mesh/ceremony_participant.h"
#include "server/node/mesh/ceremony_service.h"
#include "server/node/mesh/evaluation_client.h"
#include "server/node/mesh/evaluation_service.h"
#include "server/node/mesh/evaluator.h"
#include "server/node/mesh/key_store.h"
#include "server/node/mesh/peers.h"
#include "server/node/mesh/run_registry.h"
#include "server/node/mesh/run_secret_store.h"
#include "server/node/mesh/seen_runs.h"

namespace raakvlak::node {

struct MeshOptions {
  std::string own_id;
  // Private directory of the node; the mesh keeps keys.db, runs.db, budget.db, seen.db and
  // evidence/ in it.
  std::string directory;
  std::string normaliser_version;
  common::TlsFiles tls;
  common::ChannelOptions channels;
  // Of each ceremony step with each participant. A steward waits, and a node that went down lost
  // its part of the ceremony with it.
  RetryPolicy ceremony_step = {.unreachable_after = absl::Seconds(3)};
  // ceremony_participant.h; of the agencies' budgets, which are per epoch.
  absl::Duration minimum_epoch_age = absl::Hours(24);
};

// Thread-safe. Construct after the worker pool and destroy before it, after the server has shut
// down.
class Mesh {
 public:
  // All must outlive the mesh.
  struct Dependencies {
    const authority::Roster& roster;
    const crypto::SigningKey& roster_key;
    std::shared_ptr<const common::RosterAccess> roster_access;
    common::FileSystem& fs;
    common::AuditSink& audit;
    const common::Clock& clock;
    crypto::Random& random;
    const crypto::Kernels& kernels;
    common::WorkerPool& pool;
  };

  // Opens (or makes) the stores. FailedPrecondition if the roster key is not the one that the
  // roster has for this agency.
  static absl::StatusOr<std::unique_ptr<Mesh>> Open(MeshOptions options,
                                                    const Dependencies& dependencies,
                                                    const crypto::Secret<32>& wrapping_key);
  // As Stop().
  ~Mesh();

  KeyStore& key_store() { return *key_store_; }
  BudgetLedger& budget() { return *budget_; }
  RunRegistry& registry() { return *registry_; }
  const Evaluator& evaluator() const { return *evaluator_; }
  const Peers& peers() const { return *peers_; }
  CeremonyParticipant& participant() { return *participant_; }
  // For an EvaluationClient.
  EvaluationClient::Dependencies ClientDependencies() const;

  // The two services of the mesh, to be registered under their full names. `callers` must outlive
  // the mesh. Call it once.
  struct Services {
    v1::EvaluationService::Service* evaluation;
    v1::CeremonyService::Service* ceremony;
  };
  Services MakeServices(const common::CallerResolver& callers);

  // Once the services answer: settles, in the background, a ceremony that a kill cut short, and
  // goes on trying while one is pending.
  void Start();
  // Ends what Start() began and calls to peers that wait. Idempotent.
  void Stop();

  // ceremony_leader.h. One at a time; FailedPrecondition while another is being led from here.
  absl::StatusOr<uint64_t> LeadCeremony(const CeremonyProgressCallback& progress,
                                        const std::function<bool()>& cancelled);

 private:
  Mesh(MeshOptions options, const Dependencies& dependencies);
  CeremonyDependencies CeremonyParts();
  void SettleLoop();

  const MeshOptions options_;
  const Dependencies dependencies_;
  std::unique_ptr<KeyStore> key_store_;
  std::unique_ptr<RunSecretStore> secrets_;
  std::unique_ptr<SeenRunStore> seen_;
  std::unique_ptr<BudgetLedger> budget_;
  std::unique_ptr<EvidenceStore> evidence_;
  std::unique_ptr<Peers> peers_;
  std::unique_ptr<RunRegistry> registry_;
  std::unique_ptr<Evaluator> evaluator_;
  std::unique_ptr<CeremonyParticipant> participant_;
  std::unique_ptr<EvaluationServiceImpl> evaluation_service_;
  std::unique_ptr<CeremonyServiceImpl> ceremony_service_;
  std::mutex leading_;
  std::atomic<bool> stopping_ = false;
  std::thread settler_;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_MESH_MESH_H_
