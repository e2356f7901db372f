// Text and JSON of a run's summary.
#include "client/commands/run_summary.h"

#include "absl/strings/str_cat.h"
#include "client/commands/labels.h"
#include "client/document_toml.h"

namespace raakvlak::client {

nlohmann::ordered_json RunJson(const v1::RunSummary& run) {
  nlohmann::ordered_json out;
  out["run"] = run.run_id();
  out["purpose"] = run.purpose_id();
  out["attempt"] = run.attempt();
  out["state"] = StateLabel(run.state());
  out["started_by"] = run.started_by();
  out["started_at"] = run.started_at();
  out["ended_at"] = run.ended_at();
  out["reason"] = run.reason();
  out["left_out"] = nlohmann::ordered_json::array();
  for (const v1::AgencyLeftOut& agency : run.left_out()) {
    out["left_out"].push_back({{"agency", agency.agency_id()},
                               {"after_attempt", agency.after_attempt()},
                               {"reason", agency.reason()}});
  }
  out["progress"] = nlohmann::ordered_json::array();
  for (const v1::AgencyProgress& p : run.progress()) {
    out["progress"].push_back({{"agency", p.agency_id()},
                               {"stage", p.stage()},
                               {"done", p.done()},
                               {"total", p.total()}});
  }
  return out;
}

std::string LeftOutText(const v1::AgencyLeftOut& agency) {
  const std::string since = agency.after_attempt() == 0
                                ? " from the start"
                                : absl::StrCat(" after attempt ", agency.after_attempt());
  return absl::StrCat(agency.agency_id(), since, ": ", agency.reason());
}

std::string RunText(const v1::RunSummary& run) {
  std::string out =
      absl::StrCat("run      ", run.run_id(), ", attempt ", run.attempt(), "\nstate    ",
                   StateLabel(run.state()), run.reason().empty() ? "" : ": ", run.reason(),
                   "\nstarted  ", FormatTime(run.started_at()), " by ", run.started_by(),
                   "\nended    ", FormatTime(run.ended_at()), "\n");
  for (const v1::AgencyLeftOut& agency : run.left_out()) {
    absl::StrAppend(&out, "left out ", LeftOutText(agency), "\n");
  }
  for (const v1::AgencyProgress& p : run.progress()) {
    if (p.stage().empty()) continue;
    absl::StrAppend(&out, "  ", p.agency_id(), ": ", p.stage());
    if (p.total() != 0) absl::StrAppend(&out, " ", p.done(), "/", p.total());
    absl::StrAppend(&out, "\n");
  }
  return out;
}

}  // namespace raakvlak::client
