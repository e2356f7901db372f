// Reading the schema file of `quality`.
#include "bench/quality/schema_file.h"

#include <toml++/toml.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "linkage/types/identifier_type.h"

namespace raakvlak::bench {

absl::StatusOr<QualitySchema> ReadSchema(const std::string& path) {
  toml::table root;
  try {
    root = toml::parse_file(path);
  } catch (const toml::parse_error& error) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ":", error.source().begin.line, ": ", std::string(error.description())));
  }
  QualitySchema schema;
  const toml::table* compare = root["compare"].as_table();
  if (compare == nullptr || compare->empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": no [compare] table; write one line a column: name = \"kind\""));
  }
  std::vector<std::pair<std::uint32_t, linkage::SourceField>> found;
  for (const auto& [key, node] : *compare) {
    const toml::table* details = node.as_table();
    const auto kind_name =
        details == nullptr ? node.value<std::string>() : (*details)["kind"].value<std::string>();
    const auto kind = linkage::ParseSourceKind(kind_name.value_or(""));
    if (!kind) {
      return absl::InvalidArgumentError(absl::StrCat(
          path, ":", node.source().begin.line, ": unknown kind '", kind_name.value_or(""),
          "'; known: exact, text, given_name, surname, person_name, company_name, date, place, "
          "address, postcode, phone"));
    }
    found.emplace_back(node.source().begin.line,
                       linkage::SourceField{std::string(key.str()), *kind});
  }
  // In the order of the file, which toml++ does not keep.
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [line, field] : found) schema.fields.push_back(std::move(field));
  schema.profile = linkage::DefaultProfile(schema.fields);
  if (schema.profile.fields.size() > linkage::kMaxComparedFields) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": more than ", linkage::kMaxComparedFields, " compared fields"));
  }
  schema.day_first = root["date_order"].value_or(std::string("dmy")) != "mdy";
  schema.profile.deduplicated = root["deduplicated"].value_or(true);
  schema.profile.max_exposure = root["max_exposure"].value_or(schema.profile.max_exposure);
  schema.profile.max_keys = root["max_keys"].value_or(schema.profile.max_keys);
  schema.profile.block_cap = root["block_cap"].value_or(schema.profile.block_cap);
  if (schema.profile.max_keys < 1 || schema.profile.max_keys > linkage::kMaxBlockTypes) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": max_keys is 1 to ", linkage::kMaxBlockTypes));
  }
  return schema;
}

}  // namespace raakvlak::bench
