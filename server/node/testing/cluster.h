// Three real nodes and a fake matcher in one process, over mutual TLS on loopback, with everything
// on disk that their configurations name. For tests only.
#ifndef RAAKVLAK_SERVER_NODE_TESTING_CLUSTER_H_
#define RAAKVLAK_SERVER_NODE_TESTING_CLUSTER_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "authority/roster.h"
#include "authority/testing/sample.h"
#include "raakvlak/v1/stewardship.grpc.pb.h"
#include "server/common/audit.h"
#include "server/common/clock.h"
#include "server/common/service_host.h"
#include "server/common/testing/temp_dir.h"
#include "server/common/testing/test_certs.h"
#include "server/node/daemon.h"
#include "server/node/testing/fake_matcher.h"

namespace raakvlak::node::testing {

class Cluster {
 public:
  // `types`: identifier types of roster and purpose, in order of name. With `block_keys` the
  // purpose has a comparison profile that may plan so many keys (Sample::AddProfile).
  explicit Cluster(const std::vector<std::string>& types, std::size_t chunk_size = 64,
                   std::uint32_t block_keys = 0);
  ~Cluster();

  static constexpr int kNodes = 3;
  std::string Id(int node) const;
  FakeMatcher& matcher() { return *matcher_; }
  NodeDaemon& node(int node) { return *nodes_[static_cast<std::size_t>(node)]; }
  std::string home(int node) const;
  std::string data_directory(int node) const;
  // For the next start of a node.
  void SetPeerPatience(const std::string& duration) { peer_patience_ = duration; }
  void SetSource(int node, const std::string& file, const std::string& schema);

  // Ends a node, or starts it (again) from its directory.
  void StopNode(int node);
  absl::Status StartNode(int node);

  // As the node's steward.
  v1::StewardshipService::Stub& steward(int node) {
    return *stewards_[static_cast<std::size_t>(node)];
  }
  grpc::Status Ceremony(int leader, std::uint64_t* epoch = nullptr);
  grpc::Status Submit(int node, const std::string& csv, const std::string& schema,
                      v1::SubmitDatasetResponse* response = nullptr,
                      const std::string& request_id = "");
  std::vector<v1::StewardMatch> Matches(int node, const std::string& run_id = "");

  // A manifest for the present epoch and all nodes, offered; gives HM.
  std::string StartRun(std::int64_t lasts_seconds = 120);
  v1::RunManifest NextManifest(std::int64_t lasts_seconds = 120);
  // Of the next runs; agency-a's.
  void SetPlan(const v1::BlockingPlan& plan) { plan_ = plan; }
  v1::SignedDocument purpose() const { return sample_.SignedPurpose(); }

  authority::testing::Sample& sample() { return sample_; }

 private:
  NodeConfig ConfigOf(int node) const;
  std::shared_ptr<grpc::Channel> ChannelTo(int node, const std::string& as) const;

  common::testing::TempDir directory_;
  common::testing::TestCa ca_;
  authority::testing::Sample sample_;
  std::size_t chunk_size_;
  std::optional<authority::Roster> roster_;
  std::shared_ptr<const common::RosterAccess> identities_;
  common::SystemClock clock_;
  common::PosixFileSystem fs_;
  common::Metrics metrics_;
  std::unique_ptr<common::AuditLog> audit_;
  std::unique_ptr<FakeMatcher> matcher_;
  std::unique_ptr<common::ServiceHost> matcher_host_;
  std::vector<std::unique_ptr<NodeDaemon>> nodes_;
  std::vector<std::unique_ptr<v1::StewardshipService::Stub>> stewards_;
  std::string peer_patience_ = "60s";
  std::map<int, std::string> sources_;
  std::optional<v1::BlockingPlan> plan_;
  std::uint64_t counter_ = 0;
  std::uint64_t epoch_ = 0;
};

}  // namespace raakvlak::node::testing

#endif  // RAAKVLAK_SERVER_NODE_TESTING_CLUSTER_H_
