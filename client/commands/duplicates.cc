// raak duplicates: records of the own dataset that look like one subject. Nothing of it leaves the
// agency.
#include <memory>

#include "client/commands/call.h"
#include "client/commands/commands.h"
#include "client/commands/duplicate_list.h"
#include "raakvlak/v1/stewardship.grpc.pb.h"

namespace raakvlak::client {
namespace {

struct DuplicatesOptions {
  std::string purpose;
  bool csv = false;
};

absl::StatusOr<DuplicateGroups> FetchDuplicates(const DuplicatesOptions& options,
                                                Session& session) {
  DuplicateGroups groups;
  absl::Status status = Call<v1::StewardshipService>(
      session, Peer::kNode, kLongCall,
      [&](v1::StewardshipService::Stub& stub, grpc::ClientContext& context) {
        v1::ListDuplicatesRequest request;
        request.set_purpose_id(options.purpose);
        auto stream = stub.ListDuplicates(&context, request);
        v1::DuplicateChunk chunk;
        while (stream->Read(&chunk)) {
          groups.insert(groups.end(), chunk.groups().begin(), chunk.groups().end());
        }
        return stream->Finish();
      });
  if (!status.ok()) return status;
  return groups;
}

void PrintDuplicates(const DuplicateGroups& groups, const DuplicatesOptions& options,
                     Session& session) {
  if (session.json) {
    session.out() << DuplicatesJson(groups).dump(2, ' ', false,
                                                 nlohmann::ordered_json::error_handler_t::replace)
                  << "\n";
  } else if (options.csv) {
    session.out() << DuplicatesCsv(groups);
  } else {
    session.out() << DuplicatesText(groups);
  }
}

}  // namespace

void AddDuplicates(CLI::App& app, Session& session) {
  auto options = std::make_shared<DuplicatesOptions>();
  CLI::App* command = app.add_subcommand(
      "duplicates", "Own records that look like one subject; nobody else learns of them (steward)");
  command->add_option("purpose", options->purpose, "Purpose whose comparison profile is used")
      ->required();
  command->add_flag("--csv", options->csv, "As CSV, one line a record");
  command->footer(R"(
Examples:
  raak duplicates harbour
  raak duplicates harbour --csv > duplicates.csv)");
  command->callback([options, &session] {
    auto groups = FetchDuplicates(*options, session);
    if (!groups.ok()) return session.Finish(groups.status());
    PrintDuplicates(*groups, *options, session);
  });
}

}  // namespace raakvlak::client
