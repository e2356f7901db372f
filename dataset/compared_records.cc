// Mapping columns to fields and preparing their values.
#include "dataset/compared_records.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "linkage/fuzzy/record_preparer.h"

namespace raakvlak::dataset {
namespace {

using linkage::ComparedField;
using linkage::FieldKind;

constexpr std::size_t kBatch = 4096;
constexpr std::string_view kLegalForm = "legal_form";

// What a column of `kind` gives a field, if it gives anything: false for its (first) value, true
// for its second.
std::optional<bool> Serves(CompareKind kind, const ComparedField& field) {
  if (kind == CompareKind::kPersonName) {
    if (field.kind == FieldKind::kGivenName) return false;
    if (field.kind == FieldKind::kSurname) return true;
    return std::nullopt;
  }
  if (kind == CompareKind::kCompanyName && field.kind == FieldKind::kExact) {
    return field.name == kLegalForm ? std::optional<bool>(true) : std::nullopt;
  }
  // The other kinds of columns are called like the kinds of fields.
  if (CompareKindName(kind) == linkage::FieldKindName(field.kind)) return false;
  return std::nullopt;
}

struct Found {
  std::optional<FieldSource> source;
  // Columns that might serve the field, none of them named for it.
  std::vector<std::string> candidates;
};

Found FindSource(const std::vector<CompareSpec>& compare, const ComparedField& field) {
  Found found;
  std::vector<FieldSource> candidates;
  for (std::size_t i = 0; i < compare.size(); ++i) {
    const std::optional<bool> second = Serves(compare[i].kind, field);
    if (!second.has_value()) continue;
    if (compare[i].field == field.name) {
      found.source = FieldSource{i, *second};
      return found;
    }
    if (!compare[i].field.empty()) continue;
    candidates.push_back({i, *second});
    found.candidates.push_back(compare[i].column);
  }
  if (candidates.size() == 1) {
    found.source = candidates.front();
    return found;
  }
  for (const FieldSource& candidate : candidates) {
    if (compare[candidate.column].column == field.name) found.source = candidate;
  }
  return found;
}

}  // namespace

std::vector<std::optional<FieldSource>> MapFields(const std::vector<CompareSpec>& compare,
                                                  const linkage::Profile& profile) {
  std::vector<std::optional<FieldSource>> out;
  for (const ComparedField& field : profile.fields) {
    out.push_back(FindSource(compare, field).source);
  }
  return out;
}

std::vector<std::string> ExplainMissing(const std::vector<CompareSpec>& compare,
                                        const linkage::Profile& profile) {
  std::vector<std::string> out;
  for (const ComparedField& field : profile.fields) {
    const Found found = FindSource(compare, field);
    if (found.source.has_value()) continue;
    const std::string kind(linkage::FieldKindName(field.kind));
    std::string columns;
    for (const std::string& column : found.candidates) {
      absl::StrAppend(&columns, columns.empty() ? "" : ", ", column);
    }
    out.push_back(columns.empty()
                      ? absl::StrCat("no column is compared as ", field.name,
                                     "; add to [compare]: COLUMN = \"", kind, "\"")
                      : absl::StrCat("several columns may be ", field.name, " (", columns,
                                     "); write for one of them in [compare]: COLUMN = { kind = \"",
                                     kind, "\", field = \"", field.name, "\" }"));
  }
  return out;
}

ComparedRecords::ComparedRecords(const Schema& schema, const linkage::Profile& profile)
    : sources_(MapFields(schema.compare, profile)),
      day_first_(schema.date_order != linkage::DateOrder::kMonthDayYear) {
  for (const std::optional<FieldSource>& source : sources_) {
    if (source.has_value() &&
        std::find(used_.begin(), used_.end(), source->column) == used_.end()) {
      used_.push_back(source->column);
    }
  }
  for (const std::size_t column : used_) kinds_.push_back(schema.compare[column].kind);
  raw_.resize(used_.size());
  table_.columns.resize(profile.fields.size());
  unusable_.resize(schema.compare.size());
}

void ComparedRecords::Add(const std::vector<std::string>& compare) {
  for (std::size_t u = 0; u < used_.size(); ++u) {
    raw_[u].push_back(used_[u] < compare.size() ? compare[used_[u]] : std::string());
  }
  if (++waiting_ == kBatch) Prepare();
}

void ComparedRecords::Prepare() {
  // Of each used column; two of whole names.
  std::vector<linkage::RecordTable> prepared;
  for (std::size_t u = 0; u < used_.size(); ++u) {
    const linkage::SourceKind source =
        linkage::ParseSourceKind(CompareKindName(kinds_[u])).value_or(linkage::SourceKind::kText);
    std::vector<std::vector<std::string>> values(1);
    values[0].swap(raw_[u]);
    std::uint64_t unusable = 0;
    prepared.push_back(
        linkage::PrepareRecords({{std::string(), source}}, values, day_first_, &unusable));
    unusable_[used_[u]] += unusable;
  }
  for (std::size_t f = 0; f < sources_.size(); ++f) {
    std::vector<std::string>& column = table_.columns[f];
    if (!sources_[f].has_value()) {
      column.resize(column.size() + waiting_);
      continue;
    }
    const auto used = std::find(used_.begin(), used_.end(), sources_[f]->column) - used_.begin();
    const std::vector<std::string>& from =
        prepared[static_cast<std::size_t>(used)].columns[sources_[f]->second ? 1 : 0];
    // Copied: two fields may be served by one column.
    column.insert(column.end(), from.begin(), from.end());
  }
  waiting_ = 0;
}

linkage::RecordTable ComparedRecords::Take() {
  if (waiting_ > 0) Prepare();
  return std::move(table_);
}

}  // namespace raakvlak::dataset
