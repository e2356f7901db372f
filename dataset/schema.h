// The schema file (TOML): which columns of a CSV file hold what.
//
//   record_id = "zaaknummer"        # required: the column with the agency's own record id
//   delimiter = ";"                 # "," ";" or "tab"; default: detected
//   encoding = "windows-1252"       # "utf-8" or "windows-1252"; default: detected
//   date_order = "dmy"              # "dmy" (default; ISO dates always work) or "mdy"
//   max_field_bytes = 65536         # 1 .. 16777216
//
//   [columns]                       # column = "type", or an array of types
//   rekening = "iban"
//   "KvK-nummer" = "kvk"
//
//   [[person_name]]                 # a name from several columns
//   given = "voornamen"             # given names or initials
//   prefix = "voorvoegsel"          # optional
//   surname = "achternaam"
//
//   [[name_birth_date]]             # the compound; or `name = "column"` in place of the three
//   given = "voornamen"
//   prefix = "voorvoegsel"
//   surname = "achternaam"
//   birth_date = "geboortedatum"
//
//   [compare]                       # columns for fuzzy comparison: column = "kind"
//   woonplaats = "place"
//   geboren = { kind = "date", field = "born" }   # where the purpose compares two of a kind
//
// Unknown keys are refused with their line number.
#ifndef RAAKVLAK_DATASET_SCHEMA_H_
#define RAAKVLAK_DATASET_SCHEMA_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "dataset/csv.h"
#include "linkage/normalise/birth_date.h"
#include "linkage/types/identifier_type.h"

namespace raakvlak::dataset {

// One identifier made of one or more columns. Unused columns are empty strings.
struct FieldSpec {
  linkage::IdentifierType type = linkage::IdentifierType::kKvk;
  std::string column;  // the whole value (for name_birth_date: the whole name)
  std::string given;   // person_name and name_birth_date from parts
  std::string prefix;
  std::string surname;
  std::string birth_date;  // name_birth_date only

  bool from_parts() const { return !surname.empty(); }
  // What reports call the field: the columns it is made of, joined by '+'.
  std::string Label() const;
};

// How fuzzy comparison reads a column (linkage.md).
enum class CompareKind : std::uint8_t {
  kExact,
  kText,
  kGivenName,
  kSurname,
  kPersonName,
  kCompanyName,
  kDate,
  kPlace,
  kAddress,
  kPostcode,
  kPhone,
};
std::string_view CompareKindName(CompareKind kind);

struct CompareSpec {
  std::string column;
  CompareKind kind = CompareKind::kText;
  // The purpose's compared field that this column is; empty where the kind tells
  // (compared_records.h).
  std::string field;
};

struct Schema {
  std::string record_id;
  char delimiter = '\0';
  Encoding encoding = Encoding::kDetect;
  linkage::DateOrder date_order = linkage::DateOrder::kDetect;
  std::size_t max_field_bytes = 64 * 1024;
  std::vector<FieldSpec> fields;     // in the order of the file
  std::vector<CompareSpec> compare;  // likewise
};

// `label` is what errors call the schema file. kInvalidArgument with line number and remedy.
absl::StatusOr<Schema> ParseSchema(std::string_view toml, std::string_view label);

}  // namespace raakvlak::dataset

#endif  // RAAKVLAK_DATASET_SCHEMA_H_
