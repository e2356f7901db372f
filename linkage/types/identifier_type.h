// The kinds of identifier that Raakvlak can compare, and what a match on each is worth.
//
// This corner knows names and ranks only. It does no parsing or normalising, so that the matcher
// can link it without gaining any code that could turn a guess into a tag.
#ifndef RAAKVLAK_LINKAGE_TYPES_IDENTIFIER_TYPE_H_
#define RAAKVLAK_LINKAGE_TYPES_IDENTIFIER_TYPE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace raakvlak::linkage {

// In memory only: files and the wire carry the names of `IdentifierTypeName`.
enum class IdentifierType : std::uint8_t {
  kBsn,
  kRsin,
  kKvk,
  kVestiging,
  kLei,
  kIban,
  kDocument,
  kBtw,
  kEori,
  kCryptoAddress,
  kImo,
  kContainer,
  kKenteken,
  kNameBirthDate,
  kEmail,
  kPhone,
  kCompanyName,
  kPersonName,
  kBic,
  kOin,
  kBirthDate,
  kPostcode,
  // Planned compound keys of fuzzy linking (linkage/fuzzy/planner.h), each with a linkage key and a
  // budget of its own. What key i stands for is the run's blocking plan; agreement on it says only
  // that two records are worth comparing.
  kBlock01,
  kBlock02,
  kBlock03,
  kBlock04,
  kBlock05,
  kBlock06,
  kBlock07,
  kBlock08,
  kBlock09,
  kBlock10,
  kBlock11,
  kBlock12,
  kBlock13,
  kBlock14,
  kBlock15,
  kBlock16,
  kBlock17,
  kBlock18,
  kBlock19,
  kBlock20,
  kBlock21,
  kBlock22,
  kBlock23,
  kBlock24,
};

inline constexpr std::size_t kMaxBlockTypes = 24;

// What an agreement on this type alone tells a coordinator.
enum class Strength : std::uint8_t {
  kHard,      // A registered or checked number: the same account, company, object or person.
  kStrong,    // Name with date of birth, an e-mail address or a telephone number.
  kPossible,  // A name alone.
};

struct IdentifierTypeInfo {
  IdentifierType type;
  std::string_view name;  // Stable, lower case; part of the OPRF input and of signed documents.
  int rank;               // 1 is the strongest; no two types share a rank.
  Strength strength;
  // May be evaluated and tagged by itself. Types that are not linkable serve inside compounds, in
  // fuzzy comparison and in quality reports.
  bool linkable;
  // Takes part only where the purpose names it and the partnership has turned it on (for the BSN:
  // Wet algemene bepalingen burgerservicenummer, articles 10 to 12).
  bool off_by_default;
  // How many values exist, which decides what an evaluation budget can protect (protocol.md,
  // "Evaluation", point 5).
  std::string_view domain_note;
};

// All types, strongest first. The span lives as long as the program. Thread safe.
std::span<const IdentifierTypeInfo> AllIdentifierTypes();

const IdentifierTypeInfo& Info(IdentifierType type);
std::string_view IdentifierTypeName(IdentifierType type);

// Exact, case-sensitive. nullopt where no type has that name.
std::optional<IdentifierType> ParseIdentifierType(std::string_view name);

// kBlock01 to kBlock24.
bool IsBlockType(IdentifierType type);
// Of the i-th planned key, from 0; i < kMaxBlockTypes.
IdentifierType BlockType(std::size_t key);
// The planned key that a block type stands for.
std::size_t BlockKeyOf(IdentifierType type);

// "hard", "strong", "possible".
std::string_view StrengthName(Strength strength);
std::optional<Strength> ParseStrength(std::string_view name);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_TYPES_IDENTIFIER_TYPE_H_
