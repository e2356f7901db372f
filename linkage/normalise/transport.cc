// Container numbers (ISO 6346), IMO ship numbers and Dutch registration plates (RDW sidecodes).
#include <array>
#include <string>

#include "linkage/normalise/checksum.h"
#include "linkage/normalise/compact.h"
#include "linkage/normalise/families.h"

namespace raakvlak::linkage {

NormaliseResult NormaliseContainer(std::string_view clean) {
  clean = StripLabel(clean, {"CONTAINER"});
  // The check digit stands in a box on the door, and so in brackets on paper.
  const Compact compact(clean, " -./[]()|");
  const std::string_view number = compact.view();
  if (compact.foreign()) {
    return NormaliseResult::Refuse(RefusalReason::kCharacters,
                                   "a container number has letters and digits only");
  }
  if (compact.size() == 10) {
    return NormaliseResult::Refuse(RefusalReason::kLength,
                                   "the check digit of this container number is missing");
  }
  if (compact.size() != 11) {
    return NormaliseResult::Refuse(RefusalReason::kLength, "a container number has 11 characters");
  }
  for (std::size_t i = 0; i < 11; ++i) {
    if (i < 4 ? !IsUpper(number[i]) : !IsDigit(number[i])) {
      return NormaliseResult::Refuse(RefusalReason::kStructure,
                                     "a container number is four letters and seven digits");
    }
  }
  if (number[3] != 'U' && number[3] != 'J' && number[3] != 'Z') {
    return NormaliseResult::Refuse(RefusalReason::kStructure,
                                   "the fourth letter of a container number is U, J or Z");
  }
  if (ContainerCheckDigit(number.substr(0, 10)) != number[10] - '0') {
    return NormaliseResult::Refuse(RefusalReason::kChecksum,
                                   "the check digit does not fit: a typing error is likely");
  }
  return NormaliseResult::Ok(std::string(number));
}

NormaliseResult NormaliseImo(std::string_view clean) {
  if (StripLabel(clean, {"MMSI", "ENI"}) != clean) {
    return NormaliseResult::Refuse(RefusalReason::kOtherIdentifier,
                                   "an MMSI or ENI number is not an IMO number");
  }
  clean = StripLabel(clean, {"IMO"});
  const Compact compact(clean, kSeparators);
  const std::string_view number = compact.view();
  if (compact.foreign() || !AllDigits(number)) {
    return NormaliseResult::Refuse(RefusalReason::kCharacters,
                                   "an IMO number has digits only after IMO");
  }
  if (compact.size() != 7) {
    return NormaliseResult::Refuse(RefusalReason::kLength, "an IMO number has 7 digits");
  }
  if (AllZeros(number)) {
    return NormaliseResult::Refuse(RefusalReason::kOutOfRange, "zero is not issued");
  }
  // Ships with a number that fails the test do sail: keep it, and let a steward look.
  const bool fits = ImoCheckDigit(number.substr(0, 6)) == number[6] - '0';
  return NormaliseResult::Ok(std::string(number), fits ? 0 : kFlagSuspect);
}

NormaliseResult NormaliseKenteken(std::string_view clean) {
  clean = StripLabel(clean, {"KENTEKEN"});
  const Compact compact(clean, kSeparators);
  std::string_view plate = compact.view();
  if (compact.foreign()) {
    return NormaliseResult::Refuse(RefusalReason::kCharacters,
                                   "a registration has letters and digits only");
  }
  // The country band, typed along.
  if (compact.size() == 8 && plate.substr(0, 2) == "NL") plate.remove_prefix(2);
  if (compact.size() > 8 || plate.size() != 6) {
    return NormaliseResult::Refuse(RefusalReason::kLength, "a Dutch registration has 6 characters");
  }
  // Sidecodes 1 to 14: L a letter, 9 a digit. Which letters are in use is no reason to refuse.
  static constexpr std::array<std::string_view, 14> kSidecodes = {
      "LL9999", "9999LL", "99LL99", "LL99LL", "LLLL99", "99LLLL", "99LLL9",
      "9LLL99", "LL999L", "L999LL", "LLL99L", "L99LLL", "9LL999", "999LL9"};
  std::string shape;
  for (char c : plate) shape.push_back(IsDigit(c) ? '9' : 'L');
  for (std::string_view sidecode : kSidecodes) {
    if (shape == sidecode) return NormaliseResult::Ok(std::string(plate));
  }
  return NormaliseResult::Refuse(RefusalReason::kStructure,
                                 "letters and digits follow no Dutch series (sidecode 1 to 14)");
}

}  // namespace raakvlak::linkage
