// Puts the subcommands together.
#include "client/app.h"

#include <CLI/CLI.hpp>

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
    const int code = app.exit(error, session.out(), session.err());
    return code == 0 ? kExitOk : kExitUsage;
  }
  return session.exit_code();
}

}  // namespace raakvlak::client
