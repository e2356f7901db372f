#include "server/node/config.h"

#include <algorithm>
#include <memory>
#include <thread>

#include "server/common/config.h"
#include "server/node/status_macros.h"

namespace raakvlak::node {
namespace {

void ReadWrappingKey(common::ConfigSection section, WrappingKeySource& key) {
  const std::string source =
      section.Choice("source", {"file", "credential", "passphrase"}, std::string("file"));
  if (source == "credential") {
    key.kind = WrappingKeySource::Kind::kCredential;
    key.name = section.String("name", "raakvlak-node.key");
  } else {
    key.kind =
        source == "file" ? WrappingKeySource::Kind::kFile : WrappingKeySource::Kind::kPassphrase;
    key.path = section.Path("path");
  }
}

absl::StatusOr<NodeConfig> Read(common::ConfigFile& file) {
  NodeConfig config;
  common::ConfigSection root = file.root();
  config.agency_id = root.String("agency_id");
  config.listen = root.String("listen", "0.0.0.0:7443");
  config.metrics_address = root.String("metrics", "");
  config.data_directory = root.Path("data_dir");
  config.roster_path = root.Path("roster");
  config.officer_key = root.String("officer_key");
  config.roster_key_path = root.Path("roster_key_file");
  config.log_level = root.Choice("log_level", {"trace", "debug", "info", "warn", "error", "off"},
                                 std::string("info"));

  common::ConfigSection tls = root.Section("tls");
  config.tls.ca = tls.Path("ca");
  config.tls.cert = tls.Path("cert");
  config.tls.key = tls.Path("key");
  config.check_host_name = tls.Bool("check_host_name", true);

  ReadWrappingKey(root.Section("wrapping_key"), config.wrapping_key);
  config.matcher_endpoint = root.Section("matcher").String("endpoint", "");

  if (root.Has("source")) {
    common::ConfigSection source = root.Section("source");
    config.source.path = source.Path("file");
    config.source.schema_path = source.Path("schema");
    config.source.label = source.String("label", "nightly source");
  }

  common::ConfigSection workers = root.Section("workers");
  config.threads = static_cast<std::size_t>(
      workers.Integer("threads", {.minimum = 0, .maximum = 1024, .default_value = 0}));
  config.evaluation.chunk_size = static_cast<std::size_t>(
      workers.Integer("chunk_size", {.minimum = 1, .maximum = 32'767, .default_value = 8192}));
  config.evaluation.in_flight = static_cast<std::size_t>(
      workers.Integer("chunks_in_flight", {.minimum = 0, .maximum = 256, .default_value = 0}));
  if (config.evaluation.in_flight == 0) {
    // Enough to keep every core busy while answers are awaited.
    config.evaluation.in_flight =
        std::clamp<std::size_t>(std::thread::hardware_concurrency(), 4, 64);
  }

  common::ConfigSection limits = root.Section("limits");
  config.run_memory_bytes = limits.Size("run_memory", {.minimum = std::uint64_t{16} << 20,
                                                       .maximum = std::uint64_t{64} << 30,
                                                       .default_value = std::uint64_t{64} << 20});
  config.network_memory_bytes =
      limits.Size("network_memory", {.minimum = std::uint64_t{32} << 20,
                                     .maximum = std::uint64_t{16} << 30,
                                     .default_value = std::uint64_t{256} << 20});
  config.max_calls = static_cast<int>(
      limits.Integer("max_calls", {.minimum = 16, .maximum = 4096, .default_value = 128}));

  config.peer_patience = limits.Duration(
      "peer_patience",
      {.minimum = absl::Seconds(1), .maximum = absl::Hours(24), .default_value = absl::Minutes(5)});

  config.minimum_epoch_age =
      limits.Duration("minimum_epoch_age", {.minimum = absl::ZeroDuration(),
                                            .maximum = absl::Hours(24 * 366),
                                            .default_value = absl::Hours(24)});

  common::ConfigSection retention = root.Section("retention");
  config.keep_datasets = static_cast<int>(
      retention.Integer("datasets", {.minimum = 1, .maximum = 100, .default_value = 3}));
  config.keep_results = static_cast<int>(
      retention.Integer("results", {.minimum = 1, .maximum = 1000, .default_value = 30}));

  NODE_RETURN_IF_ERROR(file.Finish());
  return config;
}

}  // namespace

absl::StatusOr<NodeConfig> LoadNodeConfig(const std::string& path) {
  NODE_ASSIGN_OR_RETURN(std::unique_ptr<common::ConfigFile> file, common::ConfigFile::Load(path));
  return Read(*file);
}

absl::StatusOr<NodeConfig> ParseNodeConfig(std::string_view text, const std::string& path) {
  NODE_ASSIGN_OR_RETURN(std::unique_ptr<common::ConfigFile> file,
                        common::ConfigFile::Parse(text, path));
  return Read(*file);
}

}  // namespace raakvlak::node
