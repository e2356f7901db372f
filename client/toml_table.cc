// Strict reading of TOML tables.
#include "client/toml_table.h"

#include <chrono>

#include "absl/strings/str_cat.h"

namespace raakvlak::client {

TomlTable::TomlTable(const toml::table& table, std::string file, std::string section)
    : table_(table), file_(std::move(file)), section_(std::move(section)) {}

std::string TomlTable::Where(const toml::node* node) const {
  const auto line = node != nullptr ? node->source().begin.line : table_.source().begin.line;
  return absl::StrCat(file_, ":", line, ": ", section_.empty() ? "" : section_ + ".");
}

const toml::node* TomlTable::Find(std::string_view key) {
  asked_.insert(std::string(key));
  return table_.get(key);
}

void TomlTable::Fail(std::string_view key, std::string_view what) {
  if (!status_.ok()) return;
  status_ = absl::InvalidArgumentError(
      absl::StrCat(Where(table_.get(key)), std::string(key), " ", std::string(what)));
}

const toml::node* TomlTable::Need(std::string_view key, bool required, std::string_view what) {
  const toml::node* node = Find(key);
  if (node == nullptr && required)
    Fail(key, absl::StrCat("is missing; it must be ", std::string(what)));
  return node;
}

std::string TomlTable::String(std::string_view key) {
  const toml::node* node = Need(key, true, "a string");
  if (node == nullptr) return "";
  if (auto value = node->value_exact<std::string>()) return *value;
  Fail(key, "must be a string");
  return "";
}

std::string TomlTable::String(std::string_view key, std::string_view fallback) {
  return Find(key) == nullptr ? std::string(fallback) : String(key);
}

int64_t TomlTable::Integer(std::string_view key, int64_t min, int64_t max) {
  const std::string what = absl::StrCat("a number from ", min, " to ", max);
  const toml::node* node = Need(key, true, what);
  if (node == nullptr) return min;
  auto value = node->value_exact<int64_t>();
  if (value.has_value() && *value >= min && *value <= max) return *value;
  Fail(key, "must be " + what);
  return min;
}

int64_t TomlTable::Integer(std::string_view key, int64_t min, int64_t max, int64_t fallback) {
  return Find(key) == nullptr ? fallback : Integer(key, min, max);
}

double TomlTable::Real(std::string_view key, double min, double max, double fallback) {
  const toml::node* node = Find(key);
  if (node == nullptr) return fallback;
  // A whole number stands for itself.
  const auto value = node->is_number() ? node->value<double>() : std::nullopt;
  if (value.has_value() && *value >= min && *value <= max) return *value;
  Fail(key, absl::StrCat("must be a number from ", min, " to ", max));
  return fallback;
}

bool TomlTable::Boolean(std::string_view key, bool fallback) {
  const toml::node* node = Find(key);
  if (node == nullptr) return fallback;
  if (auto value = node->value_exact<bool>()) return *value;
  Fail(key, "must be true or false");
  return fallback;
}

std::vector<std::string> TomlTable::Strings(std::string_view key) {
  const toml::node* node = Need(key, true, "a list of strings");
  std::vector<std::string> out;
  if (node == nullptr) return out;
  const toml::array* array = node->as_array();
  if (array == nullptr) {
    Fail(key, "must be a list of strings");
    return out;
  }
  for (const toml::node& element : *array) {
    if (auto value = element.value_exact<std::string>()) {
      out.push_back(*value);
    } else {
      Fail(key, "must be a list of strings");
    }
  }
  return out;
}

std::vector<std::string> TomlTable::Strings(std::string_view key,
                                            std::vector<std::string> fallback) {
  return Find(key) == nullptr ? std::move(fallback) : Strings(key);
}

int64_t TomlTable::Date(std::string_view key, bool end_of_day) {
  const toml::node* node = Need(key, true, "a date such as 2027-12-31");
  if (node == nullptr) return 0;
  auto value = node->value_exact<toml::date>();
  if (!value.has_value()) {
    Fail(key, "must be a date such as 2027-12-31, without quotes");
    return 0;
  }
  const std::chrono::year_month_day day{std::chrono::year(value->year),
                                        std::chrono::month(value->month),
                                        std::chrono::day(value->day)};
  const std::chrono::sys_days days = day;
  const int64_t start =
      std::chrono::duration_cast<std::chrono::seconds>(days.time_since_epoch()).count();
  return end_of_day ? start + 86399 : start;
}

const toml::table* TomlTable::Table(std::string_view key) {
  const toml::node* node = Find(key);
  if (node == nullptr) return nullptr;
  if (node->as_table() == nullptr) Fail(key, "must be a table");
  return node->as_table();
}

std::vector<const toml::table*> TomlTable::Tables(std::string_view key) {
  const toml::node* node = Need(key, true, absl::StrCat("one or more [[", std::string(key), "]]"));
  std::vector<const toml::table*> out;
  if (node == nullptr) return out;
  const toml::array* array = node->as_array();
  if (array == nullptr || array->empty()) {
    Fail(key, "must be one or more tables in double brackets");
    return out;
  }
  for (const toml::node& element : *array) {
    if (element.as_table() == nullptr) {
      Fail(key, "must be one or more tables in double brackets");
      return {};
    }
    out.push_back(element.as_table());
  }
  return out;
}

absl::Status TomlTable::Finish() {
  if (!status_.ok()) return status_;
  for (const auto& [key, node] : table_) {
    if (asked_.find(key.str()) == asked_.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat(Where(&node), std::string(key.str()),
                       " is not known here; is it misspelt? Known: ", [this] {
                         std::string list;
                         for (const std::string& known : asked_) {
                           absl::StrAppend(&list, list.empty() ? "" : ", ", known);
                         }
                         return list;
                       }()));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<toml::table> ParseToml(std::string_view text, const std::string& file) {
  try {
    return toml::parse(text, file);
  } catch (const toml::parse_error& error) {
    return absl::InvalidArgumentError(absl::StrCat(file, ":", error.source().begin.line, ":",
                                                   error.source().begin.column, ": ",
                                                   std::string(error.description())));
  }
}

}  // namespace raakvlak::client
