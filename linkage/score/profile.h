// Comparison profiles: which fields of a record are compared, as what, and how carefully.
//
// A profile is data: it stands in the purpose, every node of a run uses the same one, and a change
// of it is a new version. Plain values; thread safe as such.
#ifndef RAAKVLAK_LINKAGE_SCORE_PROFILE_H_
#define RAAKVLAK_LINKAGE_SCORE_PROFILE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace raakvlak::linkage {

// What a compared field holds. A person name in one column becomes a given name and a surname, a
// company name a name and a legal form, before it gets here (record_preparer.h).
enum class FieldKind : std::uint8_t {
  kExact,        // a code: gender, state, legal form
  kText,         // anything else that may be misspelt, numbers included
  kGivenName,    // given names or initials
  kSurname,      // without prefix
  kCompanyName,  // without legal form
  kDate,         // eight digits yyyymmdd, '?' where one is not known
  kPlace,        // town, suburb
  kAddress,      // street, with or without number
  kPostcode,
  kPhone,
};

// "given_name", "surname", ... as written in a profile.
std::string_view FieldKindName(FieldKind kind);
std::optional<FieldKind> ParseFieldKind(std::string_view name);

struct ComparedField {
  std::string name;
  FieldKind kind = FieldKind::kText;

  bool operator==(const ComparedField&) const = default;
};

// At most this many compared fields in a profile.
inline constexpr std::size_t kMaxComparedFields = 24;

struct Profile {
  std::uint32_t version = 1;
  std::vector<ComparedField> fields;
  // Blocks of more records than this at one agency are dropped: they tell nobody apart.
  std::uint32_t block_cap = 10;
  // Keys (OPRF inputs) a record, at most.
  std::uint32_t max_keys = 24;
  // The share of records without a match that may sit in a block shared with any other agency
  // (linkage.md, "exposure"). The planner stays under it.
  double max_exposure = 0.08;
  // Every agency's records stand for one subject each, so that a record matches at most one of the
  // counterpart's.
  bool deduplicated = true;

  // The first field of `kind`, if any.
  std::optional<std::size_t> Find(FieldKind kind) const;
};

// The compared values of one agency, normalised, column by column; an empty string says nothing
// about the subject. All columns have the same length.
struct RecordTable {
  std::vector<std::vector<std::string>> columns;

  std::size_t rows() const { return columns.empty() ? 0 : columns.front().size(); }
};

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_SCORE_PROFILE_H_
