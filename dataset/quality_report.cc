// Prints a quality report as text and as JSON; see the header.
#include "dataset/quality_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "linkage/normalise/text.h"

namespace raakvlak::dataset {
namespace {

std::string Rows(const RowSample& sample) {
  std::string text = sample.count == 1 ? "row " : "rows ";
  for (std::size_t i = 0; i < sample.first_rows.size(); ++i) {
    absl::StrAppend(&text, i == 0 ? "" : ", ", sample.first_rows[i]);
  }
  if (sample.count > sample.first_rows.size()) absl::StrAppend(&text, ", ...");
  return text;
}

void AppendSample(std::string& text, std::string_view indent, const RowSample& sample,
                  std::string_view what) {
  if (sample.count == 0) return;
  absl::StrAppend(&text, std::string(indent), sample.count, " ", std::string(what), " (",
                  Rows(sample), ")\n");
}

nlohmann::json SampleJson(const RowSample& sample) {
  return {{"count", sample.count}, {"rows", sample.first_rows}};
}

}  // namespace

void RowSample::Add(std::uint64_t row, std::size_t keep) {
  ++count;
  if (first_rows.size() < keep) first_rows.push_back(row);
}

bool QualityReport::clean() const {
  return ragged.count == 0 && missing_id.count == 0 && duplicate_ids == 0 &&
         std::all_of(fields.begin(), fields.end(),
                     [](const FieldQuality& field) { return field.invalid == 0; });
}

std::string QualityReport::ToText() const {
  std::string text =
      absl::StrCat(label, ": ", rows, " data rows, ", records, " records (delimiter ", delimiter,
                   ", encoding ", encoding, ")\n");
  AppendSample(text, "  ", ragged,
               "rows left out: more or fewer fields than the header; check delimiter and quotes");
  AppendSample(text, "  ", missing_id, "rows left out: no record id");
  if (duplicate_ids > 0) {
    absl::StrAppend(&text, "  ", duplicate_ids_at_least ? "at least " : "", duplicate_ids,
                    " rows left out: a record id that an earlier row has (");
    for (std::size_t i = 0; i < first_duplicate_ids.size(); ++i) {
      absl::StrAppend(&text, i == 0 ? "" : ", ", "row ", first_duplicate_ids[i].row, " as row ",
                      first_duplicate_ids[i].first_row);
    }
    absl::StrAppend(&text, duplicate_ids > first_duplicate_ids.size() ? ", ...)\n" : ")\n");
  }
  AppendSample(text, "  ", empty, "rows without any usable value: nothing to compare");
  for (const FieldQuality& field : fields) {
    absl::StrAppend(
        &text, "  ", field.label, " (", std::string(linkage::IdentifierTypeName(field.type)),
        "): ", field.valid, " valid, ", field.invalid, " invalid, ", field.missing, " missing, ",
        field.duplicates_at_least ? "at least " : "", field.duplicates, " duplicates\n");
    for (const auto& [reason, problem] : field.problems) {
      AppendSample(text, "    ", problem.rows, absl::StrCat("invalid: ", problem.message));
    }
    AppendSample(text, "    ", field.suspect, "suspect: the check digit fails, kept all the same");
    AppendSample(text, "    ", field.padded, "padded: dropped leading zeros were put back");
    AppendSample(text, "    ", field.weak_date, "weak dates: 1 January, or known in part");
    AppendSample(text, "    ", field.withheld,
                 "withheld: may contain a BSN, which this partnership has not turned on");
  }
  return text;
}

nlohmann::json QualityReport::ToJson() const {
  // A file name need not be UTF-8, and JSON must be.
  std::string file = label;
  if (!linkage::IsValidUtf8(file)) {
    std::replace_if(
        file.begin(), file.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; },
        '?');
  }
  nlohmann::json json = {{"file", file},
                         {"rows", rows},
                         {"records", records},
                         {"delimiter", delimiter},
                         {"encoding", encoding},
                         {"clean", clean()},
                         {"ragged", SampleJson(ragged)},
                         {"missing_id", SampleJson(missing_id)},
                         {"empty", SampleJson(empty)}};
  nlohmann::json pairs = nlohmann::json::array();
  for (const DuplicateId& id : first_duplicate_ids) {
    pairs.push_back({{"row", id.row}, {"first_row", id.first_row}});
  }
  json["duplicate_ids"] = {
      {"count", duplicate_ids}, {"at_least", duplicate_ids_at_least}, {"rows", std::move(pairs)}};
  nlohmann::json list = nlohmann::json::array();
  for (const FieldQuality& field : fields) {
    nlohmann::json problems = nlohmann::json::array();
    for (const auto& [reason, problem] : field.problems) {
      problems.push_back({{"reason", linkage::RefusalReasonName(reason)},
                          {"message", problem.message},
                          {"count", problem.rows.count},
                          {"rows", problem.rows.first_rows}});
    }
    list.push_back({{"field", field.label},
                    {"type", linkage::IdentifierTypeName(field.type)},
                    {"valid", field.valid},
                    {"invalid", field.invalid},
                    {"missing", field.missing},
                    {"duplicates", field.duplicates},
                    {"duplicates_at_least", field.duplicates_at_least},
                    {"problems", std::move(problems)},
                    {"suspect", SampleJson(field.suspect)},
                    {"padded", SampleJson(field.padded)},
                    {"weak_date", SampleJson(field.weak_date)},
                    {"withheld", SampleJson(field.withheld)}});
  }
  json["fields"] = std::move(list);
  return json;
}

}  // namespace raakvlak::dataset
