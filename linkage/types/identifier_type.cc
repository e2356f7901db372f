// The table of identifier types. Sources: domain.md for the rules, KVK and DNB for the sizes.
#include "linkage/types/identifier_type.h"

#include <array>
#include <cstddef>

namespace raakvlak::linkage {
namespace {

// Values of compound keys: as rare as the plan demands (some 2^7 times the largest file).
constexpr IdentifierTypeInfo Block(IdentifierType type, std::string_view name, int rank) {
  return {type,
          name,
          rank,
          Strength::kPossible,
          true,
          true,
          "compounds of parts of fields: guessable by whoever knows a record's fields"};
}

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
    Block(IdentifierType::kBlock01, "block-01", 23),
    Block(IdentifierType::kBlock02, "block-02", 24),
    Block(IdentifierType::kBlock03, "block-03", 25),
    Block(IdentifierType::kBlock04, "block-04", 26),
    Block(IdentifierType::kBlock05, "block-05", 27),
    Block(IdentifierType::kBlock06, "block-06", 28),
    Block(IdentifierType::kBlock07, "block-07", 29),
    Block(IdentifierType::kBlock08, "block-08", 30),
    Block(IdentifierType::kBlock09, "block-09", 31),
    Block(IdentifierType::kBlock10, "block-10", 32),
    Block(IdentifierType::kBlock11, "block-11", 33),
    Block(IdentifierType::kBlock12, "block-12", 34),
    Block(IdentifierType::kBlock13, "block-13", 35),
    Block(IdentifierType::kBlock14, "block-14", 36),
    Block(IdentifierType::kBlock15, "block-15", 37),
    Block(IdentifierType::kBlock16, "block-16", 38),
    Block(IdentifierType::kBlock17, "block-17", 39),
    Block(IdentifierType::kBlock18, "block-18", 40),
    Block(IdentifierType::kBlock19, "block-19", 41),
    Block(IdentifierType::kBlock20, "block-20", 42),
    Block(IdentifierType::kBlock21, "block-21", 43),
    Block(IdentifierType::kBlock22, "block-22", 44),
    Block(IdentifierType::kBlock23, "block-23", 45),
    Block(IdentifierType::kBlock24, "block-24", 46),
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

bool IsBlockType(IdentifierType type) {
  return type >= IdentifierType::kBlock01 && type <= IdentifierType::kBlock24;
}

IdentifierType BlockType(std::size_t key) {
  return static_cast<IdentifierType>(static_cast<std::size_t>(IdentifierType::kBlock01) + key);
}

std::size_t BlockKeyOf(IdentifierType type) {
  return static_cast<std::size_t>(type) - static_cast<std::size_t>(IdentifierType::kBlock01);
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
