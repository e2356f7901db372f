// raak roster: make, sign, verify and show the roster.
#include "authority/roster.h"

#include <ctime>
#include <memory>

#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"
#include "client/commands/document_commands.h"
#include "client/document_toml.h"
#include "client/files.h"
#include "nlohmann/json.hpp"

namespace raakvlak::client {
namespace {

struct Options {
  std::string file;
  std::string from;
  std::string agency;
  std::string key;
};

absl::StatusOr<v1::Roster> ReadBody(const v1::SignedDocument& document, const std::string& path) {
  v1::Roster roster;
  if (!roster.ParseFromString(document.body())) {
    return absl::InvalidArgumentError(path + ": the body cannot be read");
  }
  if (absl::Status s = authority::CheckRosterForm(roster); !s.ok()) return InFile(path, s);
  return roster;
}

absl::Status New(const Options& options, Session& session) {
  auto text = ReadFile(options.from);
  if (!text.ok()) return text.status();
  auto roster = RosterFromToml(*text, options.from);
  if (!roster.ok()) return roster.status();
  v1::SignedDocument document;
  document.set_kind(std::string(authority::kRosterKind));
  document.set_body(roster->SerializeAsString());
  if (absl::Status s = WriteDocument(options.file, document); !s.ok()) return s;
  if (!session.json) {
    session.out() << DescribeRoster(*roster) << "\nwrote " << options.file
                  << "; now every member's officer signs it with `raak roster sign`\n";
  } else {
    session.out() << nlohmann::ordered_json{{"file", options.file}}.dump(2) << "\n";
  }
  return absl::OkStatus();
}

absl::Status Sign(const Options& options, Session& session) {
  auto document = ReadDocument(options.file, authority::kRosterKind);
  if (!document.ok()) return document.status();
  auto roster = ReadBody(*document, options.file);
  if (!roster.ok()) return roster.status();
  for (const v1::Member& member : roster->members()) {
    if (member.agency_id() != options.agency) continue;
    auto officer = crypto::VerifyKey::Parse(crypto::AsBytes(member.officer_key()));
    if (!officer.ok()) return officer.status();
    absl::Status s = SignFile(options.file, *document, options.agency, *officer, options.key);
    if (s.ok() && !session.json) session.out() << "signed for " << options.agency << "\n";
    return s;
  }
  return absl::NotFoundError(absl::StrCat(options.file, " does not list ", options.agency));
}

absl::Status Verify(const Options& options, Session& session) {
  auto roster = OpenRosterFile(options.file);
  if (!roster.ok()) return roster.status();
  if (absl::Status s = roster->CheckValidAt(std::time(nullptr)); !s.ok())
    return InFile(options.file, s);
  if (session.json) {
    session.out()
        << nlohmann::ordered_json{{"valid", true}, {"members", roster->body().members_size()}}.dump(
               2)
        << "\n";
  } else {
    session.out() << "good: signed by the officers of all " << roster->body().members_size()
                  << " members\n";
  }
  return absl::OkStatus();
}

absl::Status Show(const Options& options, Session& session) {
  auto document = ReadDocument(options.file, authority::kRosterKind);
  if (!document.ok()) return document.status();
  auto roster = ReadBody(*document, options.file);
  if (!roster.ok()) return roster.status();
  session.out() << DescribeRoster(*roster) << "\n";
  for (const v1::Member& member : roster->members()) {
    auto officer = crypto::VerifyKey::Parse(crypto::AsBytes(member.officer_key()));
    const absl::Status s =
        authority::VerifyOfficerSignature(*document, member.agency_id(), *officer);
    session.out() << "signature of " << member.agency_id() << ": "
                  << (s.ok()                                            ? "good"
                      : s.code() == absl::StatusCode::kPermissionDenied ? "BAD"
                                                                        : "lacking")
                  << "\n";
  }
  return absl::OkStatus();
}

}  // namespace

void AddRoster(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* roster =
      app.add_subcommand("roster", "Make, sign, verify and show the roster (officer)");
  roster->require_subcommand(1);

  CLI::App* make = roster->add_subcommand("new", "Make an unsigned roster from TOML");
  make->add_option("--from", options->from, "TOML file (docs/raak.md shows one)")->required();
  make->add_option("file", options->file, "Roster to write")->required();
  make->footer("\nExample:\n  raak roster new --from roster.toml roster.json");
  make->callback([options, &session] { session.Finish(New(*options, session)); });

  CLI::App* sign = roster->add_subcommand("sign", "Sign as the officer of an agency");
  sign->add_option("file", options->file, "Roster")->required();
  sign->add_option("--agency", options->agency, "Agency to sign for")->required();
  sign->add_option("--signing-key", options->key, "The officer's signing key")->required();
  sign->footer(
      "\nRead it first: `raak roster show FILE`.\n\nExample:\n"
      "  raak roster sign roster.json --agency police --signing-key officer.key");
  sign->callback([options, &session] { session.Finish(Sign(*options, session)); });

  CLI::App* verify = roster->add_subcommand("verify", "Check every signature and the date");
  verify->add_option("file", options->file, "Roster")->required();
  verify->callback([options, &session] { session.Finish(Verify(*options, session)); });

  CLI::App* show = roster->add_subcommand("show", "Everything in it, and who has signed");
  show->add_option("file", options->file, "Roster")->required();
  show->callback([options, &session] { session.Finish(Show(*options, session)); });
}

}  // namespace raakvlak::client
