// raak matches: the steward's own matches, with the own record ids.
#include <memory>

#include "absl/strings/str_join.h"
#include "client/commands/agreement.h"
#include "client/commands/call.h"
#include "client/commands/commands.h"
#include "client/commands/labels.h"
#include "nlohmann/json.hpp"
#include "raakvlak/v1/stewardship.grpc.pb.h"

namespace raakvlak::client {
namespace {

struct MatchesOptions {
  std::string run;
  bool csv = false;
};

nlohmann::ordered_json ToJson(const v1::StewardMatch& match) {
  nlohmann::ordered_json out;
  out["reference"] = match.reference();
  out["record_id"] = match.record_id();
  out["counterpart"] = match.counterpart();
  out["contact"] = match.counterpart_contact();
  out["strength"] = StrengthLabel(match.strength());
  out["agreed"] =
      std::vector<std::string>(match.agreed_types().begin(), match.agreed_types().end());
  out["agreement"] = AgreementJson(match.agreement());
  out["decision"] = DecisionLabel(match.decision());
  out["run"] = match.run_id();
  return out;
}

void PrintMatches(const std::vector<v1::StewardMatch>& matches, const MatchesOptions& options,
                  Session& session) {
  if (session.json) {
    nlohmann::ordered_json out;
    out["matches"] = nlohmann::ordered_json::array();
    for (const v1::StewardMatch& match : matches) out["matches"].push_back(ToJson(match));
    session.out() << out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
                  << "\n";
    return;
  }
  std::vector<std::vector<std::string>> rows = {
      {"reference", "record_id", "counterpart", "contact", "strength", "agreed"}};
  if (options.csv) rows[0].insert(rows[0].end(), {"agreement", "decision"});
  for (const v1::StewardMatch& match : matches) {
    rows.push_back({match.reference(), match.record_id(), match.counterpart(),
                    match.counterpart_contact(), StrengthLabel(match.strength()),
                    options.csv ? absl::StrJoin(match.agreed_types(), " ")
                                : RestsOn(match.agreed_types(), match.agreement())});
    if (options.csv) {
      rows.back().push_back(AgreementText(match.agreement(), "; "));
      rows.back().push_back(DecisionLabel(match.decision()));
    }
  }
  if (options.csv) {
    for (const auto& row : rows) {
      session.out() << absl::StrJoin(row, ",", [](std::string* out, const std::string& field) {
        out->append(CsvField(field));
      }) << "\r\n";
    }
    return;
  }
  if (matches.empty()) {
    session.out() << "no matches\n";
    return;
  }
  session.out() << FormatTable(rows);
}

}  // namespace

void AddMatches(CLI::App& app, Session& session) {
  auto options = std::make_shared<MatchesOptions>();
  CLI::App* command = app.add_subcommand("matches", "Own matches, with own record ids (steward)");
  command->add_option("run", options->run,
                      "Run, for example harbour-7 (default: the newest finished)");
  command->add_flag("--csv", options->csv, "Answer as CSV");
  command->footer(R"(
Examples:
  raak matches
  raak matches harbour-7 --csv > matches.csv)");
  command->callback([options, &session] {
    std::vector<v1::StewardMatch> matches;
    absl::Status status = Call<v1::StewardshipService>(
        session, Peer::kNode, kLongCall,
        [&](v1::StewardshipService::Stub& stub, grpc::ClientContext& context) {
          v1::ListMatchesRequest request;
          request.set_run_id(options->run);
          auto stream = stub.ListMatches(&context, request);
          v1::StewardMatchChunk chunk;
          while (stream->Read(&chunk)) {
            matches.insert(matches.end(), chunk.matches().begin(), chunk.matches().end());
          }
          return stream->Finish();
        });
    if (!status.ok()) return session.Finish(status);
    PrintMatches(matches, *options, session);
  });
}

}  // namespace raakvlak::client
