// The table of identifier types. Sources: domain.md for the rules, KVK and DNB for the sizes.
#include "linkage/types/identifier_type.h"

#include <array>
#include <cstddef>

namespace raakvlak::linkage {
namespace {

constexpr std::array kTypes = {
    IdentifierTypeInfo{
        IdentifierType::kBsn, "bsn", 1, Strength::kHard, true, true,
        "about 9e7 numbers pass the check, some 2.5e7 are issued: guessable in full"},
    IdentifierTypeInfo{IdentifierType::kRsin, "rsin", 2, Strength::kHard, true, false,
                       "a few 1e6 issued: guessable in full"},
    IdentifierTypeInfo{IdentifierType::kKvk, "kvk", 3, Strength::kHard, true, false,
                       "1e8 possible, 3.6e6 live: guessable in full"},
    IdentifierTypeInfo{IdentifierType::kVestiging, "vestiging", 4, Strength::kHard, true, false,
                       "1e12 possible, some 4e6 live and published"},
    IdentifierTypeInfo{IdentifierType::kLei, "lei", 5, Strength::kHard, true, false,
                       "2.5e6 live and published worldwide"},
    IdentifierTypeInfo{IdentifierType::kIban, "iban", 6, Strength::kHard, true, false,
                       "2.4e7 Dutch payment accounts live, some 1e10 possible a bank"},
    IdentifierTypeInfo{IdentifierType::kDocument, "document", 7, Strength::kHard, true, false,
                       "more than 1e12 possible, some 2.5e7 live"},
    IdentifierTypeInfo{IdentifierType::kBtw, "btw", 8, Strength::kHard, true, false,
                       "some 2.5e6 live, can be checked in public"},
    IdentifierTypeInfo{IdentifierType::kEori, "eori", 9, Strength::kHard, true, false,
                       "some 6e6 live, can be checked in public"},
    IdentifierTypeInfo{IdentifierType::kCryptoAddress, "crypto_address", 10, Strength::kHard, true,
                       false, "2^160 and more possible, some 1e9 used and public"},
    IdentifierTypeInfo{IdentifierType::kImo, "imo", 11, Strength::kHard, true, false,
                       "1e7 possible, some 1e5 live and published"},
    IdentifierTypeInfo{IdentifierType::kContainer, "container", 12, Strength::kHard, true, false,
                       "some 5e7 live, owner prefixes published"},
    IdentifierTypeInfo{IdentifierType::kKenteken, "kenteken", 13, Strength::kHard, true, false,
                       "1.5e7 live and published"},
    IdentifierTypeInfo{IdentifierType::kNameBirthDate, "name_birth_date", 14, Strength::kStrong,
                       true, false, "a known name leaves some 4e4 dates to guess"},
    IdentifierTypeInfo{IdentifierType::kEmail, "email", 15, Strength::kStrong, true, false,
                       "open-ended, guessable from a name"},
    IdentifierTypeInfo{IdentifierType::kPhone, "phone", 16, Strength::kStrong, true, false,
                       "8e7 Dutch mobile numbers possible: guessable in full"},
    IdentifierTypeInfo{IdentifierType::kCompanyName, "company_name", 17, Strength::kPossible, true,
                       false, "a few 1e6 live and published"},
    IdentifierTypeInfo{IdentifierType::kPersonName, "person_name", 18, Strength::kPossible, true,
                       false, "some 1e7 combinations of common names"},
    // Names a bank rather than a subject: of use only where the subject is a bank.
    IdentifierTypeInfo{IdentifierType::kBic, "bic", 19, Strength::kPossible, true, true,
                       "some 1e5 live and published"},
    // Names an agency, not a subject.
    IdentifierTypeInfo{IdentifierType::kOin, "oin", 20, Strength::kHard, false, true,
                       "some 1e4 live and published"},
    IdentifierTypeInfo{IdentifierType::kBirthDate, "birth_date", 21, Strength::kPossible, false,
                       false, "some 4e4 dates: thousands of people share each"},
    IdentifierTypeInfo{IdentifierType::kPostcode, "postcode", 22, Strength::kPossible, false, false,
                       "some 4.6e5 live, about 20 addresses share each"},
};

constexpr bool TableIsInOrder() {
  for (std::size_t i = 0; i < kTypes.size(); ++i) {
    if (static_cast<std::size_t>(kTypes[i].type) != i ||
        kTypes[i].rank != static_cast<int>(i) + 1) {
      return false;
    }
  }
  return true;
}
static_assert(TableIsInOrder(), "the table is indexed by the enum and sorted by rank");

}  // namespace

std::span<const IdentifierTypeInfo> AllIdentifierTypes() { return kTypes; }

const IdentifierTypeInfo& Info(IdentifierType type) {
  return kTypes.at(static_cast<std::size_t>(type));
}

std::string_view IdentifierTypeName(IdentifierType type) { return Info(type).name; }

std::optional<IdentifierType> ParseIdentifierType(std::string_view name) {
  for (const auto& info : kTypes) {
    if (info.name == name) return info.type;
  }
  return std::nullopt;
}

std::string_view StrengthName(Strength strength) {
  switch (strength) {
    case Strength::kHard:
      return "hard";
    case Strength::kStrong:
      return "strong";
    case Strength::kPossible:
      return "possible";
  }
  return "unknown";
}

std::optional<Strength> ParseStrength(std::string_view name) {
  for (Strength s : {Strength::kHard, Strength::kStrong, Strength::kPossible}) {
    if (StrengthName(s) == name) return s;
  }
  return std::nullopt;
}

}  // namespace raakvlak::linkage
