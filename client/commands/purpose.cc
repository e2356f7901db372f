// raak purpose: make, sign, verify and show purposes; register them at the matcher.
#include "authority/purpose.h"

#include <ctime>
#include <memory>

#include "absl/strings/str_cat.h"
#include "client/commands/call.h"
#include "client/commands/commands.h"
#include "client/commands/document_commands.h"
#include "client/document_toml.h"
#include "client/files.h"
#include "nlohmann/json.hpp"
#include "raakvlak/v1/coordination.grpc.pb.h"

namespace raakvlak::client {
namespace {

absl::StatusOr<std::pair<v1::SignedDocument, v1::Purpose>> ReadUnverifiedPurpose(
    const std::string& path) {
  return ReadUnverified(path, authority::kPurposeKind, authority::CheckPurposeForm);
}

absl::Status MakePurpose(const DocumentOptions& options, Session& session) {
  auto text = ReadFile(options.from);
  if (!text.ok()) return text.status();
  auto purpose = PurposeFromToml(*text, options.from);
  if (!purpose.ok()) return purpose.status();
  return WriteUnsigned(
      authority::kPurposeKind, purpose->SerializeAsString(), DescribePurpose(*purpose),
      "now the officer of every agency in it signs it with `raak purpose sign`", options, session);
}

absl::Status SignPurpose(const DocumentOptions& options, Session& session) {
  auto roster = OpenRosterFile(options.roster);
  if (!roster.ok()) return roster.status();
  auto read = ReadUnverifiedPurpose(options.file);
  if (!read.ok()) return read.status();
  const auto& [document, purpose] = *read;
  const bool named = std::find(purpose.agencies().begin(), purpose.agencies().end(),
                               options.agency) != purpose.agencies().end();
  if (!named || roster->FindMember(options.agency) == nullptr) {
    return absl::NotFoundError(absl::StrCat(options.agency, " must stand in both ", options.file,
                                            " and ", options.roster));
  }
  return SignDocumentFile(document, roster->OfficerKey(options.agency), options, session);
}

absl::Status VerifyPurpose(const DocumentOptions& options, Session& session) {
  auto roster = OpenRosterFile(options.roster);
  if (!roster.ok()) return roster.status();
  auto document = ReadDocument(options.file, authority::kPurposeKind);
  if (!document.ok()) return document.status();
  auto purpose = authority::Purpose::Open(*document, *roster);
  if (!purpose.ok()) return InFile(options.file, purpose.status());
  if (absl::Status s = purpose->CheckValidAt(std::time(nullptr)); !s.ok()) {
    return InFile(options.file, s);
  }
  if (session.json) {
    session.out() << nlohmann::ordered_json{{"valid", true}}.dump(2) << "\n";
  } else {
    session.out() << "good: signed by the officers of all " << purpose->body().agencies_size()
                  << " agencies\n";
  }
  return absl::OkStatus();
}

absl::Status ShowPurpose(const DocumentOptions& options, Session& session) {
  auto read = ReadUnverifiedPurpose(options.file);
  if (!read.ok()) return read.status();
  const auto& [document, purpose] = *read;
  session.out() << DescribePurpose(purpose) << "\nsignatures of   ";
  for (const v1::DocumentSignature& s : document.signatures()) {
    session.out() << " " << s.agency_id();
  }
  session.out() << "\n`raak purpose verify` checks them against a roster\n";
  return absl::OkStatus();
}

absl::Status RegisterPurpose(const std::string& file, Session& session) {
  auto document = ReadDocument(file, authority::kPurposeKind);
  if (!document.ok()) return document.status();
  v1::RegisterPurposeRequest request;
  request.set_request_id(NewRequestId());
  *request.mutable_purpose() = *document;
  v1::RegisterPurposeResponse response;
  absl::Status status = Call<v1::CoordinationService>(
      session, Peer::kMatcher, kShortCall,
      [&](v1::CoordinationService::Stub& stub, grpc::ClientContext& context) {
        return stub.RegisterPurpose(&context, request, &response);
      });
  if (!status.ok()) return status;
  if (session.json) {
    session.out() << nlohmann::ordered_json{{"purpose", response.purpose_id()},
                                            {"version", response.version()}}
                         .dump(2)
                  << "\n";
  } else {
    session.out() << "registered " << response.purpose_id() << ", version " << response.version()
                  << "; `raak run start " << response.purpose_id() << "` starts a run\n";
  }
  return absl::OkStatus();
}

absl::Status ListPurposes(Session& session) {
  v1::ListPurposesResponse response;
  absl::Status status = Call<v1::CoordinationService>(
      session, Peer::kMatcher, kShortCall,
      [&](v1::CoordinationService::Stub& stub, grpc::ClientContext& context) {
        return stub.ListPurposes(&context, v1::ListPurposesRequest(), &response);
      });
  if (!status.ok()) return status;
  nlohmann::ordered_json out;
  out["purposes"] = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> rows = {{"purpose", "version", "title", "expires"}};
  for (const v1::SignedDocument& document : response.purposes()) {
    v1::Purpose purpose;
    if (!purpose.ParseFromString(document.body())) continue;
    rows.push_back({purpose.purpose_id(), absl::StrCat(purpose.version()), purpose.title(),
                    FormatTime(purpose.not_after())});
    out["purposes"].push_back({{"purpose", purpose.purpose_id()},
                               {"version", purpose.version()},
                               {"title", purpose.title()},
                               {"not_after", purpose.not_after()}});
  }
  session.out() << (session.json ? out.dump(2) + "\n" : FormatTable(rows));
  return absl::OkStatus();
}

}  // namespace

void AddPurpose(CLI::App& app, Session& session) {
  CLI::App* purpose =
      AddDocumentCommands(app,
                          {.noun = "purpose",
                           .summary = "Make, sign, verify and show purposes; register them",
                           .example = "harbour",
                           .needs_roster = true,
                           .make = MakePurpose,
                           .sign = SignPurpose,
                           .verify = VerifyPurpose,
                           .show = ShowPurpose},
                          session);

  auto file = std::make_shared<std::string>();
  CLI::App* enter =
      purpose->add_subcommand("register", "Hand a signed purpose to the matcher (coordinator)");
  enter->add_option("file", *file, "Purpose")->required();
  enter->footer("\nExample:\n  raak purpose register harbour.json");
  enter->callback([file, &session] { session.Finish(RegisterPurpose(*file, session)); });

  CLI::App* list = purpose->add_subcommand("list", "Purposes that the matcher knows (coordinator)");
  list->footer("\nExample:\n  raak purpose list");
  list->callback([&session] { session.Finish(ListPurposes(session)); });
}

}  // namespace raakvlak::client
