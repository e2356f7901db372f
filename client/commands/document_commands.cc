// Subcommands, reading, signing and saving of documents.
#include "client/commands/document_commands.h"

#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "authority/document_text.h"
#include "client/files.h"
#include "nlohmann/json.hpp"

namespace raakvlak::client {

CLI::App* AddDocumentCommands(CLI::App& app, const DocumentCommands& commands, Session& session) {
  const std::string& noun = commands.noun;
  const std::string file_help = absl::AsciiStrToUpper(noun.substr(0, 1)) + noun.substr(1);
  const std::string raak = absl::StrCat("raak ", noun, " ");
  const std::string example = absl::StrCat(commands.example, ".json");
  auto options = std::make_shared<DocumentOptions>();
  const auto run = [&session, options](DocumentAction action) {
    return [&session, options, action = std::move(action)] {
      session.Finish(action(*options, session));
    };
  };
  CLI::App* group = app.add_subcommand(noun, commands.summary);
  group->require_subcommand(1);

  CLI::App* make =
      group->add_subcommand("new", absl::StrCat("Make an unsigned ", noun, " from TOML (officer)"));
  make->add_option("--from", options->from, "TOML file (docs/raak.md shows one)")->required();
  make->add_option("file", options->file, file_help + " to write")->required();
  make->footer(
      absl::StrCat("\nExample:\n  ", raak, "new --from ", commands.example, ".toml ", example));
  make->callback(run(commands.make));

  CLI::App* sign = group->add_subcommand("sign", "Sign as the officer of an agency");
  sign->add_option("file", options->file, file_help)->required();
  sign->add_option("--agency", options->agency, "Agency to sign for")->required();
  sign->add_option("--signing-key", options->key, "The officer's signing key")->required();
  sign->footer(absl::StrCat("\nRead it first: `", raak, "show FILE`.\n\nExample:\n  ", raak,
                            "sign ", example, " --agency police --signing-key officer.key",
                            commands.needs_roster ? " --roster roster.json" : ""));
  sign->callback(run(commands.sign));

  CLI::App* verify = group->add_subcommand("verify", "Check every signature and the dates");
  verify->add_option("file", options->file, file_help)->required();
  verify->footer(absl::StrCat("\nExample:\n  ", raak, "verify ", example,
                              commands.needs_roster ? " --roster roster.json" : ""));
  verify->callback(run(commands.verify));
  if (commands.needs_roster) {
    for (CLI::App* command : {sign, verify}) {
      command->add_option("--roster", options->roster, "Signed roster")->required();
    }
  }

  CLI::App* show = group->add_subcommand("show", "Everything in it, and who has signed");
  show->add_option("file", options->file, file_help)->required();
  show->footer(absl::StrCat("\nExample:\n  ", raak, "show ", example));
  show->callback(run(commands.show));
  return group;
}

absl::StatusOr<v1::SignedDocument> ReadDocument(const std::string& path, std::string_view kind) {
  auto text = ReadFile(path);
  if (!text.ok()) return text.status();
  auto document = authority::ParseDocument(*text);
  if (!document.ok()) return InFile(path, document.status());
  if (document->kind() != kind) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " is a ", document->kind(), ", not a ", std::string(kind)));
  }
  return document;
}

absl::Status WriteUnsigned(std::string_view kind, const std::string& body,
                           const std::string& description, const std::string& next,
                           const DocumentOptions& options, Session& session) {
  v1::SignedDocument document;
  document.set_kind(std::string(kind));
  document.set_body(body);
  absl::Status status = WriteFile(options.file, authority::FormatDocument(document));
  if (!status.ok()) return status;
  if (session.json) {
    session.out() << nlohmann::ordered_json{{"file", options.file}}.dump(2) << "\n";
  } else {
    session.out() << description << "\nwrote " << options.file << "; " << next << "\n";
  }
  return absl::OkStatus();
}

absl::Status SignDocumentFile(v1::SignedDocument document, const crypto::VerifyKey& officer_key,
                              const DocumentOptions& options, Session& session) {
  auto key = ReadSigningKey(options.key);
  if (!key.ok()) return key.status();
  if (key->verify_key() != officer_key) {
    return absl::PermissionDeniedError(absl::StrCat(
        options.key, " is not the key that the roster names for the officer of ", options.agency));
  }
  authority::SignDocument(document, options.agency, *key);
  absl::Status status = WriteFile(options.file, authority::FormatDocument(document));
  if (status.ok() && !session.json) session.out() << "signed for " << options.agency << "\n";
  return status;
}

absl::StatusOr<authority::Roster> OpenRosterFile(const std::string& path) {
  auto document = ReadDocument(path, authority::kRosterKind);
  if (!document.ok()) return document.status();
  auto roster = authority::Roster::Open(*document, std::nullopt);
  if (!roster.ok()) return InFile(path, roster.status());
  return roster;
}

}  // namespace raakvlak::client
