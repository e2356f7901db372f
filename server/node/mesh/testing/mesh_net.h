// Whole meshes in one process: every node with its stores, its server on loopback and mutual TLS.
// For tests.
#ifndef RAAKVLAK_SERVER_NODE_MESH_TESTING_MESH_NET_H_
#define RAAKVLAK_SERVER_NODE_MESH_TESTING_MESH_NET_H_

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "server/common/service_host.h"
#include "server/common/testing/test_certs.h"
#include "server/node/mesh/mesh.h"
#include "server/node/mesh/run_opening_driver.h"
#include "server/node/mesh/testing/local_net.h"

namespace raakvlak::node::testing {

// Ports that were free a moment ago, all different.
inline std::vector<int> FreePorts(size_t count) {
  std::vector<int> sockets;
  std::vector<int> ports;
  for (size_t i = 0; i < count; ++i) {
    const int socket_fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (socket_fd < 0 || ::bind(socket_fd, generic, size) != 0 ||
        ::getsockname(socket_fd, generic, &size) != 0) {
      std::abort();
    }
    sockets.push_back(socket_fd);
    ports.push_back(ntohs(address.sin_port));
  }
  for (const int socket_fd : sockets) ::close(socket_fd);
  return ports;
}

inline common::testing::LeafSpec LeafOf(const std::string& uri) {
  common::testing::LeafSpec spec;
  spec.uris = {uri};
  return spec;
}

// Patient: the machine may be busy.
inline RetryPolicy Patient() {
  return {.deadline = absl::Seconds(60),
          .call_timeout = absl::Seconds(30),
          .first_backoff = absl::Milliseconds(20),
          .max_backoff = absl::Milliseconds(200)};
}
// A node that was killed and is opened again has this long.
inline RetryPolicy CeremonyStep() {
  RetryPolicy policy = Patient();
  policy.unreachable_after = absl::Seconds(3);
  return policy;
}
// For what will not come.
inline RetryPolicy Hasty() {
  RetryPolicy policy = Patient();
  policy.deadline = absl::Seconds(2);
  return policy;
}

class MeshNode {
 public:
  MeshNode(const Partnership& partnership, size_t index, const common::Clock& clock,
           const common::testing::TestCa& ca)
      : id(partnership.id(index)),
        partnership_(partnership),
        index_(index),
        clock_(clock),
        random_(500 + index) {
    std::map<std::string, common::Caller> callers;
    for (const v1::Member& member : partnership.roster->body().members()) {
      const std::string& identity = member.node_identities(0);
      callers[identity] = {common::Role::kNode, member.agency_id(), identity};
    }
    roster_access_ = std::make_shared<common::StaticRosterAccess>(std::move(callers));
    const std::string uri = partnership.roster->body()
                                .members(static_cast<int>(index))
                                .node_identities(0)
                                .substr(std::string("uri:").size());
    tls = ca.IssueTo(directory / "tls", LeafOf(uri));
    Open();
  }
  ~MeshNode() { Kill(); }

  // Reads its stores and begins to serve.
  void Open() {
    Kill();
    pool = std::make_unique<common::WorkerPool>(common::WorkerPoolOptions{.threads = 2});
    const crypto::Secret<32> wrapping_key(std::array<uint8_t, 32>{7});
    mesh = Must(Mesh::Open({.own_id = id,
                            .directory = directory / "data",
                            .normaliser_version = std::string(kNormaliser),
                            .tls = tls,
                            .channels = {.max_reconnect_backoff = absl::Milliseconds(200)},
                            .ceremony_step = CeremonyStep(),
                            // Tests hold ceremonies in quick succession.
                            .minimum_epoch_age = absl::ZeroDuration()},
                           {.roster = *partnership_.roster,
                            .roster_key = partnership_.sample.roster_keys[index_],
                            .roster_access = roster_access_,
                            .fs = fs_,
                            .audit = audit,
                            .clock = clock_,
                            .random = random_,
                            .kernels = crypto::DefaultKernels(),
                            .pool = *pool},
                           wrapping_key));
    Serve(nullptr);
  }
  // Serves anew; `hostile` stands in for the evaluation service, if given.
  void Serve(v1::EvaluationService::Service* hostile) {
    host.reset();
    const std::vector<std::string> names{v1::EvaluationService::service_full_name(),
                                         v1::CeremonyService::service_full_name()};
    std::vector<common::MethodAccess> table;
    for (const char* method : {"OpenRun", "RevealRun", "Evaluate", "ConfirmOverlap"}) {
      table.push_back({"/" + names[0] + "/" + method, {common::Role::kNode}});
    }
    for (const char* method :
         {"Begin", "Reveal", "Deal", "Finish", "Activate", "Abort", "FetchTranscripts"}) {
      table.push_back({"/" + names[1] + "/" + method, {common::Role::kNode}});
    }
    gates_.push_back(std::move(gate));  // the services may hold it
    gate = Must(common::AccessGate::Create(table, names, *roster_access_, audit));
    if (services.evaluation == nullptr) services = mesh->MakeServices(*gate);
    const std::string endpoint =
        partnership_.roster->body().members(static_cast<int>(index_)).endpoint();
    host = Must(
        common::ServiceHost::Start({.address = "127.0.0.1" + endpoint.substr(endpoint.find(':')),
                                    .metrics_address = "",
                                    .tls = tls,
                                    .drain = absl::Milliseconds(200)},
                                   {{names[0], hostile != nullptr ? hostile : services.evaluation},
                                    {names[1], services.ceremony}},
                                   gate, metrics_, system_clock_));
  }
  void Kill() {
    host.reset();
    if (mesh != nullptr) mesh->Stop();
    if (pool != nullptr) pool->Shutdown();
    services = {nullptr, nullptr};
    mesh.reset();
    gates_.push_back(std::move(gate));
    pool.reset();
  }

  const std::string id;
  common::testing::TempDir directory;
  common::TlsFiles tls;
  RecordingAudit audit;
  std::unique_ptr<common::WorkerPool> pool;
  std::unique_ptr<Mesh> mesh;
  Mesh::Services services{nullptr, nullptr};
  std::shared_ptr<common::AccessGate> gate;
  std::unique_ptr<common::ServiceHost> host;

 private:
  const Partnership& partnership_;
  const size_t index_;
  const common::Clock& clock_;
  const common::SystemClock system_clock_;
  crypto::SeededRandom random_;
  common::PosixFileSystem fs_;
  common::Metrics metrics_;
  std::shared_ptr<const common::RosterAccess> roster_access_;
  std::vector<std::shared_ptr<common::AccessGate>> gates_;
};

class MeshNet {
 public:
  explicit MeshNet(int members,
                   const std::function<void(authority::testing::Sample&)>& change = nullptr)
      : partnership(members,
                    [&](authority::testing::Sample& sample) {
                      const std::vector<int> ports = FreePorts(static_cast<size_t>(members));
                      for (int i = 0; i < members; ++i) {
                        sample.roster.mutable_members(i)->set_endpoint(
                            "localhost:" + std::to_string(ports[static_cast<size_t>(i)]));
                      }
                      if (change != nullptr) change(sample);
                    }),
        clock(absl::FromUnixSeconds(authority::testing::Sample::kNotBefore + 100)) {
    for (size_t i = 0; i < partnership.size(); ++i) {
      nodes.push_back(std::make_unique<MeshNode>(partnership, i, clock, ca));
    }
  }
  MeshNode& node(size_t i) { return *nodes[i]; }
  Mesh& mesh(size_t i) { return *nodes[i]->mesh; }

  absl::StatusOr<std::shared_ptr<RunContext>> TakeUp(size_t i, const v1::RunManifest& manifest) {
    return mesh(i).registry().TakeUp(manifest.SerializeAsString(), partnership.purpose_document);
  }
  // Opens a run that all (or some) have taken up; one status a node, OK for who did not take part.
  std::vector<absl::Status> OpenRun(const std::vector<std::shared_ptr<RunContext>>& runs,
                                    const RetryPolicy& policy) {
    std::vector<absl::Status> statuses(runs.size());
    std::vector<std::thread> threads;
    for (size_t i = 0; i < runs.size(); ++i) {
      if (runs[i] == nullptr) continue;
      threads.emplace_back([&, i] {
        statuses[i] = OpenRunWithPeers(mesh(i).registry(), *runs[i], mesh(i).peers(),
                                       nodes[i]->audit, policy, nullptr);
      });
    }
    for (std::thread& thread : threads) thread.join();
    return statuses;
  }
  std::vector<std::shared_ptr<RunContext>> OpenRunEverywhere(const v1::RunManifest& manifest) {
    std::vector<std::shared_ptr<RunContext>> runs;
    runs.reserve(nodes.size());
    for (size_t i = 0; i < nodes.size(); ++i) runs.push_back(Must(TakeUp(i, manifest)));
    for (const absl::Status& status : OpenRun(runs, Patient())) Must(status);
    return runs;
  }
  // Partials of node `i`'s own committee for its chunk; the first error.
  absl::StatusOr<std::vector<crypto::VerifiedPartial>> Partials(size_t i,
                                                                std::shared_ptr<RunContext> run,
                                                                std::string_view type,
                                                                uint64_t number,
                                                                const crypto::BlindedChunk& chunk) {
    std::vector<crypto::VerifiedPartial> partials;
    for (const std::string& evaluator : run->EvaluatorsOf(nodes[i]->id)) {
      auto client = EvaluationClient::Create(mesh(i).ClientDependencies(), run, type, evaluator,
                                             {.retry = Patient()});
      if (!client.ok()) return client.status();
      auto partial = (*client)->Ask(number, chunk);
      if (!partial.ok()) return partial.status();
      partials.push_back(*std::move(partial));
    }
    return partials;
  }

  common::testing::TestCa ca;
  Partnership partnership;
  common::FakeClock clock;
  std::vector<std::unique_ptr<MeshNode>> nodes;
};

}  // namespace raakvlak::node::testing

#endif  // RAAKVLAK_SERVER_NODE_MESH_TESTING_MESH_NET_H_
