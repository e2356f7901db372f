// raakvlak-matcher: the command line around MatcherDaemon.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "server/common/data_directory.h"
#include "server/common/logging.h"
#include "server/common/process.h"
#include "server/matcher/daemon.h"

namespace {

// sysexits.h
constexpr int kExitUsage = 64;
constexpr int kExitUnavailable = 69;
constexpr int kExitConfig = 78;

constexpr char kExamples[] = R"(Examples:
  raakvlak-matcher --config /etc/raakvlak/matcher.toml
  raakvlak-matcher --config /etc/raakvlak/matcher.toml --check-config

Exit codes:
  0   stopped by SIGTERM or SIGINT, or the configuration is good
  64  wrong command line
  69  could not start or serve (address taken, data directory not usable, disk full)
  78  wrong configuration, roster, key or certificate)";

int Complain(const absl::Status& status, int code) {
  std::fprintf(stderr, "raakvlak-matcher: %s\n", std::string(status.message()).c_str());
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  if (absl::Status s = raakvlak::common::HardenProcess(); !s.ok()) {
    return Complain(s, kExitUnavailable);
  }
  raakvlak::common::LimitHeaps();
  raakvlak::common::JoinFreedMemoryAtOnce();
  raakvlak::common::LeaveLockOrderUnwatched();
  CLI::App app(
      "The central matcher of Raakvlak: intersects the run tags of agency nodes and reports where "
      "their records touch. It holds no key and sees no identifier.");
  app.footer(kExamples);
  std::string config;
  bool check = false;
  app.add_option("--config", config, "Configuration file (TOML)")->required()->type_name("FILE");
  app.add_flag("--check-config", check,
               "Check configuration, roster, key, certificate and data directory, then stop");
  app.set_version_flag("--version", std::string("raakvlak-matcher ") + RAAKVLAK_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }

  auto options = raakvlak::matcher::LoadMatcherOptions(config);
  if (!options.ok()) return Complain(options.status(), kExitConfig);
  raakvlak::common::PosixFileSystem fs;
  raakvlak::common::SystemClock clock;
  raakvlak::crypto::SystemRandom random;
  if (absl::Status s = raakvlak::matcher::CheckMatcher(*options, fs, clock); !s.ok()) {
    return Complain(s, kExitConfig);
  }
  if (check) {
    // As the start would find it, which then says so with the same exit code.
    const absl::StatusOr<std::string> directory =
        raakvlak::common::CheckDataDirectory(options->runs.data_dir);
    if (!directory.ok()) return Complain(directory.status(), kExitUnavailable);
    if (!directory->empty()) std::printf("%s\n", directory->c_str());
    std::printf("%s is good\n", config.c_str());
    return 0;
  }
  if (absl::Status s = raakvlak::common::InitLogging("raakvlak-matcher", options->log_level);
      !s.ok()) {
    return Complain(s, kExitConfig);
  }
  raakvlak::common::BlockShutdownSignals();
  auto daemon = raakvlak::matcher::MatcherDaemon::Start(*std::move(options), RAAKVLAK_VERSION, fs,
                                                        clock, random);
  if (!daemon.ok()) return Complain(daemon.status(), kExitUnavailable);
  return (*daemon)->Run();
}
