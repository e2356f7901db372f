// `quality`: measures fuzzy linking on labelled files and prints one JSON object.
#include <sodium.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "bench/quality/labelled_file.h"
#include "bench/quality/measure.h"
#include "bench/quality/pairs_file.h"
#include "bench/quality/pipeline.h"
#include "bench/quality/report.h"
#include "bench/quality/schema_file.h"

namespace raakvlak::bench {
namespace {

struct Flags {
  std::string schema;
  std::string truth_column;
  std::string truth_regex;
  std::string plot;
  std::uint64_t seed = 1;
  bool explain = false;
  std::string pairs;
  std::string left;
  std::string right;
  std::string label;
  std::string as;
  std::vector<std::string> files;
};

double Rounded(double value) { return std::round(value * 1e6) / 1e6; }

// As `raak` does: 2 for wrong options, 3 for a file that is not good.
constexpr int kWrongOptions = 2;
constexpr int kBadFile = 3;

int Fail(const absl::Status& status, int code = kBadFile) {
  std::cerr << "quality: " << status.message() << "\n";
  return code;
}

// Figures that say nothing, or less than they seem to.
void Warn(const std::string& sentence) { std::cerr << "quality: warning: " << sentence << "\n"; }

absl::Status In(const std::string& file, const absl::Status& status) {
  return {status.code(), file + ": " + std::string(status.message())};
}

// The figures of an answer, for its page; not those of each pair of files.
std::vector<std::pair<std::string, double>> FiguresOf(const nlohmann::ordered_json& answer) {
  std::vector<std::pair<std::string, double>> out;
  for (const auto& [name, value] : answer.items()) {
    if (value.is_number()) out.emplace_back(name, value.get<double>());
  }
  return out;
}

bool WriteFile(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  return static_cast<bool>(out.flush());
}

int MeasureNamePairs(const Flags& flags) {
  auto figures = MeasurePairs(
      flags.pairs, flags.left, flags.right, flags.label,
      flags.as == "company" ? linkage::NameKind::kCompany : linkage::NameKind::kPerson);
  if (!figures.ok()) return Fail(figures.status());
  if (figures->true_pairs == 0) {
    Warn("no value of column '" + flags.label +
         "' says that a pair is one (1, true, yes, y, t, same, match): recall is over nothing");
  }
  nlohmann::ordered_json out;
  out["precision"] = Rounded(figures->precision);
  out["recall"] = Rounded(figures->recall);
  out["f1"] = Rounded(figures->f1);
  out["f1_best"] = Rounded(figures->f1_best);
  out["pairs"] = figures->pairs;
  out["true_pairs"] = figures->true_pairs;
  figures->plot.figures = FiguresOf(out);
  if (!flags.plot.empty() && !WriteFile(flags.plot, RenderPlot(figures->plot))) {
    return Fail(absl::UnavailableError("cannot write " + flags.plot));
  }
  std::cout << out.dump(2) << "\n";
  return 0;
}

int MeasureFiles(const Flags& flags) {
  const auto start = std::chrono::steady_clock::now();
  const auto schema = ReadSchema(flags.schema);
  if (!schema.ok()) return Fail(schema.status());
  std::regex pattern;
  try {
    pattern = flags.truth_regex.empty() ? "(.*)" : flags.truth_regex;
  } catch (const std::regex_error& error) {
    return Fail(absl::InvalidArgumentError(std::string("--truth-regex: ") + error.what()),
                kWrongOptions);
  }
  std::vector<linkage::RecordTable> tables;
  Truth truth;
  for (const std::string& file : flags.files) {
    auto csv = ReadCsv(file);
    if (!csv.ok()) return Fail(csv.status());
    std::vector<std::vector<std::string>> raw;
    for (const linkage::SourceField& f : schema->fields) {
      const auto column = csv->Column(f.name);
      if (!column.ok()) return Fail(In(file, column.status()));
      raw.push_back(csv->columns[*column]);
    }
    const auto column = csv->Column(flags.truth_column);
    if (!column.ok()) return Fail(In(file, column.status()));
    std::vector<std::string> entities;
    std::size_t others = 0;
    for (const std::string& value : csv->columns[*column]) {
      std::smatch match;
      const bool hit = std::regex_search(value, match, pattern);
      others += !hit && !value.empty() ? 1 : 0;
      entities.push_back(!hit ? value : match.size() > 1 ? match[1].str() : match[0].str());
    }
    if (others > 0) {
      Warn(file + ": " + std::to_string(others) + " of " + std::to_string(csv->rows) +
           " values of the truth column do not match --truth-regex and are taken whole");
    }
    truth.push_back(std::move(entities));
    tables.push_back(linkage::PrepareRecords(schema->fields, raw, schema->day_first, nullptr));
  }
  const Run run = Link(schema->profile, tables, flags.seed);
  const std::vector<PairFigures> figures = Measure(run, truth);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (flags.explain) {
    for (const std::string& line : run.plan.Explain(schema->profile)) std::cerr << line << "\n";
  }
  nlohmann::ordered_json out;
  nlohmann::ordered_json pairs = nlohmann::ordered_json::array();
  PairFigures mean;
  double candidates = 0;
  std::uint64_t true_pairs = 0;
  for (const PairFigures& f : figures) {
    mean.precision += f.precision;
    mean.recall += f.recall;
    mean.f1 += f.f1;
    mean.f1_best += f.f1_best;
    mean.blocking_recall += f.blocking_recall;
    mean.exposed_share += f.exposed_share;
    candidates += static_cast<double>(f.candidate_pairs);
    true_pairs += f.true_pairs;
    if (f.few_own_pairs) {
      Warn(flags.files[f.first] + " and " + flags.files[f.second] +
           ": few own pairs meet in a block, so that the threshold was raised");
    }
    nlohmann::ordered_json p;
    p["files"] = {flags.files[f.first], flags.files[f.second]};
    p["true_pairs"] = f.true_pairs;
    p["precision"] = Rounded(f.precision);
    p["recall"] = Rounded(f.recall);
    p["f1"] = Rounded(f.f1);
    p["f1_best"] = Rounded(f.f1_best);
    p["direct_precision"] = Rounded(f.direct_precision);
    p["direct_recall"] = Rounded(f.direct_recall);
    p["direct_f1"] = Rounded(f.direct_f1);
    p["candidate_pairs"] = f.candidate_pairs;
    p["blocking_recall"] = Rounded(f.blocking_recall);
    p["exposed_share"] = Rounded(f.exposed_share);
    if (f.few_own_pairs) p["warning"] = "few own pairs: threshold raised";
    pairs.push_back(std::move(p));
  }
  if (true_pairs == 0) {
    Warn("no entity of the truth column is in two files: recall is over nothing");
  }
  const double n = static_cast<double>(figures.size());
  double bytes = 16.0 * static_cast<double>(run.evaluations);
  for (const PairRun& p : run.pairs) bytes += static_cast<double>(p.encoded_bytes);
  out["precision"] = Rounded(mean.precision / n);
  out["recall"] = Rounded(mean.recall / n);
  out["f1"] = Rounded(mean.f1 / n);
  out["f1_best"] = Rounded(mean.f1_best / n);
  out["candidate_pairs"] = Rounded(candidates / n);
  out["blocking_recall"] = Rounded(mean.blocking_recall / n);
  out["exposed_share"] = Rounded(mean.exposed_share / n);
  if (figures.size() > 1) out["exposed_to_any"] = Rounded(ExposedToAny(run, truth));
  const double records = std::max<double>(1, static_cast<double>(run.records));
  out["evaluations_per_record"] = Rounded(static_cast<double>(run.evaluations) / records);
  out["bytes_per_record"] = Rounded(bytes / records);
  out["seconds"] = Rounded(seconds);
  if (run.plan.keys.empty()) {
    Warn("no key made of these fields tells the records apart: nothing was compared");
  }
  if (!flags.plot.empty()) {
    PlotData plot = MakePlotData(schema->profile, tables, run, truth);
    plot.figures = FiguresOf(out);
    if (!WriteFile(flags.plot, RenderPlot(plot))) {
      return Fail(absl::UnavailableError("cannot write " + flags.plot));
    }
  }
  if (figures.size() > 1) out["pairs"] = std::move(pairs);
  std::cout << out.dump(2) << "\n";
  return 0;
}

int Main(int argc, char** argv) {
  CLI::App app{"Measures fuzzy linking on labelled files and prints one JSON object.",
               "./dev quality"};
  Flags flags;
  app.add_option("--schema", flags.schema,
                 "Compared columns: a [compare] table of COLUMN = \"KIND\" (TOML)")
      ->type_name("FILE");
  app.add_option("--truth-column", flags.truth_column,
                 "Equal values in two files: one entity. Read for scoring alone")
      ->type_name("COLUMN");
  app.add_option("--truth-regex", flags.truth_regex,
                 "Its first group within a value of the truth column is the entity")
      ->type_name("RE");
  app.add_option("--plot", flags.plot, "Write a page with charts and examples of mistakes (HTML)")
      ->type_name("FILE");
  app.add_option("--seed", flags.seed, "Seed of planning and sampling")->capture_default_str();
  app.add_flag("--explain", flags.explain, "Print the blocking plan to standard error");
  app.add_option("--pairs", flags.pairs, "Score a file of labelled name pairs instead (CSV)")
      ->type_name("FILE");
  app.add_option("--left", flags.left, "Column of the first name of a pair")->type_name("COLUMN");
  app.add_option("--right", flags.right, "Column of the second name of a pair")
      ->type_name("COLUMN");
  app.add_option("--label", flags.label,
                 "Column that says whether the pair is one: 1, true, yes, y, t, same or match")
      ->type_name("COLUMN");
  app.add_option("--as", flags.as, "What the names are of")
      ->check(CLI::IsMember({"company", "person"}));
  app.add_option("files", flags.files, "CSV files, one an agency, two or more")->type_name("FILE");
  app.footer(R"(
Kinds: exact, text, given_name, surname, person_name, company_name, date, place, address, postcode, phone.

Examples:
  ./dev quality --schema s.toml --truth-column id a.csv b.csv c.csv
  ./dev quality --schema s.toml --truth-column rec_id --truth-regex 'rec-(\d+)-' a.csv b.csv --plot page.html
  ./dev quality --pairs pairs.csv --left name --right other --label same --as company

Exits 2 for wrong options and 3 for a file that is not good. docs/linkage-quality.md says what the figures mean.)");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kWrongOptions;
  }
  if (sodium_init() < 0) return 1;
  if (!flags.pairs.empty()) {
    if (flags.left.empty() || flags.right.empty() || flags.label.empty() || flags.as.empty()) {
      return Fail(absl::InvalidArgumentError("--pairs needs --left, --right, --label and --as"),
                  kWrongOptions);
    }
    return MeasureNamePairs(flags);
  }
  if (flags.schema.empty() || flags.truth_column.empty() || flags.files.size() < 2) {
    return Fail(absl::InvalidArgumentError("needs --schema, --truth-column and two files or more"),
                kWrongOptions);
  }
  return MeasureFiles(flags);
}

}  // namespace
}  // namespace raakvlak::bench

int main(int argc, char** argv) { return raakvlak::bench::Main(argc, argv); }
