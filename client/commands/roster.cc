// raak roster: make, sign, verify and show the roster.
#include "authority/roster.h"

#include <ctime>

#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"
#include "client/commands/document_commands.h"
#include "client/document_toml.h"
#include "client/files.h"
#include "nlohmann/json.hpp"

namespace raakvlak::client {
namespace {

absl::StatusOr<std::pair<v1::SignedDocument, v1::Roster>> ReadUnverifiedRoster(
    const std::string& path) {
  return ReadUnverified(path, authority::kRosterKind, authority::CheckRosterForm);
}

absl::Status MakeRoster(const DocumentOptions& options, Session& session) {
  auto text = ReadFile(options.from);
  if (!text.ok()) return text.status();
  auto roster = RosterFromToml(*text, options.from);
  if (!roster.ok()) return roster.status();
  return WriteUnsigned(authority::kRosterKind, roster->SerializeAsString(), DescribeRoster(*roster),
                       "now every member's officer signs it with `raak roster sign`", options,
                       session);
}

absl::Status SignRoster(const DocumentOptions& options, Session& session) {
  auto read = ReadUnverifiedRoster(options.file);
  if (!read.ok()) return read.status();
  const auto& [document, roster] = *read;
  for (const v1::Member& member : roster.members()) {
    if (member.agency_id() != options.agency) continue;
    auto officer = crypto::VerifyKey::Parse(crypto::AsBytes(member.officer_key()));
    if (!officer.ok()) return officer.status();
    return SignDocumentFile(document, *officer, options, session);
  }
  return absl::NotFoundError(absl::StrCat(options.file, " does not list ", options.agency));
}

absl::Status VerifyRoster(const DocumentOptions& options, Session& session) {
  auto roster = OpenRosterFile(options.file);
  if (!roster.ok()) return roster.status();
  if (absl::Status s = roster->CheckValidAt(std::time(nullptr)); !s.ok()) {
    return InFile(options.file, s);
  }
  const int members = roster->body().members_size();
  if (session.json) {
    session.out() << nlohmann::ordered_json{{"valid", true}, {"members", members}}.dump(2) << "\n";
  } else {
    session.out() << "good: signed by the officers of all " << members << " members\n";
  }
  return absl::OkStatus();
}

absl::Status ShowRoster(const DocumentOptions& options, Session& session) {
  auto read = ReadUnverifiedRoster(options.file);
  if (!read.ok()) return read.status();
  const auto& [document, roster] = *read;
  session.out() << DescribeRoster(roster) << "\n";
  for (const v1::Member& member : roster.members()) {
    auto officer = crypto::VerifyKey::Parse(crypto::AsBytes(member.officer_key()));
    const absl::Status s =
        authority::VerifyOfficerSignature(document, member.agency_id(), *officer);
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
  AddDocumentCommands(app,
                      {.noun = "roster",
                       .summary = "Make, sign, verify and show the roster (officer)",
                       .example = "roster",
                       .needs_roster = false,
                       .make = MakeRoster,
                       .sign = SignRoster,
                       .verify = VerifyRoster,
                       .show = ShowRoster},
                      session);
}

}  // namespace raakvlak::client
