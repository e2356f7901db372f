// Names and look-ups of comparison profiles.
#include "linkage/score/profile.h"

namespace raakvlak::linkage {

std::string_view FieldKindName(FieldKind kind) {
  switch (kind) {
    case FieldKind::kExact:
      return "exact";
    case FieldKind::kText:
      return "text";
    case FieldKind::kGivenName:
      return "given_name";
    case FieldKind::kSurname:
      return "surname";
    case FieldKind::kCompanyName:
      return "company_name";
    case FieldKind::kDate:
      return "date";
    case FieldKind::kPlace:
      return "place";
    case FieldKind::kAddress:
      return "address";
    case FieldKind::kPostcode:
      return "postcode";
    case FieldKind::kPhone:
      return "phone";
  }
  return "unknown";
}

std::optional<FieldKind> ParseFieldKind(std::string_view name) {
  for (auto kind : {FieldKind::kExact, FieldKind::kText, FieldKind::kGivenName, FieldKind::kSurname,
                    FieldKind::kCompanyName, FieldKind::kDate, FieldKind::kPlace,
                    FieldKind::kAddress, FieldKind::kPostcode, FieldKind::kPhone}) {
    if (FieldKindName(kind) == name) return kind;
  }
  return std::nullopt;
}

std::optional<std::size_t> Profile::Find(FieldKind kind) const {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].kind == kind) return i;
  }
  return std::nullopt;
}

}  // namespace raakvlak::linkage
