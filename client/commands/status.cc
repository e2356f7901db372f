// raak status: what the own node is doing.
#include "client/commands/call.h"
#include "client/commands/commands.h"
#include "client/document_toml.h"
#include "nlohmann/json.hpp"
#include "raakvlak/v1/stewardship.grpc.pb.h"

namespace raakvlak::client {
namespace {

absl::Status ShowStatus(Session& session) {
  v1::NodeStatus node;
  v1::ListDatasetsResponse datasets;
  absl::Status status = Call<v1::StewardshipService>(
      session, Peer::kNode, kShortCall,
      [&](v1::StewardshipService::Stub& stub, grpc::ClientContext& context) {
        return stub.GetStatus(&context, v1::GetNodeStatusRequest(), &node);
      });
  if (!status.ok()) return status;
  status = Call<v1::StewardshipService>(
      session, Peer::kNode, kShortCall,
      [&](v1::StewardshipService::Stub& stub, grpc::ClientContext& context) {
        return stub.ListDatasets(&context, v1::ListDatasetsRequest(), &datasets);
      });
  if (!status.ok()) return status;
  if (session.json) {
    nlohmann::ordered_json out;
    out["agency"] = node.agency_id();
    out["version"] = node.program().version();
    out["backend"] = node.program().backend();
    out["epoch"] = node.epoch();
    out["matcher_connected"] = node.matcher_connected();
    out["run"] = node.run_id();
    out["stage"] = node.stage();
    out["datasets"] = nlohmann::ordered_json::array();
    for (const v1::DatasetSummary& d : datasets.datasets()) {
      out["datasets"].push_back({{"dataset_id", d.dataset_id()},
                                 {"label", d.label()},
                                 {"submitted_at", d.submitted_at()},
                                 {"records", d.records()},
                                 {"identifiers", d.identifiers()},
                                 {"current", d.current()}});
    }
    out["plans"] = nlohmann::ordered_json::array();
    for (const v1::PlanStatus& p : node.plans()) {
      out["plans"].push_back({{"purpose", p.purpose_id()},
                              {"state", p.state()},
                              {"explanation", std::vector<std::string>(p.explanation().begin(),
                                                                       p.explanation().end())}});
    }
    session.out() << out.dump(2) << "\n";
    return absl::OkStatus();
  }
  session.out() << "node      " << node.agency_id() << ", version " << node.program().version()
                << ", curve backend " << node.program().backend() << "\n"
                << "keys      "
                << (node.epoch() == 0 ? std::string("none yet; `raak keys ceremony` makes them")
                                      : "epoch " + std::to_string(node.epoch()))
                << "\n"
                << "matcher   " << (node.matcher_connected() ? "connected" : "NOT connected")
                << "\n"
                << "run       "
                << (node.run_id().empty() ? std::string("none")
                                          : node.run_id() + ": " + node.stage())
                << "\n";
  for (const v1::PlanStatus& p : node.plans()) {
    session.out() << "plan      " << p.purpose_id() << ": " << p.state() << "\n";
    for (const std::string& line : p.explanation()) session.out() << "          " << line << "\n";
  }
  if (datasets.datasets().empty()) {
    session.out() << "dataset   none yet; `raak submit` hands one in\n";
    return absl::OkStatus();
  }
  session.out() << "\n";
  std::vector<std::vector<std::string>> rows = {
      {"dataset", "label", "submitted", "records", "identifiers", ""}};
  for (const v1::DatasetSummary& d : datasets.datasets()) {
    rows.push_back({d.dataset_id(), d.label(), FormatTime(d.submitted_at()),
                    std::to_string(d.records()), std::to_string(d.identifiers()),
                    d.current() ? "current" : ""});
  }
  session.out() << FormatTable(rows);
  return absl::OkStatus();
}

}  // namespace

void AddStatus(CLI::App& app, Session& session) {
  CLI::App* command =
      app.add_subcommand("status", "What the own node is doing: keys, datasets, run (steward)");
  command->footer("\nExample:\n  raak status");
  command->callback([&session] { session.Finish(ShowStatus(session)); });
}

}  // namespace raakvlak::client
