// IBAN (ISO 13616, structure and MOD 97-10) and BIC (ISO 9362).
#include <array>
#include <cstdint>
#include <string>

#include "linkage/normalise/checksum.h"
#include "linkage/normalise/compact.h"
#include "linkage/normalise/families.h"
#include "linkage/normalise/iban_structures.h"

namespace raakvlak::linkage {
namespace {

constexpr std::size_t kLongestIban = 34;

// A country's IBAN format with one class character ('n', 'a' or 'c') for each position after the
// fourth.
struct Pattern {
  std::size_t length = 0;  // 0: no such country
  std::array<char, kLongestIban - 4> classes{};
};

constexpr std::size_t CountryIndex(char a, char b) {
  return static_cast<std::size_t>(a - 'A') * 26 + static_cast<std::size_t>(b - 'A');
}

constexpr std::array<Pattern, 676> MakePatterns() {
  std::array<Pattern, 676> patterns{};
  for (const IbanStructure& structure : kIbanStructures) {
    Pattern& pattern = patterns[CountryIndex(structure.country[0], structure.country[1])];
    pattern.length = structure.length;
    std::size_t position = 0;
    std::size_t count = 0;
    for (char c : structure.bban) {
      if (IsDigit(c)) {
        count = count * 10 + static_cast<std::size_t>(c - '0');
      } else if (c != '!') {
        while (count > 0) {
          pattern.classes[position++] = c;
          --count;
        }
      }
    }
    // A row whose length and format disagree does not compile.
    if (position + 4 != structure.length) throw "iban_structures.h";
  }
  return patterns;
}

constexpr std::array<Pattern, 676> kPatterns = MakePatterns();

bool Fits(char c, char character_class) {
  switch (character_class) {
    case 'n':
      return IsDigit(c);
    case 'a':
      return IsUpper(c);
    default:
      return IsAlnum(c);
  }
}

}  // namespace

NormaliseResult NormaliseIban(std::string_view clean) {
  // No country has the code IB, so the label may touch the number.
  if (clean.size() > 4 && ToUpper(clean[0]) == 'I' && ToUpper(clean[1]) == 'B' &&
      ToUpper(clean[2]) == 'A' && ToUpper(clean[3]) == 'N') {
    clean.remove_prefix(4);
  }
  const Compact compact(clean, " -./:");
  if (compact.foreign()) {
    return NormaliseResult::Refuse(RefusalReason::kCharacters,
                                   "an IBAN has letters and digits only");
  }
  const std::string_view iban = compact.view();
  if (AllDigits(iban)) {
    return NormaliseResult::Refuse(
        RefusalReason::kOtherIdentifier,
        "an account number without country and check digits is not an IBAN; whole IBANs only");
  }
  if (iban.size() < 2 || !IsUpper(iban[0]) || !IsUpper(iban[1])) {
    return NormaliseResult::Refuse(RefusalReason::kStructure,
                                   "an IBAN starts with a country code of two letters");
  }
  const Pattern& pattern = kPatterns[CountryIndex(iban[0], iban[1])];
  if (pattern.length == 0) {
    return NormaliseResult::Refuse(RefusalReason::kUnknownCountry,
                                   "no country in the IBAN registry has this code");
  }
  if (compact.size() != pattern.length) {
    return NormaliseResult::Refuse(RefusalReason::kLength,
                                   "not the length of an IBAN of this country (NL: 18)");
  }
  if (!IsDigit(iban[2]) || !IsDigit(iban[3])) {
    return NormaliseResult::Refuse(RefusalReason::kStructure,
                                   "the third and fourth characters of an IBAN are digits");
  }
  for (std::size_t i = 4; i < iban.size(); ++i) {
    if (!Fits(iban[i], pattern.classes[i - 4])) {
      return NormaliseResult::Refuse(RefusalReason::kStructure,
                                     "letters and digits are not where this country has them");
    }
  }
  // Check digits run from 02 to 98; 00, 01 and 99 have the remainder of 97, 98 and 02.
  const int check = (iban[2] - '0') * 10 + (iban[3] - '0');
  if (check < 2 || check > 98 || Mod97(iban.substr(0, 4), Mod97(iban.substr(4))) != 1) {
    return NormaliseResult::Refuse(RefusalReason::kChecksum,
                                   "the check digits do not fit: a typing error is likely");
  }
  return NormaliseResult::Ok(std::string(iban));
}

NormaliseResult NormaliseBic(std::string_view clean) {
  clean = StripLabel(clean, {"BIC", "SWIFT"});
  const Compact compact(clean, kSeparators);
  if (compact.foreign()) {
    return NormaliseResult::Refuse(RefusalReason::kCharacters, "a BIC has letters and digits only");
  }
  std::string_view bic = compact.view();
  if (compact.size() != 8 && compact.size() != 11) {
    return NormaliseResult::Refuse(RefusalReason::kLength, "a BIC has 8 or 11 characters");
  }
  for (std::size_t i = 0; i < 6; ++i) {
    if (!IsUpper(bic[i])) {
      return NormaliseResult::Refuse(RefusalReason::kStructure,
                                     "a BIC starts with four letters and a country code");
    }
  }
  if (!IsCountryCode(bic.substr(4, 2))) {
    return NormaliseResult::Refuse(RefusalReason::kUnknownCountry,
                                   "no country has the code in positions 5 and 6");
  }
  // XXX is the head office, as is a BIC without a branch.
  if (bic.size() == 11 && bic.substr(8) == "XXX") bic = bic.substr(0, 8);
  return NormaliseResult::Ok(std::string(bic));
}

}  // namespace raakvlak::linkage
