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

struct Options {
  std::string file;
  std::string from;
  std::string agency;
  std::string key;
  std::string roster;
};

absl::StatusOr<v1::Purpose> ReadBody(const v1::SignedDocument& document, const std::string& path) {
  v1::Purpose purpose;
  if (!purpose.ParseFromString(document.body())) {
    return absl::InvalidArgumentError(path + ": the body cannot be read");
  }
  if (absl::Status s = authority::CheckPurposeForm(purpose); !s.ok()) return InFile(path, s);
  return purpose;
}

absl::Status New(const Options& options, Session& session) {
  auto text = ReadFile(options.from);
  if (!text.ok()) return text.status();
  auto purpose = PurposeFromToml(*text, options.from);
  if (!purpose.ok()) return purpose.status();
  v1::SignedDocument document;
  document.set_kind(std::string(authority::kPurposeKind));
  document.set_body(purpose->SerializeAsString());
  if (absl::Status s = WriteDocument(options.file, document); !s.ok()) return s;
  if (session.json) {
    session.out() << nlohmann::ordered_json{{"file", options.file}}.dump(2) << "\n";
  } else {
    session.out() << DescribePurpose(*purpose) << "\nwrote " << options.file
                  << "; now the officer of every agency in it signs it with `raak purpose sign`\n";
  }
  return absl::OkStatus();
}

absl::Status Sign(const Options& options, Session& session) {
  auto roster = OpenRosterFile(options.roster);
  if (!roster.ok()) return roster.status();
  auto document = ReadDocument(options.file, authority::kPurposeKind);
  if (!document.ok()) return document.status();
  auto purpose = ReadBody(*document, options.file);
  if (!purpose.ok()) return purpose.status();
  const bool named = std::find(purpose->agencies().begin(), purpose->agencies().end(),
                               options.agency) != purpose->agencies().end();
  if (!named || roster->FindMember(options.agency) == nullptr) {
    return absl::NotFoundError(absl::StrCat(options.agency, " must stand in both ", options.file,
                                            " and ", options.roster));
  }
  absl::Status s = SignFile(options.file, *document, options.agency,
                            roster->OfficerKey(options.agency), options.key);
  if (s.ok() && !session.json) session.out() << "signed for " << options.agency << "\n";
  return s;
}

absl::StatusOr<authority::Purpose> OpenPurposeFile(const Options& options) {
  auto roster = OpenRosterFile(options.roster);
  if (!roster.ok()) return roster.status();
  auto document = ReadDocument(options.file, authority::kPurposeKind);
  if (!document.ok()) return document.status();
  auto purpose = authority::Purpose::Open(*document, *roster);
  if (!purpose.ok()) return InFile(options.file, purpose.status());
  return purpose;
}

absl::Status Verify(const Options& options, Session& session) {
  auto purpose = OpenPurposeFile(options);
  if (!purpose.ok()) return purpose.status();
  if (absl::Status s = purpose->CheckValidAt(std::time(nullptr)); !s.ok())
    return InFile(options.file, s);
  if (session.json) {
    session.out() << nlohmann::ordered_json{{"valid", true}}.dump(2) << "\n";
  } else {
    session.out() << "good: signed by the officers of all " << purpose->body().agencies_size()
                  << " agencies\n";
  }
  return absl::OkStatus();
}

absl::Status Show(const Options& options, Session& session) {
  auto document = ReadDocument(options.file, authority::kPurposeKind);
  if (!document.ok()) return document.status();
  auto purpose = ReadBody(*document, options.file);
  if (!purpose.ok()) return purpose.status();
  session.out() << DescribePurpose(*purpose) << "\nsignatures of   ";
  for (const v1::DocumentSignature& s : document->signatures())
    session.out() << " " << s.agency_id();
  session.out() << "\n`raak purpose verify` checks them against a roster\n";
  return absl::OkStatus();
}

absl::Status Register(const Options& options, Session& session) {
  auto document = ReadDocument(options.file, authority::kPurposeKind);
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

absl::Status List(Session& session) {
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
  auto options = std::make_shared<Options>();
  CLI::App* purpose =
      app.add_subcommand("purpose", "Make, sign, verify and show purposes; register them");
  purpose->require_subcommand(1);

  CLI::App* make = purpose->add_subcommand("new", "Make an unsigned purpose from TOML (officer)");
  make->add_option("--from", options->from, "TOML file (docs/raak.md shows one)")->required();
  make->add_option("file", options->file, "Purpose to write")->required();
  make->footer("\nExample:\n  raak purpose new --from harbour.toml harbour.json");
  make->callback([options, &session] { session.Finish(New(*options, session)); });

  CLI::App* sign = purpose->add_subcommand("sign", "Sign as the officer of an agency");
  sign->add_option("file", options->file, "Purpose")->required();
  sign->add_option("--agency", options->agency, "Agency to sign for")->required();
  sign->add_option("--signing-key", options->key, "The officer's signing key")->required();
  sign->add_option("--roster", options->roster, "Signed roster")->required();
  sign->footer(
      "\nRead it first: `raak purpose show FILE`.\n\nExample:\n  raak purpose sign harbour.json "
      "--agency police --signing-key officer.key --roster roster.json");
  sign->callback([options, &session] { session.Finish(Sign(*options, session)); });

  CLI::App* verify = purpose->add_subcommand("verify", "Check every signature and the dates");
  verify->add_option("file", options->file, "Purpose")->required();
  verify->add_option("--roster", options->roster, "Signed roster")->required();
  verify->callback([options, &session] { session.Finish(Verify(*options, session)); });

  CLI::App* show = purpose->add_subcommand("show", "Everything in it, and who has signed");
  show->add_option("file", options->file, "Purpose")->required();
  show->callback([options, &session] { session.Finish(Show(*options, session)); });

  CLI::App* enter =
      purpose->add_subcommand("register", "Hand a signed purpose to the matcher (coordinator)");
  enter->add_option("file", options->file, "Purpose")->required();
  enter->callback([options, &session] { session.Finish(Register(*options, session)); });

  CLI::App* list = purpose->add_subcommand("list", "Purposes that the matcher knows (coordinator)");
  list->callback([&session] { session.Finish(List(session)); });
}

}  // namespace raakvlak::client
