// raakvlak-node: one agency's node. Thin: options, configuration, start, serve.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "server/common/clock.h"
#include "server/common/data_directory.h"
#include "server/common/logging.h"
#include "server/common/process.h"
#include "server/common/service_host.h"
#include "server/node/config.h"
#include "server/node/daemon.h"

namespace {

// Exit codes, as in the manual: 2 the command line, 3 the configuration or a file it names, 4 the
// start (an address that is taken, a data directory that does not open).
constexpr int kBadConfiguration = 3;
constexpr int kCannotStart = 4;

int Fail(const absl::Status& status, int code) {
  std::fprintf(stderr, "raakvlak-node: %s\n", std::string(status.message()).c_str());
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace raakvlak;  // NOLINT: main only
  if (absl::Status status = common::HardenProcess(); !status.ok())
    return Fail(status, kCannotStart);
  common::KeepFreedMemory();
  common::LimitHeaps();
  common::JoinFreedMemoryAtOnce();
  common::LeaveLockOrderUnwatched();

  CLI::App app{"One agency's node: keeps its datasets, takes part in key ceremonies and runs."};
  app.footer(
      "Examples:\n"
      "  raakvlak-node --config /etc/raakvlak/node.toml\n"
      "  raakvlak-node --config /etc/raakvlak/node.toml --check-config\n\n"
      "Exit codes: 0 ended when told to, 2 wrong command line, 3 wrong configuration, 4 cannot "
      "start.");
  std::string path = "/etc/raakvlak/node.toml";
  bool check = false;
  app.add_option("--config", path, "The configuration file (TOML)")->capture_default_str();
  app.add_flag("--check-config", check,
               "Check the configuration, every file it names and the data directory, then exit");
  app.set_version_flag("--version", [] { return node::VersionText(); });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  absl::StatusOr<node::NodeConfig> config = node::LoadNodeConfig(path);
  if (!config.ok()) return Fail(config.status(), kBadConfiguration);
  // Before gRPC or any thread starts.
  common::BlockShutdownSignals();
  {
    // Also before starting: a wrong file exits 3 both ways, so that a supervisor need not try
    // again.
    const absl::StatusOr<node::NodeTrust> trust =
        node::CheckNodeFiles(*config, common::SystemClock());
    if (!trust.ok()) return Fail(trust.status(), kBadConfiguration);
  }
  if (check) {
    // As the start would find it, which then says so with the same exit code.
    const absl::StatusOr<std::string> directory =
        common::CheckDataDirectory(config->data_directory);
    if (!directory.ok()) return Fail(directory.status(), kCannotStart);
    if (!directory->empty()) std::printf("%s\n", directory->c_str());
    std::printf("%s: in order\n", path.c_str());
    return 0;
  }
  if (absl::Status status = common::InitLogging(std::string(node::kProgramName), config->log_level);
      !status.ok()) {
    return Fail(status, kBadConfiguration);
  }
  absl::StatusOr<std::unique_ptr<node::NodeDaemon>> daemon =
      node::NodeDaemon::Start(*std::move(config));
  if (!daemon.ok()) return Fail(daemon.status(), kCannotStart);
  return (*daemon)->Run();
}
