// From raw columns to the compared values of a profile: the node's side of fuzzy linking, built on
// the normalising room. The matcher links nothing of this.
//
// Thread safe; accepts any bytes.
#ifndef RAAKVLAK_LINKAGE_FUZZY_RECORD_PREPARER_H_
#define RAAKVLAK_LINKAGE_FUZZY_RECORD_PREPARER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "linkage/score/profile.h"

namespace raakvlak::linkage {

// What a source column holds.
enum class SourceKind : std::uint8_t {
  kExact,
  kText,
  kGivenName,
  kSurname,
  kPersonName,   // a whole name in one column
  kCompanyName,  // with or without legal form
  kDate,
  kPlace,
  kAddress,
  kPostcode,
  kPhone,
};

// "exact", "text", "given_name", "surname", "person_name", "company_name", "date", "place",
// "address", "postcode", "phone".
std::optional<SourceKind> ParseSourceKind(std::string_view name);

struct SourceField {
  std::string name;
  SourceKind kind = SourceKind::kText;
};

// The default profile for these fields: a person name becomes a given name and a surname, a company
// name a name and a legal form; everything else stays one field.
Profile DefaultProfile(const std::vector<SourceField>& fields);

// Normalises one agency's raw columns (same order as `fields`, equal lengths) into the columns of
// DefaultProfile(fields). What cannot be used (placeholders, invalid UTF-8, over-long values)
// becomes empty and is counted in `*unusable`, which may be null. `day_first`: what 03-04-1980
// means.
RecordTable PrepareRecords(const std::vector<SourceField>& fields,
                           const std::vector<std::vector<std::string>>& raw, bool day_first,
                           std::uint64_t* unusable);

// A date as eight digits yyyymmdd with '?' for what is not known or not a digit; empty if nothing
// can be made of it. Keeps impossible dates ("19721322"): a damaged date still resembles the true
// one. `day_first` decides what 03-04-1980 means; a year of two digits is taken for one of 1931 to
// 2030. A year alone is kept, a month alone is not.
std::string LenientDate(std::string_view text, bool day_first = true);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_FUZZY_RECORD_PREPARER_H_
