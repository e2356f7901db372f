// raak matches: the steward's own matches, with the own record ids.
#include <memory>

#include "client/commands/call.h"
#include "client/commands/commands.h"
#include "client/commands/match_list.h"
#include "raakvlak/v1/stewardship.grpc.pb.h"

namespace raakvlak::client {
namespace {

struct MatchesOptions {
  std::string run;
  bool csv = false;
};

void PrintMatches(const StewardMatches& matches, const MatchesOptions& options, Session& session) {
  if (session.json) {
    session.out() << MatchesJson(matches).dump(2, ' ', false,
                                               nlohmann::ordered_json::error_handler_t::replace)
                  << "\n";
  } else if (options.csv) {
    session.out() << MatchesCsv(matches);
  } else {
    session.out() << MatchesText(matches);
  }
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
    StewardMatches matches;
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
