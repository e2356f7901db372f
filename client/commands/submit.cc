// raak submit: a file to the own node; it becomes the dataset of the next runs.
#include <filesystem>
#include <memory>

#include "client/commands/call.h"
#include "client/commands/commands.h"
#include "client/files.h"
#include "dataset/schema.h"
#include "nlohmann/json.hpp"
#include "raakvlak/v1/stewardship.grpc.pb.h"

namespace raakvlak::client {
namespace {

struct SubmitOptions {
  std::string file;
  std::string schema;
  std::string label;
};

absl::Status Submit(const SubmitOptions& options, Session& session,
                    v1::SubmitDatasetResponse& response) {
  auto schema = ReadFile(options.schema, 64 << 10);
  if (!schema.ok()) return schema.status();
  // The node reads it too, but does not know what the file is called here.
  if (auto parsed = dataset::ParseSchema(*schema, options.schema); !parsed.ok()) {
    return parsed.status();
  }
  absl::Status read = absl::OkStatus();
  absl::Status call = Call<v1::StewardshipService>(
      session, Peer::kNode, kLongCall,
      [&](v1::StewardshipService::Stub& stub, grpc::ClientContext& context) {
        auto stream = stub.SubmitDataset(&context, &response);
        v1::SubmitDatasetRequest message;
        message.mutable_header()->set_request_id(NewRequestId());
        message.mutable_header()->set_schema(*schema);
        message.mutable_header()->set_label(options.label);
        bool open = stream->Write(message);
        if (open) {
          read =
              ReadPieces(options.file, [&](std::string_view piece, uint64_t done, uint64_t total) {
                session.Progress("submitting", done, total);
                v1::SubmitDatasetRequest data;
                data.set_data(std::string(piece));
                open = stream->Write(data);
                // Not an error of the file: Finish() has the reason.
                return open ? absl::OkStatus() : absl::CancelledError("closed");
              });
          // A file that breaks off must not be taken for a whole one.
          if (!read.ok() && open) context.TryCancel();
        }
        stream->WritesDone();
        return stream->Finish();
      });
  session.EndProgress();
  if (!read.ok() && read.code() != absl::StatusCode::kCancelled) return read;
  return call;
}

}  // namespace

void AddSubmit(CLI::App& app, Session& session) {
  auto options = std::make_shared<SubmitOptions>();
  CLI::App* command = app.add_subcommand("submit", "Hand a file to the own node for the next runs");
  command->add_option("file", options->file, "CSV file, or - for standard input")->required();
  command->add_option("--schema", options->schema, "Which columns hold what (TOML)")
      ->type_name("FILE")
      ->required();
  command->add_option("--label", options->label, "What people call it (default: the file's name)");
  command->footer(R"(
The file becomes the dataset of the next runs when all of it has been accepted; until then, and when
anything fails, the one before it stays.

Examples:
  raak check cases.csv --schema cases.toml && raak submit cases.csv --schema cases.toml)");
  command->callback([options, &session] {
    if (options->label.empty()) {
      options->label = std::filesystem::path(DisplayName(options->file)).filename().string();
    }
    v1::SubmitDatasetResponse response;
    absl::Status status = Submit(*options, session, response);
    if (!status.ok()) return session.Finish(status);
    if (session.json) {
      nlohmann::ordered_json out;
      out["dataset_id"] = response.dataset_id();
      out["records"] = response.records();
      out["identifiers"] = response.identifiers();
      out["quality"] = nlohmann::ordered_json::parse(response.quality_json(), nullptr, false);
      session.out() << out.dump(2) << "\n";
    } else {
      const auto quality = nlohmann::json::parse(response.quality_json(), nullptr, false);
      const uint64_t rows = quality.is_object() ? quality.value("rows", uint64_t{0}) : 0;
      session.out() << "accepted: " << response.records() << " records with "
                    << response.identifiers() << " identifiers, dataset " << response.dataset_id()
                    << "\n";
      if (rows > response.records()) {
        const uint64_t left_out = rows - response.records();
        session.out() << left_out << (left_out == 1 ? " row was" : " rows were")
                      << " left out; `raak check` says which and why\n";
      } else if (quality.is_object() && !quality.value("clean", true)) {
        session.out() << "some values were left out; `raak check` says which and why\n";
      }
    }
  });
}

}  // namespace raakvlak::client
