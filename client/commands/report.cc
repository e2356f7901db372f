// raak report: what a finished run found: references, agencies, strengths; never a record id.
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/commands/agreement.h"
#include "client/commands/call.h"
#include "client/commands/commands.h"
#include "client/commands/labels.h"
#include "client/document_toml.h"
#include "client/files.h"
#include "nlohmann/json.hpp"
#include "raakvlak/v1/coordination.grpc.pb.h"

namespace raakvlak::client {
namespace {

struct ReportOptions {
  std::string run;
  std::string out;
  bool csv = false;
};

struct Report {
  v1::ReportHeader header;
  std::vector<v1::ReportMatch> matches;
};

std::string FormatCount(uint64_t count, bool suppressed, uint32_t minimum) {
  if (!suppressed) return absl::StrCat(count);
  return absl::StrCat("suppressed (below ", minimum, " or derivable)");
}

// Of 10,000ths.
std::string FormatShare(uint32_t share) { return absl::StrFormat("%.2f%%", share / 100.0); }

nlohmann::ordered_json ToJson(const Report& report) {
  const v1::ReportHeader& header = report.header;
  nlohmann::ordered_json out;
  out["run"] = header.run().run_id();
  out["attempt"] = header.run().attempt();
  out["started_at"] = header.run().started_at();
  out["ended_at"] = header.run().ended_at();
  out["partnership"] = header.partnership();
  out["purpose"] = {{"id", header.run().purpose_id()},
                    {"title", header.purpose_title()},
                    {"legal_basis", header.legal_basis()},
                    {"expires_at", header.purpose_expires_at()}};
  out["minimum_count"] = header.minimum_count();
  out["parties"] = nlohmann::ordered_json::array();
  for (const v1::ReportParty& party : header.parties()) {
    out["parties"].push_back({{"agency", party.agency_id()},
                              {"name", party.display_name()},
                              {"contact", party.contact_desk()}});
  }
  out["cells"] = nlohmann::ordered_json::array();
  for (const v1::ReportCell& cell : header.cells()) {
    nlohmann::ordered_json entry;
    entry["agencies"] = {cell.first_agency(), cell.second_agency()};
    entry["strength"] = StrengthLabel(cell.strength());
    entry["count"] =
        cell.suppressed() ? nlohmann::ordered_json() : nlohmann::ordered_json(cell.count());
    entry["suppressed"] = cell.suppressed();
    out["cells"].push_back(std::move(entry));
  }
  out["groups"] = nlohmann::ordered_json::array();
  for (const v1::GroupCell& group : header.groups()) {
    nlohmann::ordered_json entry;
    entry["agencies"] = std::vector<std::string>(group.agencies().begin(), group.agencies().end());
    entry["count"] =
        group.suppressed() ? nlohmann::ordered_json() : nlohmann::ordered_json(group.count());
    entry["suppressed"] = group.suppressed();
    out["groups"].push_back(std::move(entry));
  }
  if (!header.blocking_keys().empty()) {
    out["blocking_keys"] =
        std::vector<std::string>(header.blocking_keys().begin(), header.blocking_keys().end());
    out["exposure"] = nlohmann::ordered_json::array();
    for (const v1::ExposureFigure& figure : header.exposure()) {
      out["exposure"].push_back({{"agency", figure.agency_id()},
                                 {"exposed", figure.exposed() / 10'000.0},
                                 {"ceiling", figure.ceiling() / 10'000.0}});
    }
    out["dismissed"] = header.dismissed_suppressed() ? nlohmann::ordered_json()
                                                     : nlohmann::ordered_json(header.dismissed());
  }
  out["warnings"] = std::vector<std::string>(header.warnings().begin(), header.warnings().end());
  out["matches"] = nlohmann::ordered_json::array();
  for (const v1::ReportMatch& match : report.matches) {
    nlohmann::ordered_json entry;
    entry["reference"] = match.reference();
    entry["agencies"] = {match.first_agency(), match.second_agency()};
    entry["strength"] = StrengthLabel(match.strength());
    entry["agreed"] =
        std::vector<std::string>(match.agreed_types().begin(), match.agreed_types().end());
    entry["agreement"] = AgreementJson(match.agreement());
    entry["decisions"] = {DecisionLabel(match.first_decision()),
                          DecisionLabel(match.second_decision())};
    entry["group"] = match.group();
    entry["chained"] = match.chained();
    entry["first_seen"] = match.first_seen();
    entry["last_seen"] = match.last_seen();
    out["matches"].push_back(std::move(entry));
  }
  return out;
}

std::string ToCsv(const Report& report) {
  std::string out =
      "reference,first_agency,second_agency,strength,agreed,agreement,first_decision,second_"
      "decision,"
      "group,chained,first_seen,last_seen\r\n";
  for (const v1::ReportMatch& match : report.matches) {
    absl::StrAppend(&out, CsvField(match.reference()), ",", CsvField(match.first_agency()), ",",
                    CsvField(match.second_agency()), ",", StrengthLabel(match.strength()), ",",
                    CsvField(absl::StrJoin(match.agreed_types(), " ")), ",",
                    CsvField(AgreementText(match.agreement(), "; ")), ",",
                    DecisionLabel(match.first_decision()), ",",
                    DecisionLabel(match.second_decision()), ",", match.group(), ",",
                    match.chained() ? "yes" : "no", ",", FormatTime(match.first_seen()), ",",
                    FormatTime(match.last_seen()), "\r\n");
  }
  return out;
}

std::string ToText(const Report& report) {
  const v1::ReportHeader& header = report.header;
  std::string out = absl::StrCat(header.partnership(), ": ", header.purpose_title(), "\nrun ",
                                 header.run().run_id(), ", attempt ", header.run().attempt(),
                                 ", ended ", FormatTime(header.run().ended_at()),
                                 "\nlegal basis: ", header.legal_basis(), "\n\n");
  std::vector<std::vector<std::string>> cells = {{"agencies", "strength", "matches"}};
  for (const v1::ReportCell& cell : header.cells()) {
    cells.push_back({absl::StrCat(cell.first_agency(), " - ", cell.second_agency()),
                     StrengthLabel(cell.strength()),
                     FormatCount(cell.count(), cell.suppressed(), header.minimum_count())});
  }
  absl::StrAppend(&out, FormatTable(cells), "\n");
  if (!header.groups().empty()) {
    std::vector<std::vector<std::string>> groups = {{"records of", "groups"}};
    for (const v1::GroupCell& group : header.groups()) {
      groups.push_back({absl::StrJoin(group.agencies(), ", "),
                        FormatCount(group.count(), group.suppressed(), header.minimum_count())});
    }
    absl::StrAppend(&out, FormatTable(groups), "\n");
  }
  if (!header.exposure().empty()) {
    std::vector<std::vector<std::string>> exposure = {{"exposed at", "share", "ceiling"}};
    for (const v1::ExposureFigure& figure : header.exposure()) {
      exposure.push_back(
          {figure.agency_id(), FormatShare(figure.exposed()), FormatShare(figure.ceiling())});
    }
    absl::StrAppend(&out, FormatTable(exposure),
                    "blocking keys: ", absl::StrJoin(header.blocking_keys(), "; "), "\n");
    if (header.dismissed() != 0 || header.dismissed_suppressed()) {
      absl::StrAppend(
          &out, "judged no match by a steward: ",
          FormatCount(header.dismissed(), header.dismissed_suppressed(), header.minimum_count()),
          "\n");
    }
    absl::StrAppend(&out, "\n");
  }
  for (const std::string& warning : header.warnings()) {
    absl::StrAppend(&out, "warning: ", warning, "\n");
  }
  constexpr size_t kShown = 20;
  std::vector<std::vector<std::string>> rows = {
      {"reference", "agencies", "strength", "agreed", "first seen"}};
  for (const v1::ReportMatch& match : report.matches) {
    if (rows.size() > kShown) break;
    rows.push_back({match.reference(),
                    absl::StrCat(match.first_agency(), " - ", match.second_agency()),
                    StrengthLabel(match.strength()),
                    absl::StrCat(RestsOn(match.agreed_types(), match.agreement()),
                                 match.chained() ? " (chained)" : ""),
                    FormatTime(match.first_seen())});
  }
  if (report.matches.empty()) return out + "no matches\n";
  absl::StrAppend(&out, FormatTable(rows));
  if (report.matches.size() > kShown) {
    absl::StrAppend(&out, "... and ", report.matches.size() - kShown,
                    " more; --csv or --json gives them all\n");
  }
  return out;
}

absl::StatusOr<Report> FetchReport(const ReportOptions& options, Session& session) {
  Report report;
  absl::Status status = Call<v1::CoordinationService>(
      session, Peer::kMatcher, kLongCall,
      [&](v1::CoordinationService::Stub& stub, grpc::ClientContext& context) {
        v1::GetReportRequest request;
        request.set_run_id(options.run);
        auto stream = stub.GetReport(&context, request);
        v1::ReportChunk chunk;
        while (stream->Read(&chunk)) {
          if (chunk.has_header()) report.header = chunk.header();
          report.matches.insert(report.matches.end(), chunk.matches().begin(),
                                chunk.matches().end());
        }
        return stream->Finish();
      });
  if (!status.ok()) return status;
  return report;
}

}  // namespace

void AddReport(CLI::App& app, Session& session) {
  auto options = std::make_shared<ReportOptions>();
  CLI::App* command = app.add_subcommand("report", "What a finished run found (coordinator)");
  command->add_option("run", options->run, "Run, for example harbour-7")->required();
  command->add_flag("--csv", options->csv, "As CSV, one line a match");
  command->add_option("--out", options->out, "Write to this file instead")->type_name("FILE");
  command->footer(R"(
Examples:
  raak report harbour-7
  raak report harbour-7 --json --out report.json
  raak report harbour-7 --csv --out report.csv)");
  command->callback([options, &session] {
    auto report = FetchReport(*options, session);
    if (!report.ok()) return session.Finish(report.status());
    const std::string text = options->csv   ? ToCsv(*report)
                             : session.json ? ToJson(*report).dump(2) + "\n"
                                            : ToText(*report);
    if (options->out.empty()) {
      session.out() << text;
      return;
    }
    absl::Status status = WriteFile(options->out, text);
    if (!status.ok()) return session.Finish(status);
    session.err() << "wrote " << options->out << "\n";
  });
}

}  // namespace raakvlak::client
