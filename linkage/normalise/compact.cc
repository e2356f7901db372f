// Separators, labels, placeholders and country codes shared by the identifier families.
#include "linkage/normalise/compact.h"

#include <bitset>
#include <string>

namespace raakvlak::linkage {
namespace {

// ISO 3166-1 alpha-2 codes, two letters each, and XK.
constexpr std::string_view kCountries =
    "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCI"
    "CKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQ"
    "GRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLS"
    "LTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPG"
    "PHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTK"
    "TLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSXKYEYTZAZMZW";

std::size_t CountryIndex(char a, char b) {
  return static_cast<std::size_t>(a - 'A') * 26 + static_cast<std::size_t>(b - 'A');
}

std::bitset<676> MakeCountries() {
  std::bitset<676> set;
  for (std::size_t i = 0; i + 1 < kCountries.size(); i += 2) {
    set.set(CountryIndex(kCountries[i], kCountries[i + 1]));
  }
  return set;
}

// Consumes `word` (upper case) from the start of `text`, ignoring case and dots in `text`.
bool Consume(std::string_view& text, std::string_view word) {
  std::size_t i = 0;
  for (char expected : word) {
    while (i > 0 && i < text.size() && text[i] == '.') ++i;
    if (i >= text.size() || ToUpper(text[i]) != expected) return false;
    ++i;
  }
  text.remove_prefix(i);
  return true;
}

bool ConsumeSeparators(std::string_view& text) {
  const std::size_t size = text.size();
  while (!text.empty() && !IsAlnum(text.front()) &&
         static_cast<unsigned char>(text.front()) < 0x80) {
    text.remove_prefix(1);
  }
  return text.size() != size;
}

}  // namespace

Compact::Compact(std::string_view clean, std::string_view separators, bool upper) {
  for (char c : clean) {
    if (IsAlnum(c)) {
      if (size_ < kCapacity) data_[size_] = upper ? ToUpper(c) : c;
      ++size_;
    } else if (separators.find(c) == std::string_view::npos) {
      foreign_ = true;
    }
  }
}

bool AllDigits(std::string_view text) {
  for (char c : text) {
    if (!IsDigit(c)) return false;
  }
  return !text.empty();
}

bool AllZeros(std::string_view text) {
  return text.find_first_not_of('0') == std::string_view::npos;
}

std::string_view StripLabel(std::string_view clean,
                            std::initializer_list<std::string_view> labels) {
  if (clean.empty() || IsDigit(clean.front())) return clean;
  for (std::string_view label : labels) {
    std::string_view rest = clean;
    if (!Consume(rest, label)) continue;
    bool separated = ConsumeSeparators(rest);
    for (std::string_view word : {"NUMMER", "NUMBER", "CODE", "NR", "NO"}) {
      std::string_view after = rest;
      if (!Consume(after, word)) continue;
      if (!ConsumeSeparators(after) && (after.empty() || !IsDigit(after.front()))) continue;
      rest = after;
      separated = true;
      break;
    }
    if (rest.empty() || (!separated && !IsDigit(rest.front()))) continue;
    return rest;
  }
  return clean;
}

bool IsPlaceholderText(std::string_view clean) {
  if (clean.size() > 24) return false;
  std::string letters;
  bool other = false;
  for (char c : clean) {
    if (IsDigit(c)) return false;
    if (IsAlnum(c)) {
      letters.push_back(ToLower(c));
    } else if (static_cast<unsigned char>(c) >= 0x80) {
      other = true;
    }
  }
  if (letters.empty()) return !other;
  if (other) return false;
  for (std::string_view word : {"onbekend", "unknown", "nvt", "na", "null", "none", "geen", "leeg",
                                "nietbekend", "nietvantoepassing", "notavailable", "notapplicable",
                                "nan", "tbd", "inconnu", "unbekannt"}) {
    if (letters == word) return true;
  }
  return letters.find_first_not_of('x') == std::string::npos;
}

bool IsCountryCode(std::string_view code) {
  static const std::bitset<676> countries = MakeCountries();
  return code.size() == 2 && IsUpper(code[0]) && IsUpper(code[1]) &&
         countries.test(CountryIndex(code[0], code[1]));
}

}  // namespace raakvlak::linkage
