// raak check: the quality of a file, before anything of it leaves.
#include <memory>
#include <optional>

#include "client/commands/check_plan.h"
#include "client/commands/commands.h"
#include "client/exit_code.h"
#include "client/files.h"
#include "dataset/reader.h"
#include "dataset/schema.h"
#include "nlohmann/json.hpp"

namespace raakvlak::client {
namespace {

struct CheckOptions {
  std::string file;
  std::string schema;
  std::string purpose;
  size_t sample_rows = 10;
  bool strict = false;
};

struct Findings {
  dataset::QualityReport quality;
  // With --purpose, of a file that has records.
  std::optional<PlanReport> plan;

  bool clean() const { return quality.clean() && (!plan.has_value() || plan->clean()); }
  std::string ToText() const {
    return quality.ToText() + (plan.has_value() ? plan->ToText() : std::string());
  }
  nlohmann::json ToJson() const {
    nlohmann::json out = quality.ToJson();
    if (plan.has_value()) out["plan"] = plan->ToJson();
    return out;
  }
};

absl::StatusOr<Findings> Check(const CheckOptions& options, Session& session) {
  auto text = ReadFile(options.schema, 64 << 10);
  if (!text.ok()) return text.status();
  auto schema = dataset::ParseSchema(*text, options.schema);
  if (!schema.ok()) return schema.status();
  dataset::ReaderOptions reader_options;
  reader_options.label = DisplayName(options.file);
  reader_options.sample_rows = options.sample_rows;
  std::optional<PlanCheck> plan;
  if (!options.purpose.empty()) {
    auto opened = PlanCheck::Open(options.purpose, *schema);
    if (!opened.ok()) return opened.status();
    plan = *std::move(opened);
  }
  dataset::DatasetReader reader(*std::move(schema), reader_options,
                                [&plan](const dataset::Record& record) {
                                  if (plan.has_value()) plan->Add(record.compare);
                                  return absl::OkStatus();
                                });
  absl::Status status =
      ReadPieces(options.file, [&](std::string_view piece, uint64_t done, uint64_t total) {
        session.Progress("checking", done, total);
        if (session.interrupted()) return absl::CancelledError("interrupted");
        return reader.Push(piece);
      });
  if (status.ok()) status = reader.Finish();
  Findings findings;
  if (status.ok()) {
    findings.quality = reader.report();
    if (plan.has_value() && findings.quality.records > 0) {
      session.Progress("planning", 0, 0);
      findings.plan = plan->Finish();
    }
  }
  session.EndProgress();
  if (!status.ok()) return status;
  return findings;
}

// A file's name need not be UTF-8.
std::string Dump(const nlohmann::json& json) {
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

void AddCheck(CLI::App& app, Session& session) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* command =
      app.add_subcommand("check", "Check a file's quality; nothing leaves this machine");
  command->add_option("file", options->file, "CSV file, or - for standard input")->required();
  command->add_option("--schema", options->schema, "Which columns hold what (TOML)")
      ->type_name("FILE")
      ->required();
  command
      ->add_option("--purpose", options->purpose,
                   "Purpose with a profile: also show how names and damaged values are linked")
      ->type_name("FILE");
  command->add_option("--sample-rows", options->sample_rows, "Row numbers shown of each problem")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  command->add_flag("--strict", options->strict, "Exit 3 when anything at all is wrong");
  command->footer(R"(
Examples:
  raak check cases.csv --schema cases.toml
  raak check cases.csv --schema cases.toml --json --strict
  raak check cases.csv --schema cases.toml --purpose harbour.json

Exits 3 when the file cannot be used (or, with --strict, when anything in it is wrong).)");
  command->callback([options, &session] {
    auto report = Check(*options, session);
    if (!report.ok()) return session.Finish(report.status());
    if (report->quality.records == 0) {
      const absl::Status useless = absl::InvalidArgumentError(
          report->quality.label + " holds no usable record; the report says why");
      if (session.json) {
        // Still one object: the report, with the error beside it.
        auto out = report->ToJson();
        out["error"] = {{"code", kExitBadInput}, {"message", std::string(useless.message())}};
        session.out() << Dump(out) << "\n";
        return session.FinishWith(kExitBadInput);
      }
      session.out() << report->ToText();
      return session.Finish(useless);
    }
    session.out() << (session.json ? Dump(report->ToJson()) + "\n" : report->ToText());
    session.FinishWith(options->strict && !report->clean() ? kExitBadInput : kExitOk);
  });
}

}  // namespace raakvlak::client
