// The node's configuration file (TOML); deploy/node.toml is a commented sample of every key.
#ifndef RAAKVLAK_SERVER_NODE_CONFIG_H_
#define RAAKVLAK_SERVER_NODE_CONFIG_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/common/tls.h"
#include "server/node/run_options.h"

namespace raakvlak::node {

// Where the key comes from that wraps everything secret in the data directory.
struct WrappingKeySource {
  enum class Kind { kFile, kCredential, kPassphrase };
  Kind kind = Kind::kFile;
  std::string path;  // kFile: the key; kPassphrase: a file with the passphrase, mode 0600
  std::string name;  // kCredential: name in $CREDENTIALS_DIRECTORY
};

struct NodeConfig {
  std::string agency_id;
  std::string listen;           // host:port
  std::string metrics_address;  // empty: no metrics page
  std::string data_directory;
  std::string roster_path;
  // Of this agency's officer, 64 hexadecimal digits: trust in the roster begins here.
  std::string officer_key;
  std::string roster_key_path;
  std::string log_level;
  common::TlsFiles tls;
  bool check_host_name = true;
  WrappingKeySource wrapping_key;
  std::string matcher_endpoint;  // empty: the roster's
  SourceFile source;
  std::size_t threads = 0;  // for computing; 0: one a core
  EvaluationOptions evaluation;
  std::uint64_t run_memory_bytes = 0;
  std::uint64_t network_memory_bytes = 0;
  int max_calls = 0;
  absl::Duration peer_patience = absl::ZeroDuration();
  // mesh/ceremony_participant.h
  absl::Duration minimum_epoch_age = absl::Hours(24);
  int keep_datasets = 0;
  int keep_results = 0;
};

// InvalidArgument with every mistake: file, line, key, remedy.
absl::StatusOr<NodeConfig> LoadNodeConfig(const std::string& path);
absl::StatusOr<NodeConfig> ParseNodeConfig(std::string_view text, const std::string& path);

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_CONFIG_H_
