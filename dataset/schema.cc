// Reads the schema file with toml++; see the header for its form.
#include "dataset/schema.h"

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace raakvlak::dataset {
namespace {

using linkage::IdentifierType;

constexpr std::size_t kMaxFieldBytesLimit = 16 * 1024 * 1024;

constexpr std::array<std::pair<std::string_view, CompareKind>, 11> kCompareKinds = {
    {{"exact", CompareKind::kExact},
     {"text", CompareKind::kText},
     {"given_name", CompareKind::kGivenName},
     {"surname", CompareKind::kSurname},
     {"person_name", CompareKind::kPersonName},
     {"company_name", CompareKind::kCompanyName},
     {"date", CompareKind::kDate},
     {"place", CompareKind::kPlace},
     {"address", CompareKind::kAddress},
     {"postcode", CompareKind::kPostcode},
     {"phone", CompareKind::kPhone}}};

// Anything with a place in the file, in the order of the file.
template <typename T>
struct Placed {
  toml::source_position at;
  T item;
};

template <typename T>
std::vector<T> InFileOrder(std::vector<Placed<T>> items) {
  std::stable_sort(items.begin(), items.end(), [](const Placed<T>& a, const Placed<T>& b) {
    return std::pair(a.at.line, a.at.column) < std::pair(b.at.line, b.at.column);
  });
  std::vector<T> out;
  out.reserve(items.size());
  for (Placed<T>& item : items) out.push_back(std::move(item.item));
  return out;
}

class SchemaReader {
 public:
  explicit SchemaReader(std::string_view label) : label_(label) {}

  absl::StatusOr<Schema> Read(const toml::table& root);

 private:
  absl::Status Error(const toml::source_region& where, std::string_view what) const {
    return absl::InvalidArgumentError(
        absl::StrCat(label_, ": line ", where.begin.line, ": ", std::string(what)));
  }

  absl::StatusOr<std::string> Text(const toml::key& key, const toml::node& node) const {
    const auto value = node.value_exact<std::string>();
    if (!value.has_value() || value->empty()) {
      return Error(node.source(), absl::StrCat("\"", std::string(key.str()),
                                               "\" must be a text in quotes, not empty"));
    }
    return *value;
  }

  absl::StatusOr<IdentifierType> Type(const toml::node& node) const;
  absl::Status Setting(const toml::key& key, const toml::node& node, Schema& schema) const;
  absl::Status Columns(const toml::node& node);
  absl::Status Compounds(const toml::key& key, const toml::node& node, IdentifierType type);
  absl::Status Compare(const toml::node& node);
  absl::StatusOr<CompareSpec> CompareColumn(const toml::key& key, const toml::node& node) const;

  std::string label_;
  std::vector<Placed<FieldSpec>> fields_;
  std::vector<Placed<CompareSpec>> compare_;
};

absl::StatusOr<Schema> SchemaReader::Read(const toml::table& root) {
  Schema schema;
  for (const auto& [key, node] : root) {
    const std::string_view name = key.str();
    absl::Status status;
    if (name == "columns") {
      status = Columns(node);
    } else if (name == "person_name") {
      status = Compounds(key, node, IdentifierType::kPersonName);
    } else if (name == "name_birth_date") {
      status = Compounds(key, node, IdentifierType::kNameBirthDate);
    } else if (name == "compare") {
      status = Compare(node);
    } else {
      status = Setting(key, node, schema);
    }
    if (!status.ok()) return status;
  }
  if (schema.record_id.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        label_,
        ": record_id is missing; add record_id = \"COLUMN\" with the column of your record ids"));
  }
  schema.fields = InFileOrder(std::move(fields_));
  schema.compare = InFileOrder(std::move(compare_));
  if (schema.fields.empty() && schema.compare.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        label_, ": no column has a type; add a [columns] table with COLUMN = \"TYPE\""));
  }
  return schema;
}

absl::Status SchemaReader::Setting(const toml::key& key, const toml::node& node,
                                   Schema& schema) const {
  const std::string_view name = key.str();
  if (name == "max_field_bytes") {
    const auto value = node.value_exact<std::int64_t>();
    if (!value.has_value() || *value < 1 ||
        *value > static_cast<std::int64_t>(kMaxFieldBytesLimit)) {
      return Error(node.source(), "max_field_bytes must be a number from 1 to 16777216");
    }
    schema.max_field_bytes = static_cast<std::size_t>(*value);
    return absl::OkStatus();
  }
  if (name != "record_id" && name != "delimiter" && name != "encoding" && name != "date_order") {
    return Error(key.source(),
                 absl::StrCat("unknown key \"", std::string(name),
                              "\"; known are record_id, delimiter, encoding, date_order, "
                              "max_field_bytes, columns, person_name, name_birth_date, compare"));
  }
  absl::StatusOr<std::string> text = Text(key, node);
  if (!text.ok()) return text.status();
  if (name == "record_id") {
    schema.record_id = *std::move(text);
  } else if (name == "delimiter") {
    if (*text == "," || *text == ";") {
      schema.delimiter = (*text)[0];
    } else if (*text == "tab" || *text == "\t") {
      schema.delimiter = '\t';
    } else {
      return Error(node.source(), "delimiter must be \",\", \";\" or \"tab\"");
    }
  } else if (name == "encoding") {
    if (*text == "utf-8") {
      schema.encoding = Encoding::kUtf8;
    } else if (*text == "windows-1252") {
      schema.encoding = Encoding::kWindows1252;
    } else {
      return Error(node.source(), "encoding must be \"utf-8\" or \"windows-1252\"");
    }
  } else {
    if (*text == "mdy") {
      schema.date_order = linkage::DateOrder::kMonthDayYear;
    } else if (*text != "dmy") {
      return Error(node.source(), "date_order must be \"dmy\" or \"mdy\"");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<IdentifierType> SchemaReader::Type(const toml::node& node) const {
  const auto name = node.value_exact<std::string>();
  if (!name.has_value()) return Error(node.source(), "a type must be a text in quotes");
  const std::optional<IdentifierType> type = linkage::ParseIdentifierType(*name);
  if (!type.has_value() || linkage::IsBlockType(*type)) {
    std::string known;
    for (const auto& info : linkage::AllIdentifierTypes()) {
      if (linkage::IsBlockType(info.type)) continue;
      absl::StrAppend(&known, known.empty() ? "" : ", ", std::string(info.name));
    }
    return Error(node.source(), absl::StrCat("unknown type \"", *name, "\"; known are ", known));
  }
  if (*type == IdentifierType::kNameBirthDate) {
    return Error(node.source(),
                 "name_birth_date is made of several columns: write a [[name_birth_date]] table");
  }
  return *type;
}

absl::Status SchemaReader::Columns(const toml::node& node) {
  const toml::table* table = node.as_table();
  if (table == nullptr) return Error(node.source(), "columns must be a table: [columns]");
  for (const auto& [key, value] : *table) {
    const std::string column(key.str());
    auto add = [&](const toml::node& type_node) -> absl::Status {
      const absl::StatusOr<IdentifierType> type = Type(type_node);
      if (!type.ok()) return type.status();
      FieldSpec field;
      field.type = *type;
      field.column = column;
      fields_.push_back({type_node.source().begin, std::move(field)});
      return absl::OkStatus();
    };
    if (const toml::array* types = value.as_array()) {
      if (types->empty()) return Error(value.source(), "this column has an empty list of types");
      for (const toml::node& type_node : *types) {
        if (absl::Status status = add(type_node); !status.ok()) return status;
      }
    } else if (absl::Status status = add(value); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

absl::Status SchemaReader::Compounds(const toml::key& key, const toml::node& node,
                                     IdentifierType type) {
  const std::string name(key.str());
  std::vector<const toml::table*> tables;
  if (const toml::array* array = node.as_array()) {
    for (const toml::node& item : *array) {
      if (item.as_table() == nullptr) {
        return Error(item.source(), absl::StrCat("write this as [[", name, "]]"));
      }
      tables.push_back(item.as_table());
    }
  } else if (node.as_table() != nullptr) {
    tables.push_back(node.as_table());
  } else {
    return Error(node.source(), absl::StrCat("write this as [[", name, "]]"));
  }
  const bool dated = type == IdentifierType::kNameBirthDate;
  for (const toml::table* table : tables) {
    FieldSpec field;
    field.type = type;
    for (const auto& [part, value] : *table) {
      std::string* target = nullptr;
      if (part == "given") target = &field.given;
      if (part == "prefix") target = &field.prefix;
      if (part == "surname") target = &field.surname;
      if (part == "name") target = &field.column;
      if (part == "birth_date" && dated) target = &field.birth_date;
      if (target == nullptr) {
        return Error(part.source(),
                     absl::StrCat("unknown key \"", std::string(part.str()), "\" in ", name,
                                  "; known are name, or given, prefix and surname",
                                  dated ? ", and birth_date" : ""));
      }
      absl::StatusOr<std::string> text = Text(part, value);
      if (!text.ok()) return text.status();
      *target = *std::move(text);
    }
    const bool parts = !field.given.empty() || !field.prefix.empty() || !field.surname.empty();
    if (parts == !field.column.empty() || (parts && field.surname.empty())) {
      return Error(table->source(),
                   absl::StrCat(name, " needs either name, or surname with given and prefix"));
    }
    if (dated && field.birth_date.empty()) {
      return Error(table->source(), absl::StrCat(name, " needs birth_date"));
    }
    fields_.push_back({table->source().begin, std::move(field)});
  }
  return absl::OkStatus();
}

absl::Status SchemaReader::Compare(const toml::node& node) {
  const toml::table* table = node.as_table();
  if (table == nullptr) return Error(node.source(), "compare must be a table: [compare]");
  std::set<std::string> fields;
  for (const auto& [key, value] : *table) {
    absl::StatusOr<CompareSpec> spec = CompareColumn(key, value);
    if (!spec.ok()) return spec.status();
    if (!spec->field.empty() && !fields.insert(spec->field).second) {
      return Error(value.source(), absl::StrCat("two columns are the field \"", spec->field, "\""));
    }
    compare_.push_back({key.source().begin, *std::move(spec)});
  }
  return absl::OkStatus();
}

absl::StatusOr<CompareSpec> SchemaReader::CompareColumn(const toml::key& key,
                                                        const toml::node& node) const {
  CompareSpec spec;
  spec.column = std::string(key.str());
  std::string kind_name;
  if (const toml::table* table = node.as_table()) {
    for (const auto& [part, value] : *table) {
      if (part != "kind" && part != "field") {
        return Error(part.source(), absl::StrCat("unknown key \"", std::string(part.str()),
                                                 "\"; known are kind and field"));
      }
      absl::StatusOr<std::string> text = Text(part, value);
      if (!text.ok()) return text.status();
      (part == "kind" ? kind_name : spec.field) = *std::move(text);
    }
    if (kind_name.empty()) return Error(node.source(), "a compared column needs a kind");
  } else {
    absl::StatusOr<std::string> text = Text(key, node);
    if (!text.ok()) return text.status();
    kind_name = *std::move(text);
  }
  const auto kind = std::find_if(kCompareKinds.begin(), kCompareKinds.end(),
                                 [&](const auto& entry) { return entry.first == kind_name; });
  if (kind == kCompareKinds.end()) {
    std::string known;
    for (const auto& entry : kCompareKinds) {
      absl::StrAppend(&known, known.empty() ? "" : ", ", std::string(entry.first));
    }
    return Error(node.source(),
                 absl::StrCat("unknown kind \"", kind_name, "\"; known are ", known));
  }
  spec.kind = kind->second;
  return spec;
}

}  // namespace

std::string FieldSpec::Label() const {
  std::string label;
  for (const std::string* part : {&column, &given, &prefix, &surname, &birth_date}) {
    if (part->empty()) continue;
    if (!label.empty()) label.push_back('+');
    label += *part;
  }
  return label;
}

std::string_view CompareKindName(CompareKind kind) {
  for (const auto& entry : kCompareKinds) {
    if (entry.second == kind) return entry.first;
  }
  return "text";
}

absl::StatusOr<Schema> ParseSchema(std::string_view toml, std::string_view label) {
  // Debian's build of toml++ reports mistakes by exception; none passes this point.
  try {
    return SchemaReader(label).Read(toml::parse(toml, label));
  } catch (const toml::parse_error& error) {
    return absl::InvalidArgumentError(absl::StrCat(std::string(label), ": line ",
                                                   error.source().begin.line, ": ",
                                                   std::string(error.description())));
  }
}

}  // namespace raakvlak::dataset
