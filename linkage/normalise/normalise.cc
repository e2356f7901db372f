// Checks what all types have in common and hands a value to its family.
#include "linkage/normalise/normalise.h"

#include <string>
#include <utility>

#include "linkage/normalise/compact.h"
#include "linkage/normalise/company_name.h"
#include "linkage/normalise/families.h"
#include "linkage/normalise/text.h"

namespace raakvlak::linkage {
namespace {

NormaliseResult Family(IdentifierType type, std::string_view clean) {
  switch (type) {
    case IdentifierType::kIban:
      return NormaliseIban(clean);
    case IdentifierType::kBic:
      return NormaliseBic(clean);
    case IdentifierType::kKvk:
      return NormaliseKvk(clean);
    case IdentifierType::kVestiging:
      return NormaliseVestiging(clean);
    case IdentifierType::kRsin:
      return NormaliseRsin(clean);
    case IdentifierType::kBsn:
      return NormaliseBsn(clean);
    case IdentifierType::kBtw:
      return NormaliseBtw(clean);
    case IdentifierType::kEori:
      return NormaliseEori(clean);
    case IdentifierType::kLei:
      return NormaliseLei(clean);
    case IdentifierType::kOin:
      return NormaliseOin(clean);
    case IdentifierType::kContainer:
      return NormaliseContainer(clean);
    case IdentifierType::kImo:
      return NormaliseImo(clean);
    case IdentifierType::kKenteken:
      return NormaliseKenteken(clean);
    case IdentifierType::kPhone:
      return NormalisePhone(clean);
    case IdentifierType::kDocument:
      return NormaliseDocument(clean);
    case IdentifierType::kEmail:
      return NormaliseEmail(clean);
    case IdentifierType::kPostcode:
      return NormalisePostcode(clean);
    case IdentifierType::kCryptoAddress:
      return NormaliseCryptoAddress(clean);
    case IdentifierType::kPersonName:
    case IdentifierType::kCompanyName:
    case IdentifierType::kBirthDate:
    case IdentifierType::kNameBirthDate:
      // Not here: see Normalise.
    default:
      // Block types: linkage/fuzzy makes their values of whole records.
      break;
  }
  return NormaliseResult::Refuse(RefusalReason::kIncomplete, "made of several values, not of one");
}

}  // namespace

std::string_view RefusalReasonName(RefusalReason reason) {
  switch (reason) {
    case RefusalReason::kNone:
      return "none";
    case RefusalReason::kEmpty:
      return "empty";
    case RefusalReason::kTooLong:
      return "too_long";
    case RefusalReason::kInvalidUtf8:
      return "invalid_utf8";
    case RefusalReason::kCharacters:
      return "characters";
    case RefusalReason::kLength:
      return "length";
    case RefusalReason::kStructure:
      return "structure";
    case RefusalReason::kChecksum:
      return "checksum";
    case RefusalReason::kUnknownCountry:
      return "unknown_country";
    case RefusalReason::kOutOfRange:
      return "out_of_range";
    case RefusalReason::kOtherIdentifier:
      return "other_identifier";
    case RefusalReason::kPlaceholder:
      return "placeholder";
    case RefusalReason::kUnknown:
      return "unknown";
    case RefusalReason::kMixedScript:
      return "mixed_script";
    case RefusalReason::kIncomplete:
      return "incomplete";
  }
  return "none";
}

NormaliseResult Normalise(IdentifierType type, std::string_view raw) {
  if (type == IdentifierType::kPersonName) return NormalisePersonName(ParsePersonName(raw));
  if (type == IdentifierType::kCompanyName) return NormaliseCompanyName(ParseCompanyName(raw));
  if (type == IdentifierType::kBirthDate) return NormaliseBirthDate(ParseBirthDate(raw));
  if (raw.size() > kMaxRawLength) {
    return NormaliseResult::Refuse(RefusalReason::kTooLong, "longer than any identifier");
  }
  if (!IsValidUtf8(raw)) {
    return NormaliseResult::Refuse(RefusalReason::kInvalidUtf8,
                                   "not UTF-8: check the encoding of the file");
  }
  const std::string clean = CleanText(raw);
  if (clean.empty()) return NormaliseResult::Refuse(RefusalReason::kEmpty, "empty");
  if (IsPlaceholderText(clean)) {
    return NormaliseResult::Refuse(RefusalReason::kPlaceholder,
                                   "a placeholder stands for no value and never matches");
  }
  return Family(type, clean);
}

NormaliseResult NormaliseNameBirthDate(const PersonName& name, const BirthDate& birth_date) {
  if (!birth_date.ok()) return NormaliseResult::Refuse(birth_date.reason, birth_date.message);
  if (birth_date.unknown()) {
    return NormaliseResult::Refuse(RefusalReason::kUnknown, "the date of birth is unknown");
  }
  if (!birth_date.complete()) {
    return NormaliseResult::Refuse(RefusalReason::kIncomplete,
                                   "the date of birth is known in part only");
  }
  NormaliseResult result = NormalisePersonName(name);
  if (!result.ok()) return result;
  const std::string suffix = "|" + birth_date.Compact();
  result.value += suffix;
  for (std::string& alternative : result.alternatives) alternative += suffix;
  if (birth_date.weak()) result.flags |= kFlagWeakDate;
  return result;
}

}  // namespace raakvlak::linkage
