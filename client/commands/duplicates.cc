// raak duplicates: records of the own dataset that look like one subject. Nothing of it leaves the
// agency.
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/commands/agreement.h"
#include "client/commands/call.h"
#include "client/commands/commands.h"
#include "client/commands/labels.h"
#include "nlohmann/json.hpp"
#include "raakvlak/v1/stewardship.grpc.pb.h"

namespace raakvlak::client {
namespace {

struct DuplicatesOptions {
  std::string purpose;
  bool csv = false;
};

absl::StatusOr<std::vector<v1::DuplicateGroup>> FetchDuplicates(const DuplicatesOptions& options,
                                                                Session& session) {
  std::vector<v1::DuplicateGroup> groups;
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

void PrintDuplicates(const std::vector<v1::DuplicateGroup>& groups,
                     const DuplicatesOptions& options, Session& session) {
  if (session.json) {
    nlohmann::ordered_json out;
    out["groups"] = nlohmann::ordered_json::array();
    for (const v1::DuplicateGroup& group : groups) {
      nlohmann::ordered_json entry;
      entry["record_ids"] =
          std::vector<std::string>(group.record_ids().begin(), group.record_ids().end());
      entry["strength"] = StrengthLabel(group.strength());
      entry["agreement"] = AgreementJson(group.agreement());
      out["groups"].push_back(std::move(entry));
    }
    session.out() << out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
                  << "\n";
    return;
  }
  if (options.csv) {
    session.out() << "group,record_id,strength,agreement\r\n";
    size_t number = 0;
    for (const v1::DuplicateGroup& group : groups) {
      ++number;
      for (const std::string& record : group.record_ids()) {
        session.out() << number << "," << CsvField(record) << "," << StrengthLabel(group.strength())
                      << "," << CsvField(AgreementText(group.agreement(), "; ")) << "\r\n";
      }
    }
    return;
  }
  if (groups.empty()) {
    session.out() << "no duplicates\n";
    return;
  }
  std::vector<std::vector<std::string>> rows = {{"records", "strength", "agreement"}};
  for (const v1::DuplicateGroup& group : groups) {
    rows.push_back({absl::StrJoin(group.record_ids(), ", "), StrengthLabel(group.strength()),
                    AgreementText(group.agreement())});
  }
  session.out() << FormatTable(rows) << groups.size()
                << " groups of records that look like one subject\n";
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
