// Puts the subcommands together.
#include "client/app.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"
#include "client/exit_code.h"

namespace raakvlak::client {
namespace {

constexpr char kFooter[] = R"(
The profile (TOML; $RAAK_CONFIG, or ~/.config/raakvlak/raak.toml) says whom to talk to, and as whom:
  ca = "ca.pem"                 # paths relative to the profile
  cert = "steward.pem"
  key = "steward.key"
  node = "node.example.nl:7443"      # stewards: the own agency's node
  matcher = "matcher.example.nl:7440" # coordinators

Examples:
  raak check cases.csv --schema cases.toml
  raak submit cases.csv --schema cases.toml
  raak run start harbour --watch
  raak report harbour-7 --csv --out report.csv

Exit codes: 0 done, 1 unexpected, 2 usage, 3 a file is not good, 4 not allowed, 5 unreachable,
6 not found or not possible now, 7 the watched run failed, 130 interrupted.)";

}  // namespace

namespace {

// The subcommands as far as they were understood, each followed by a space.
std::string CommandPath(const CLI::App& app) {
  std::string path;
  for (const CLI::App* command : app.get_subcommands()) {
    absl::StrAppend(&path, command->get_name(), " ", CommandPath(*command));
  }
  return path;
}

}  // namespace

int RunApp(int argc, const char* const* argv, Session& session) {
  CLI::App app("Raakvlak: where the records of several agencies touch", "raak");
  app.footer(kFooter);
  app.set_version_flag("--version", std::string("raak ") + RAAKVLAK_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--config", session.profile_path, "Profile to use (TOML)")->type_name("FILE");
  app.add_option("--ca", session.overrides.ca, "CA certificates (PEM)")->type_name("FILE");
  app.add_option("--cert", session.overrides.cert, "Own certificate (PEM)")->type_name("FILE");
  app.add_option("--key", session.overrides.key, "Own private key (PEM)")->type_name("FILE");
  app.add_option("--node", session.overrides.node, "The own agency's node")->type_name("HOST:PORT");
  app.add_option("--matcher", session.overrides.matcher, "The matcher")->type_name("HOST:PORT");
  app.add_flag("--json", session.json, "Answer with one JSON object on standard output");

  AddCheck(app, session);
  AddSubmit(app, session);
  AddMatches(app, session);
  AddReview(app, session);
  AddDuplicates(app, session);
  AddRun(app, session);
  AddReport(app, session);
  AddKeys(app, session);
  AddRoster(app, session);
  AddPurpose(app, session);
  AddStatus(app, session);
  AddDoctor(app, session);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      app.exit(error, session.out(), session.err());  // --help, --version
      return kExitOk;
    }
    // The flag may stand behind what could not be understood.
    session.json = std::any_of(argv, argv + argc,
                               [](const char* text) { return std::string_view(text) == "--json"; });
    session.FinishUsage(
        absl::StrCat(error.what(), "; `raak ", CommandPath(app), "--help` shows what is possible"));
    return session.exit_code();
  }
  return session.exit_code();
}

}  // namespace raakvlak::client
