// Numbers of Dutch passports and identity cards.
#include <string>

#include "linkage/normalise/compact.h"
#include "linkage/normalise/families.h"

namespace raakvlak::linkage {

NormaliseResult NormaliseDocument(std::string_view clean) {
  clean = StripLabel(clean, {"DOCUMENT", "PASPOORT", "PASPORT", "ID-KAART"});
  const Compact compact(clean, kSeparators);
  const std::string_view number = compact.view();
  if (compact.foreign()) {
    return NormaliseResult::Refuse(RefusalReason::kCharacters,
                                   "a document number has letters and digits only");
  }
  if (compact.size() != 9) {
    return NormaliseResult::Refuse(RefusalReason::kLength,
                                   "a Dutch document number has 9 characters");
  }
  if (!IsUpper(number[0]) || !IsUpper(number[1]) || !IsDigit(number[8])) {
    return NormaliseResult::Refuse(
        RefusalReason::kStructure,
        "a Dutch document number is two letters, six letters or digits, and a digit");
  }
  if (number.find('O') != std::string_view::npos) {
    return NormaliseResult::Refuse(RefusalReason::kCharacters,
                                   "a Dutch document number never has the letter O: is it a zero?");
  }
  return NormaliseResult::Ok(std::string(number));
}

}  // namespace raakvlak::linkage
