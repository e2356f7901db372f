// Telephone numbers to E.164, with the numbering plans of libphonenumber; default region NL.
#include <phonenumbers/logger.h>
#include <phonenumbers/phonenumber.pb.h>
#include <phonenumbers/phonenumberutil.h>

#include <string>

#include "linkage/normalise/compact.h"
#include "linkage/normalise/families.h"

namespace raakvlak::linkage {
namespace {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

const PhoneNumberUtil& Util() {
  static PhoneNumberUtil* const util = [] {
    PhoneNumberUtil* instance = PhoneNumberUtil::GetInstance();
    // Its own logger writes numbers to standard output.
    instance->SetLogger(new i18n::phonenumbers::NullLogger());
    return instance;
  }();
  return *util;
}

}  // namespace

NormaliseResult NormalisePhone(std::string_view clean) {
  std::string number(clean);
  // "+31 (0)20": the zero in brackets is for callers inside the country.
  for (std::string_view trunk : {"(0)", "( 0 )", "[0]"}) {
    const std::size_t at = number.find(trunk);
    if (at != std::string::npos && at > 0) number.erase(at, trunk.size());
  }
  if (number.size() > 64) {
    return NormaliseResult::Refuse(RefusalReason::kLength, "longer than a telephone number can be");
  }
  PhoneNumber parsed;
  switch (Util().Parse(number, "NL", &parsed)) {
    case PhoneNumberUtil::NO_PARSING_ERROR:
      break;
    case PhoneNumberUtil::INVALID_COUNTRY_CODE_ERROR:
      return NormaliseResult::Refuse(RefusalReason::kUnknownCountry,
                                     "no country has this calling code");
    case PhoneNumberUtil::TOO_SHORT_AFTER_IDD:
    case PhoneNumberUtil::TOO_SHORT_NSN:
    case PhoneNumberUtil::TOO_LONG_NSN:
      return NormaliseResult::Refuse(RefusalReason::kLength,
                                     "not the length of a telephone number");
    default:
      return NormaliseResult::Refuse(RefusalReason::kStructure, "not a telephone number");
  }
  if (!Util().IsValidNumber(parsed)) {
    return NormaliseResult::Refuse(RefusalReason::kOutOfRange,
                                   "no subscriber of this country can have this number");
  }
  // An extension leads to one desk of the same subscriber.
  parsed.clear_extension();
  std::string value;
  Util().Format(parsed, PhoneNumberUtil::E164, &value);
  return NormaliseResult::Ok(std::move(value));
}

}  // namespace raakvlak::linkage
