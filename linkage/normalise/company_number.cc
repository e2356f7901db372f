// Numbers of companies and public bodies: KvK, vestiging, LEI (ISO 17442), EORI, OIN.
#include <string>

#include "linkage/normalise/checksum.h"
#include "linkage/normalise/compact.h"
#include "linkage/normalise/families.h"

namespace raakvlak::linkage {
namespace {

NormaliseResult NotDigits() {
  return NormaliseResult::Refuse(RefusalReason::kCharacters, "this number has digits only");
}

NormaliseResult Zero() {
  return NormaliseResult::Refuse(RefusalReason::kOutOfRange, "zero is not issued");
}

}  // namespace

NormaliseResult NormaliseKvk(std::string_view clean) {
  clean = StripLabel(clean, {"KVK", "HANDELSREGISTER", "DOSSIER"});
  const Compact compact(clean, kSeparators);
  const std::string_view number = compact.view();
  if (compact.foreign() || !AllDigits(number)) return NotDigits();
  if (compact.size() == 12) {
    // Never truncated: the first eight digits of a vestiging number are another company's.
    return NormaliseResult::Refuse(
        RefusalReason::kOtherIdentifier,
        "12 digits: a vestiging number, or an old file number with sub-number; not truncated");
  }
  if (compact.size() == 7 && !AllZeros(number)) {
    return NormaliseResult::Ok("0" + std::string(number), kFlagPadded);
  }
  if (compact.size() != 8) {
    return NormaliseResult::Refuse(RefusalReason::kLength, "a KvK number has 8 digits");
  }
  if (AllZeros(number)) return Zero();
  return NormaliseResult::Ok(std::string(number));
}

NormaliseResult NormaliseVestiging(std::string_view clean) {
  clean = StripLabel(clean, {"VESTIGINGS", "VESTIGING"});
  const Compact compact(clean, kSeparators);
  const std::string_view number = compact.view();
  if (compact.foreign() || !AllDigits(number)) return NotDigits();
  if (compact.size() == 8) {
    return NormaliseResult::Refuse(
        RefusalReason::kOtherIdentifier,
        "8 digits: a KvK number, or a vestiging number that lost its leading zeros");
  }
  if (compact.size() != 12) {
    return NormaliseResult::Refuse(RefusalReason::kLength, "a vestiging number has 12 digits");
  }
  if (AllZeros(number)) return Zero();
  return NormaliseResult::Ok(std::string(number));
}

NormaliseResult NormaliseLei(std::string_view clean) {
  clean = StripLabel(clean, {"LEI"});
  const Compact compact(clean, kSeparators);
  const std::string_view lei = compact.view();
  if (compact.foreign()) {
    return NormaliseResult::Refuse(RefusalReason::kCharacters,
                                   "an LEI has letters and digits only");
  }
  if (compact.size() != 20) {
    return NormaliseResult::Refuse(RefusalReason::kLength, "an LEI has 20 characters");
  }
  if (!AllDigits(lei.substr(18))) {
    return NormaliseResult::Refuse(RefusalReason::kStructure, "an LEI ends with two digits");
  }
  const int check = (lei[18] - '0') * 10 + (lei[19] - '0');
  if (check < 2 || check > 98 || Mod97(lei) != 1) {
    return NormaliseResult::Refuse(RefusalReason::kChecksum,
                                   "the check digits do not fit: a typing error is likely");
  }
  return NormaliseResult::Ok(std::string(lei));
}

NormaliseResult NormaliseEori(std::string_view clean) {
  clean = StripLabel(clean, {"EORI"});
  const Compact compact(clean, kSeparators);
  const std::string_view eori = compact.view();
  if (compact.foreign()) {
    return NormaliseResult::Refuse(RefusalReason::kCharacters,
                                   "an EORI number has letters and digits only");
  }
  if (compact.size() < 3) {
    return NormaliseResult::Refuse(RefusalReason::kLength,
                                   "an EORI number has a country code and 1 to 15 characters");
  }
  const std::string_view country = eori.substr(0, 2);
  // XI is Northern Ireland, EU the Commission's own ad hoc numbers.
  if (!IsCountryCode(country) && country != "XI" && country != "EU") {
    return NormaliseResult::Refuse(RefusalReason::kUnknownCountry,
                                   "an EORI number starts with a country code of two letters");
  }
  const std::string_view rest = eori.substr(2);
  if (country == "NL") {
    // No elfproef: since August 2022 sole traders get a customs number that is no BSN.
    if (!AllDigits(rest)) {
      return NormaliseResult::Refuse(RefusalReason::kCharacters,
                                     "a Dutch EORI number has digits only after NL");
    }
    if (compact.size() != 11) {
      return NormaliseResult::Refuse(RefusalReason::kLength,
                                     "a Dutch EORI number has 9 digits after NL");
    }
    if (AllZeros(rest)) return Zero();
  } else if (compact.size() > 17) {
    return NormaliseResult::Refuse(RefusalReason::kLength,
                                   "an EORI number has at most 15 characters after the country");
  }
  return NormaliseResult::Ok(std::string(eori));
}

NormaliseResult NormaliseOin(std::string_view clean) {
  clean = StripLabel(clean, {"OIN"});
  const Compact compact(clean, kSeparators);
  const std::string_view oin = compact.view();
  if (compact.foreign() || !AllDigits(oin)) return NotDigits();
  if (compact.size() != 20) {
    return NormaliseResult::Refuse(RefusalReason::kLength, "an OIN has 20 digits");
  }
  // The prefix names the source register: 00000001 RSIN, 00000003 KvK, 00000099 the test series.
  if (oin.substr(0, 6) != "000000" || oin.substr(6, 2) == "00") {
    return NormaliseResult::Refuse(RefusalReason::kStructure,
                                   "an OIN starts with a register prefix such as 00000001");
  }
  return NormaliseResult::Ok(std::string(oin));
}

}  // namespace raakvlak::linkage
