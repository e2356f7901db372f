// What `raak roster` and `raak purpose` do alike: new, sign, verify and show of a signed document.
#ifndef RAAKVLAK_CLIENT_COMMANDS_DOCUMENT_COMMANDS_H_
#define RAAKVLAK_CLIENT_COMMANDS_DOCUMENT_COMMANDS_H_

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "authority/roster.h"
#include "client/files.h"
#include "client/session.h"
#include "raakvlak/v1/authority.pb.h"

namespace raakvlak::client {

// What stood on the command line.
struct DocumentOptions {
  std::string file;
  std::string from;    // new: the TOML file
  std::string agency;  // sign
  std::string key;     // sign: the officer's signing key
  std::string roster;  // sign and verify, where the document is not the roster itself
};

using DocumentAction =
    std::function<absl::Status(const DocumentOptions& options, Session& session)>;

// One kind of document, as its commands name it and what they do.
struct DocumentCommands {
  std::string noun;     // "roster": `raak roster`
  std::string summary;  // of `raak roster`
  std::string example;  // a file's name without its ending
  // Who signed what is checked against a roster in a file of its own.
  bool needs_roster = false;
  DocumentAction make;
  DocumentAction sign;
  DocumentAction verify;
  DocumentAction show;
};

// Adds `raak NOUN new|sign|verify|show`. More subcommands may be added to what it returns.
CLI::App* AddDocumentCommands(CLI::App& app, const DocumentCommands& commands, Session& session);

// Reads a document and checks its kind; errors name the file.
absl::StatusOr<v1::SignedDocument> ReadDocument(const std::string& path, std::string_view kind);

// Reads a document and its body, whose form `check` looks at; signatures are not checked.
template <typename Body>
absl::StatusOr<std::pair<v1::SignedDocument, Body>> ReadUnverified(
    const std::string& path, std::string_view kind, absl::Status (*check)(const Body&)) {
  absl::StatusOr<v1::SignedDocument> document = ReadDocument(path, kind);
  if (!document.ok()) return document.status();
  Body body;
  if (!body.ParseFromString(document->body())) {
    return absl::InvalidArgumentError(path + ": the body cannot be read");
  }
  if (absl::Status status = check(body); !status.ok()) return InFile(path, status);
  return std::make_pair(*std::move(document), std::move(body));
}

// Writes an unsigned document to options.file, and says so with its `description` and what comes
// `next`.
absl::Status WriteUnsigned(std::string_view kind, const std::string& body,
                           const std::string& description, const std::string& next,
                           const DocumentOptions& options, Session& session);

// Signs the document in options.file as the officer of options.agency, whose public key must be
// `officer_key`.
absl::Status SignDocumentFile(v1::SignedDocument document, const crypto::VerifyKey& officer_key,
                              const DocumentOptions& options, Session& session);

// Reads a roster and checks every signature.
absl::StatusOr<authority::Roster> OpenRosterFile(const std::string& path);

}  // namespace raakvlak::client

#endif  // RAAKVLAK_CLIENT_COMMANDS_DOCUMENT_COMMANDS_H_
