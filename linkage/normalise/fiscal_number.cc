// BSN, RSIN and the Dutch VAT identification number (btw-id).
#include <string>

#include "linkage/normalise/checksum.h"
#include "linkage/normalise/compact.h"
#include "linkage/normalise/families.h"

namespace raakvlak::linkage {
namespace {

constexpr std::size_t kDigits = 9;

// BSN and RSIN share one series and one test.
NormaliseResult NineDigits(std::string_view clean) {
  const Compact compact(clean, kSeparators);
  const std::string_view number = compact.view();
  if (!compact.foreign() && number.size() > kDigits && number[kDigits] == 'B' &&
      AllDigits(number.substr(0, kDigits))) {
    return NormaliseResult::Refuse(RefusalReason::kOtherIdentifier,
                                   "nine digits with B and a suffix are a VAT number");
  }
  if (compact.foreign() || !AllDigits(number)) {
    return NormaliseResult::Refuse(RefusalReason::kCharacters, "this number has digits only");
  }
  if (compact.size() > kDigits) {
    return NormaliseResult::Refuse(RefusalReason::kLength, "this number has 9 digits");
  }
  if (AllZeros(number)) {
    return NormaliseResult::Refuse(RefusalReason::kOutOfRange, "zero is not issued");
  }
  // Spreadsheets drop leading zeros; the test below guards what is put back.
  std::string padded(kDigits - number.size(), '0');
  padded.append(number);
  if (!PassesElevenTest(padded)) {
    return NormaliseResult::Refuse(RefusalReason::kChecksum,
                                   "the eleven test fails: a typing error is likely");
  }
  return NormaliseResult::Ok(std::move(padded), number.size() < kDigits ? kFlagPadded : 0);
}

// RSINs of legal persons and partnerships come from the ranges that start with 8 and with 00;
// everything else that passes the eleven test may be somebody's BSN.
bool InLegalPersonRange(std::string_view nine_digits) {
  return nine_digits[0] == '8' || nine_digits.substr(0, 2) == "00";
}

}  // namespace

NormaliseResult NormaliseBsn(std::string_view clean) {
  return NineDigits(StripLabel(clean, {"BSN", "BURGERSERVICE", "SOFI"}));
}

NormaliseResult NormaliseRsin(std::string_view clean) {
  return NineDigits(StripLabel(clean, {"RSIN", "FISCAAL", "FI"}));
}

NormaliseResult NormaliseBtw(std::string_view clean) {
  clean = StripLabel(clean, {"BTW-ID", "BTW", "VAT", "OB"});
  const Compact compact(clean, kSeparators);
  std::string_view number = compact.view();
  if (compact.foreign()) {
    return NormaliseResult::Refuse(RefusalReason::kCharacters,
                                   "a VAT number has letters and digits only");
  }
  if (number.size() >= 2 && IsUpper(number[0]) && IsUpper(number[1])) {
    if (number.substr(0, 2) != "NL") {
      return NormaliseResult::Refuse(RefusalReason::kUnknownCountry,
                                     "only Dutch VAT numbers (NL) are compared");
    }
    number.remove_prefix(2);
  }
  const std::size_t b = number.find('B');
  if (b == std::string_view::npos) {
    return NormaliseResult::Refuse(RefusalReason::kStructure,
                                   "a Dutch VAT number is NL, 9 digits, B and 2 digits");
  }
  const std::string_view suffix = number.substr(b + 1);
  if (b == 0 || b > kDigits || suffix.size() != 2 || compact.size() > 14) {
    return NormaliseResult::Refuse(RefusalReason::kLength,
                                   "a Dutch VAT number is NL, 9 digits, B and 2 digits");
  }
  if (!AllDigits(number.substr(0, b)) || !AllDigits(suffix)) {
    return NormaliseResult::Refuse(RefusalReason::kCharacters,
                                   "a Dutch VAT number is NL, 9 digits, B and 2 digits");
  }
  std::string value = "NL";
  value.append(kDigits - b, '0');
  value.append(number);
  const std::string_view nine = std::string_view(value).substr(2, kDigits);
  if (AllZeros(nine) || suffix == "00") {
    return NormaliseResult::Refuse(RefusalReason::kOutOfRange, "zero is not issued");
  }
  std::uint32_t flags = b < kDigits ? kFlagPadded : 0;
  if (Mod97(value) == 1) return NormaliseResult::Ok(std::move(value), flags);
  if (!PassesElevenTest(nine)) {
    return NormaliseResult::Refuse(RefusalReason::kChecksum,
                                   "neither the eleven test nor modulo 97 fits");
  }
  if (!InLegalPersonRange(nine)) flags |= kFlagMayContainBsn;
  return NormaliseResult::Ok(std::move(value), flags);
}

}  // namespace raakvlak::linkage
