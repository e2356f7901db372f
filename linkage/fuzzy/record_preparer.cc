// Normalising columns for comparison.
#include "linkage/fuzzy/record_preparer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "linkage/normalise/birth_date.h"
#include "linkage/normalise/company_name.h"
#include "linkage/normalise/name_words.h"
#include "linkage/normalise/person_name.h"
#include "linkage/normalise/text.h"

namespace raakvlak::linkage {
namespace {

struct KindName {
  std::string_view name;
  SourceKind kind;
};
constexpr KindName kKindNames[] = {
    {"exact", SourceKind::kExact},
    {"text", SourceKind::kText},
    {"given_name", SourceKind::kGivenName},
    {"surname", SourceKind::kSurname},
    {"person_name", SourceKind::kPersonName},
    {"company_name", SourceKind::kCompanyName},
    {"date", SourceKind::kDate},
    {"place", SourceKind::kPlace},
    {"address", SourceKind::kAddress},
    {"postcode", SourceKind::kPostcode},
    {"phone", SourceKind::kPhone},
};

constexpr std::size_t kMaxValue = 256;  // bytes kept of a folded value; names end long before

// Of years of two digits.
constexpr std::string_view kLastOfThisCentury = "30";

bool IsAlnum(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// Letters, digits and single spaces of a folded text; hyphens count as spaces where `hyphens` is
// false.
std::string Words(std::string_view folded, bool hyphens) {
  std::string out;
  for (char c : folded.substr(0, 4 * kMaxValue)) {
    if (c == '\'' || c == '`') continue;
    const bool keep = IsAlnum(c) || (hyphens && c == '-' && !out.empty() && out.back() != ' ');
    if (keep) {
      out.push_back(c);
    } else if (!out.empty() && out.back() != ' ') {
      out.push_back(' ');
    }
  }
  if (out.size() > kMaxValue) out.resize(kMaxValue);
  while (!out.empty() && (out.back() == ' ' || out.back() == '-')) out.pop_back();
  return out;
}

std::string Joined(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (IsAlnum(c)) out.push_back(c);
  }
  if (out.size() > kMaxValue) out.resize(kMaxValue);
  return out;
}

bool Placeholder(const std::string& words) {
  if (words.empty()) return true;
  std::string letters = words;
  std::erase(letters, ' ');
  if (IsNamePlaceholder(letters)) return true;
  // "xxxx", "0000", "-"
  return letters.size() > 1 && letters.find_first_not_of(letters[0]) == std::string::npos &&
         (letters[0] == 'x' || letters[0] == '0');
}

// The prefix is a field of its own in the BRP and written anywhere or not at all: left out.
std::string WithoutPrefix(const std::string& surname) {
  std::size_t at = 0;
  while (true) {
    std::size_t end = at;
    std::size_t best = std::string::npos;
    for (std::size_t words = 0; words < kMaxPrefixWords; ++words) {
      end = surname.find(' ', end + (words == 0 ? 0 : 1));
      if (end == std::string::npos) break;
      const std::string head = surname.substr(at, end - at);
      std::string letters = head;
      std::erase(letters, ' ');
      if (IsPrefix(head) || !PrefixAbbreviation(letters).empty()) best = end + 1;
    }
    if (best == std::string::npos || best >= surname.size()) break;
    at = best;
  }
  return surname.substr(at);
}

std::string SurnameOf(std::string_view folded) {
  std::string words = Words(folded, true);
  if (Placeholder(words)) return {};
  // Sorting form: "berg, van den".
  return words.find(' ') == std::string::npos ? words : WithoutPrefix(words);
}

std::string JoinWords(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& w : words) {
    if (!out.empty()) out.push_back(' ');
    out += w;
  }
  return out.size() > kMaxValue ? out.substr(0, kMaxValue) : out;
}

void SplitPersonName(const std::string& raw, std::string* given, std::string* surname) {
  const PersonName name = ParsePersonName(raw);
  if (name.reason == RefusalReason::kPlaceholder) return;
  *given = name.given_names.empty() ? name.initials : Words(JoinWords(name.given_names), false);
  std::string family = name.family.surname;
  if (!name.partner.surname.empty()) family += "-" + name.partner.surname;
  *surname = Words(family, true);
}

// Digits, with the Dutch country code written as a leading 0. Not the parsed number: a damaged one
// would not parse, and be unlike its sound twin.
std::string PhoneDigits(std::string_view folded) {
  std::string text(folded);
  if (const std::size_t at = text.find("(0)"); at != std::string::npos) text.erase(at, 3);
  const bool plus = text.starts_with('+');
  std::string digits = Joined(text);
  if (!plus && digits.starts_with("00")) {
    digits.erase(0, 2);
  } else if (!plus) {
    return digits;
  }
  return digits.starts_with("31") ? "0" + digits.substr(2) : "00" + digits;
}

std::string PrepareValue(SourceKind kind, const std::string& value, bool day_first) {
  const std::string folded = FoldText(value);
  std::string out;
  switch (kind) {
    case SourceKind::kSurname:
      return SurnameOf(folded);
    case SourceKind::kDate:
      return LenientDate(folded, day_first);
    case SourceKind::kPhone:
      out = PhoneDigits(folded);
      break;
    case SourceKind::kPostcode:
      out = Joined(folded);
      break;
    default:
      out = Words(folded, false);
  }
  return Placeholder(out) ? std::string() : out;
}

}  // namespace

std::optional<SourceKind> ParseSourceKind(std::string_view name) {
  for (const KindName& k : kKindNames) {
    if (k.name == name) return k.kind;
  }
  return std::nullopt;
}

Profile DefaultProfile(const std::vector<SourceField>& fields) {
  Profile profile;
  const auto add = [&](std::string name, FieldKind kind) {
    profile.fields.push_back({std::move(name), kind});
  };
  for (const SourceField& f : fields) {
    switch (f.kind) {
      case SourceKind::kExact:
        add(f.name, FieldKind::kExact);
        break;
      case SourceKind::kText:
        add(f.name, FieldKind::kText);
        break;
      case SourceKind::kGivenName:
        add(f.name, FieldKind::kGivenName);
        break;
      case SourceKind::kSurname:
        add(f.name, FieldKind::kSurname);
        break;
      case SourceKind::kPersonName:
        add(f.name + "/given", FieldKind::kGivenName);
        add(f.name + "/surname", FieldKind::kSurname);
        break;
      case SourceKind::kCompanyName:
        add(f.name, FieldKind::kCompanyName);
        add(f.name + "/form", FieldKind::kExact);
        break;
      case SourceKind::kDate:
        add(f.name, FieldKind::kDate);
        break;
      case SourceKind::kPlace:
        add(f.name, FieldKind::kPlace);
        break;
      case SourceKind::kAddress:
        add(f.name, FieldKind::kAddress);
        break;
      case SourceKind::kPostcode:
        add(f.name, FieldKind::kPostcode);
        break;
      case SourceKind::kPhone:
        add(f.name, FieldKind::kPhone);
        break;
    }
  }
  return profile;
}

RecordTable PrepareRecords(const std::vector<SourceField>& fields,
                           const std::vector<std::vector<std::string>>& raw, bool day_first,
                           std::uint64_t* unusable) {
  RecordTable out;
  std::uint64_t dropped = 0;
  for (std::size_t f = 0; f < fields.size(); ++f) {
    const SourceKind kind = fields[f].kind;
    const bool two = kind == SourceKind::kPersonName || kind == SourceKind::kCompanyName;
    std::vector<std::string> column;
    std::vector<std::string> second;
    column.reserve(raw[f].size());
    for (const std::string& value : raw[f]) {
      std::string text;
      std::string other;
      if (kind == SourceKind::kPersonName) {
        SplitPersonName(value, &text, &other);
      } else if (kind == SourceKind::kCompanyName) {
        const CompanyName name = ParseCompanyName(value);
        if (name.reason != RefusalReason::kPlaceholder) {
          text = Words(JoinWords(name.words), false);
          other = name.legal_form + name.liability;
        }
      } else {
        text = PrepareValue(kind, value.size() > kMaxRawLength ? std::string() : value, day_first);
      }
      if (text.empty() && other.empty() && !value.empty()) ++dropped;
      column.push_back(std::move(text));
      if (two) second.push_back(std::move(other));
    }
    out.columns.push_back(std::move(column));
    if (two) out.columns.push_back(std::move(second));
  }
  if (unusable != nullptr) *unusable = dropped;
  return out;
}

std::string LenientDate(std::string_view text, bool day_first) {
  // With the month in letters the strict reader does as well, where it can.
  if (std::count_if(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; }) >= 3) {
    const BirthDate date = ParseBirthDate(text);
    if (date.ok() && date.complete()) return date.Compact();
  }
  // Groups of anything but separators.
  std::array<std::string, 4> groups;
  std::size_t n = 0;
  bool in_group = false;
  for (char c : text) {
    if (c == '-' || c == '/' || c == '.' || c == ',' || c == ' ' || c == 'T' || c == 't') {
      in_group = false;
      continue;
    }
    if (!in_group) {
      if (n == 3) break;
      ++n;
      in_group = true;
    }
    groups[n - 1].push_back(c >= '0' && c <= '9' ? c : '?');
  }
  const auto fit = [](const std::string& s, std::size_t width) {
    if (s.size() > width) return std::string(width, '?');
    return std::string(width - s.size(), width == 2 && !s.empty() ? '0' : '?') + s;
  };
  const auto year_like = [](const std::string& s) {
    return s.starts_with("18") || s.starts_with("19") || s.starts_with("20");
  };
  std::string out;
  if (n == 1 && groups[0].size() == 8) {
    out = groups[0];
    // 27081941: month or day first, as no year begins so.
    if (!year_like(out) && year_like(out.substr(4)) && out.find('?') == std::string::npos) {
      const std::string first = out.substr(0, 2);
      const std::string second = out.substr(2, 2);
      out = out.substr(4) + (day_first ? second + first : first + second);
    }
  } else if (n == 1 && groups[0].size() == 4) {
    out = groups[0] + "????";
  } else if (n == 3) {
    if (groups[0].size() >= 3) {
      out = fit(groups[0], 4) + fit(groups[1], 2) + fit(groups[2], 2);
    } else if (groups[2].size() >= 3) {
      const std::string& day = day_first ? groups[0] : groups[1];
      const std::string& month = day_first ? groups[1] : groups[0];
      out = fit(groups[2], 4) + fit(month, 2) + fit(day, 2);
    } else if (groups[2].size() == 2 && groups[2].find('?') == std::string::npos) {
      // Wrong for some born a hundred years before: two digits of eight.
      const std::string& day = day_first ? groups[0] : groups[1];
      const std::string& month = day_first ? groups[1] : groups[0];
      out =
          (groups[2] <= kLastOfThisCentury ? "20" : "19") + groups[2] + fit(month, 2) + fit(day, 2);
    }
  }
  // 00 and 0000 say that a part is not known.
  if (out.size() == 8) {
    if (out.compare(0, 4, "0000") == 0) out.replace(0, 4, "????");
    if (out.compare(4, 2, "00") == 0) out.replace(4, 2, "??");
    if (out.compare(6, 2, "00") == 0) out.replace(6, 2, "??");
    if (std::count(out.begin(), out.end(), '?') > 4) out.clear();
  }
  return out;
}

}  // namespace raakvlak::linkage
