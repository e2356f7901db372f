// E-mail addresses (RFC 5321, 5322; IDNA for domains) and Dutch postcodes.
#include <unicode/idna.h>
#include <unicode/unistr.h>

#include <memory>
#include <string>

#include "linkage/normalise/compact.h"
#include "linkage/normalise/families.h"

namespace raakvlak::linkage {
namespace {

bool IsAtext(char c) {
  return IsAlnum(c) || static_cast<unsigned char>(c) >= 0x80 ||
         std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

NormaliseResult Malformed() {
  return NormaliseResult::Refuse(
      RefusalReason::kStructure,
      "an e-mail address is name@domain with a domain such as example.nl");
}

// Lower-case ASCII form of a domain; empty if it is none.
std::string AsciiDomain(std::string_view domain) {
  bool ascii = true;
  std::string lower;
  for (char c : domain) {
    if (static_cast<unsigned char>(c) >= 0x80) ascii = false;
    lower.push_back(ToLower(c));
  }
  if (ascii) return lower;
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<icu::IDNA> idna(
      icu::IDNA::createUTS46Instance(UIDNA_NONTRANSITIONAL_TO_ASCII, status));
  if (U_FAILURE(status)) return {};
  icu::IDNAInfo info;
  icu::UnicodeString out;
  idna->nameToASCII(icu::UnicodeString::fromUTF8(
                        icu::StringPiece(domain.data(), static_cast<int32_t>(domain.size()))),
                    out, info, status);
  if (U_FAILURE(status) || info.hasErrors()) return {};
  std::string result;
  out.toUTF8String(result);
  return result;
}

bool IsDomain(std::string_view domain) {
  std::size_t labels = 0;
  std::size_t start = 0;
  std::string_view last;
  while (start <= domain.size()) {
    std::size_t end = domain.find('.', start);
    if (end == std::string_view::npos) end = domain.size();
    const std::string_view label = domain.substr(start, end - start);
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') {
      return false;
    }
    for (char c : label) {
      if (!IsAlnum(c) && c != '-') return false;
    }
    last = label;
    ++labels;
    start = end + 1;
  }
  return labels >= 2 && last.size() >= 2 && !IsDigit(last.front());
}

}  // namespace

NormaliseResult NormaliseEmail(std::string_view clean) {
  // "Jan Jansen <jan@example.nl>"
  if (clean.back() == '>') {
    const std::size_t open = clean.rfind('<');
    if (open == std::string_view::npos) return Malformed();
    clean = clean.substr(open + 1, clean.size() - open - 2);
  }
  constexpr std::string_view kScheme = "mailto:";
  if (clean.size() > kScheme.size()) {
    std::string lower;
    for (char c : clean.substr(0, kScheme.size())) lower.push_back(ToLower(c));
    if (lower == kScheme) clean.remove_prefix(kScheme.size());
  }
  const std::size_t at = clean.find('@');
  if (at == std::string_view::npos || at == 0 ||
      clean.find('@', at + 1) != std::string_view::npos) {
    return Malformed();
  }
  const std::string_view local = clean.substr(0, at);
  if (local.size() > 64 || clean.size() > 254) {
    return NormaliseResult::Refuse(RefusalReason::kLength, "longer than an e-mail address can be");
  }
  if (local.front() == '.' || local.back() == '.' || local.find("..") != std::string_view::npos) {
    return Malformed();
  }
  // Mail systems in use treat the local part as caseless, and so do people. Dots and "+tag" stay:
  // they mean different things to different providers.
  std::string value;
  for (char c : local) {
    if (!IsAtext(c) && c != '.') {
      return NormaliseResult::Refuse(RefusalReason::kCharacters,
                                     "a character that an e-mail address cannot have");
    }
    value.push_back(ToLower(c));
  }
  const std::string domain = AsciiDomain(clean.substr(at + 1));
  if (!IsDomain(domain)) return Malformed();
  value.push_back('@');
  value.append(domain);
  return NormaliseResult::Ok(std::move(value));
}

NormaliseResult NormalisePostcode(std::string_view clean) {
  const Compact compact(clean, kSeparators);
  std::string_view code = compact.view();
  if (compact.size() == 8 && code.substr(0, 2) == "NL") code.remove_prefix(2);
  if (compact.foreign() || compact.size() > 8 || code.size() != 6 ||
      !AllDigits(code.substr(0, 4)) || code[0] == '0' || !IsUpper(code[4]) || !IsUpper(code[5])) {
    return NormaliseResult::Refuse(
        RefusalReason::kStructure,
        "a Dutch postcode is four digits, the first not 0, and two letters");
  }
  const std::string_view letters = code.substr(4);
  if (letters == "SA" || letters == "SD" || letters == "SS") {
    return NormaliseResult::Refuse(RefusalReason::kOutOfRange,
                                   "postcodes with SA, SD and SS are never issued");
  }
  return NormaliseResult::Ok(std::string(code));
}

}  // namespace raakvlak::linkage
