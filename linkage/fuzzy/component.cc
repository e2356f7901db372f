// Taking components out of normalised values.
#include "linkage/fuzzy/component.h"

#include <algorithm>
#include <set>
#include <utility>

#include "linkage/fuzzy/address_lines.h"

namespace raakvlak::linkage {
namespace {

// Letters and digits only, so that a space or hyphen more or less does not matter.
std::string Squeeze(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    if (c != ' ' && c != '-' && c != '\'' && c != '.') out.push_back(c);
  }
  return out;
}

// The last word: of a double surname the part that most often stays.
std::string_view LastToken(std::string_view text) {
  const std::size_t at = text.find_last_of(" -");
  return at == std::string_view::npos || at + 1 == text.size() ? text : text.substr(at + 1);
}

bool Known(std::string_view digits) { return digits.find('?') == std::string_view::npos; }

std::string DatePart(std::string_view date, ComponentForm form) {
  if (date.size() != 8) return {};
  const std::string_view year = date.substr(0, 4);
  const std::string_view month = date.substr(4, 2);
  const std::string_view day = date.substr(6, 2);
  std::string out;
  switch (form) {
    case ComponentForm::kFull:
      out = std::string(date);
      break;
    case ComponentForm::kDateYear:
      out = std::string(year);
      break;
    case ComponentForm::kDateMonthDay:
      out = std::string(month) + std::string(day);
      break;
    case ComponentForm::kDateYearDay:
      out = std::string(year.substr(2)) + std::string(day);
      break;
    case ComponentForm::kDateYearMonth:
      out = std::string(year) + std::string(month);
      break;
    case ComponentForm::kDateYearSortedMd:
      out =
          std::string(year) + std::string(std::min(month, day)) + std::string(std::max(month, day));
      break;
    default:
      return {};
  }
  return Known(out) ? out : std::string();
}

// `first` characters from `at`, or nothing where the value is too short to tell.
std::string Cut(std::string_view text, std::size_t at, std::size_t count, std::size_t least) {
  if (text.size() < at + least) return {};
  return std::string(text.substr(at, count));
}

std::string TextPart(std::string_view text, ComponentForm form) {
  switch (form) {
    case ComponentForm::kFull:
      return std::string(text);
    case ComponentForm::kInitial:
      return Cut(text, 0, 1, 1);
    case ComponentForm::kFirst2:
      return Cut(text, 0, 2, 2);
    case ComponentForm::kFirst3:
      return Cut(text, 0, 3, 2);
    case ComponentForm::kFirst4:
      return Cut(text, 0, 4, 3);
    case ComponentForm::kLast3:
      return text.size() < 2
                 ? std::string()
                 : std::string(text.substr(text.size() - std::min<std::size_t>(3, text.size())));
    case ComponentForm::kLast4:
      return text.size() < 4 ? std::string() : std::string(text.substr(text.size() - 4));
    case ComponentForm::kChars2To3:
      return Cut(text, 1, 2, 2);
    case ComponentForm::kChars2To4:
      return Cut(text, 1, 3, 2);
    case ComponentForm::kPhonetic3:
      return PhoneticKey(text, 3);
    case ComponentForm::kPhonetic4:
      return PhoneticKey(text, 4);
    case ComponentForm::kRest:
      return text.size() <= 4 ? std::string() : std::string(text.substr(0, text.size() - 4));
    case ComponentForm::kMiddle4:
      return text.size() < 8 ? std::string() : std::string(text.substr(text.size() - 6, 4));
    case ComponentForm::kFirstHalf:
      return text.size() < 3 ? std::string() : std::string(text.substr(0, text.size() / 2 + 1));
    case ComponentForm::kSecondHalf:
      return text.size() < 3 ? std::string() : std::string(text.substr(text.size() / 2));
    default:
      return {};
  }
}

std::string CompanyPart(std::string_view name, ComponentForm form) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t end = std::min(name.find(' ', at), name.size());
    if (end > at) words.push_back(name.substr(at, end - at));
    at = end + 1;
  }
  if (words.empty()) return {};
  std::sort(words.begin(), words.end());
  if (form == ComponentForm::kLongestWord) {
    return std::string(*std::max_element(words.begin(), words.end(),
                                         [](auto a, auto b) { return a.size() < b.size(); }));
  }
  std::string out;
  for (const std::string_view word : words) out.append(word);
  return out;
}

std::string NamePart(const std::string& value, FieldKind kind, ComponentForm form) {
  if (kind == FieldKind::kSurname && form != ComponentForm::kFull) {
    return TextPart(LastToken(value), form);
  }
  if (form == ComponentForm::kLongestWord || form == ComponentForm::kWordsSorted) {
    return CompanyPart(value, form);
  }
  return TextPart(Squeeze(value), form);
}

constexpr ComponentForm kGivenForms[] = {ComponentForm::kFull,      ComponentForm::kInitial,
                                         ComponentForm::kPhonetic3, ComponentForm::kLast3,
                                         ComponentForm::kFirst2,    ComponentForm::kChars2To3};
constexpr ComponentForm kSurnameForms[] = {ComponentForm::kFull,      ComponentForm::kFirst3,
                                           ComponentForm::kPhonetic4, ComponentForm::kLast3,
                                           ComponentForm::kFirst2,    ComponentForm::kChars2To4};
constexpr ComponentForm kCompanyForms[] = {
    ComponentForm::kFull,        ComponentForm::kFirst3,     ComponentForm::kFirst4,
    ComponentForm::kPhonetic4,   ComponentForm::kLast4,      ComponentForm::kChars2To4,
    ComponentForm::kLongestWord, ComponentForm::kWordsSorted};
constexpr ComponentForm kDateForms[] = {
    ComponentForm::kFull,        ComponentForm::kDateYear,      ComponentForm::kDateMonthDay,
    ComponentForm::kDateYearDay, ComponentForm::kDateYearMonth, ComponentForm::kDateYearSortedMd};
constexpr ComponentForm kPhoneForms[] = {ComponentForm::kFull, ComponentForm::kLast4,
                                         ComponentForm::kRest, ComponentForm::kMiddle4};
constexpr ComponentForm kPostcodeForms[] = {ComponentForm::kFull, ComponentForm::kFirstHalf,
                                            ComponentForm::kSecondHalf};
constexpr ComponentForm kLineForms[] = {ComponentForm::kFull, ComponentForm::kFirst4,
                                        ComponentForm::kLast4};
// A text may be a number as well as words: what serves telephone numbers, too.
constexpr ComponentForm kTextForms[] = {ComponentForm::kFull, ComponentForm::kFirst4,
                                        ComponentForm::kLast4, ComponentForm::kRest,
                                        ComponentForm::kMiddle4};
constexpr ComponentForm kCrossedNameForms[] = {
    ComponentForm::kNamesSorted, ComponentForm::kSortedFirst3, ComponentForm::kSortedLast3};
constexpr ComponentForm kCrossedLineForms[] = {
    ComponentForm::kSortedFirst4, ComponentForm::kLesserFirst4, ComponentForm::kGreaterFirst4};
constexpr ComponentForm kExactForms[] = {ComponentForm::kFull};

// A part of both, or of one, of two values of which it is not known which stands in which field.
std::string CrossedPart(std::string a, std::string b, ComponentForm form) {
  if (b < a) std::swap(a, b);
  ComponentForm part = ComponentForm::kFull;
  switch (form) {
    case ComponentForm::kLesserFirst4:
      return TextPart(a.empty() ? b : a, ComponentForm::kFirst4);
    case ComponentForm::kGreaterFirst4:
      return TextPart(b, ComponentForm::kFirst4);
    case ComponentForm::kSortedFirst3:
      part = ComponentForm::kFirst3;
      break;
    case ComponentForm::kSortedLast3:
      part = ComponentForm::kLast3;
      break;
    case ComponentForm::kSortedFirst4:
      part = ComponentForm::kFirst4;
      break;
    default:
      break;
  }
  a = TextPart(a, part);
  b = TextPart(b, part);
  if (a.empty() || b.empty()) return {};
  if (b < a) std::swap(a, b);
  return a + "|" + b;
}

}  // namespace

std::string_view ComponentFormName(ComponentForm form) {
  switch (form) {
    case ComponentForm::kFull:
      return "full";
    case ComponentForm::kInitial:
      return "initial";
    case ComponentForm::kFirst2:
      return "first2";
    case ComponentForm::kFirst3:
      return "first3";
    case ComponentForm::kFirst4:
      return "first4";
    case ComponentForm::kLast3:
      return "last3";
    case ComponentForm::kLast4:
      return "last4";
    case ComponentForm::kChars2To3:
      return "chars2-3";
    case ComponentForm::kChars2To4:
      return "chars2-4";
    case ComponentForm::kPhonetic3:
      return "phonetic3";
    case ComponentForm::kPhonetic4:
      return "phonetic4";
    case ComponentForm::kDateYear:
      return "yyyy";
    case ComponentForm::kDateMonthDay:
      return "mmdd";
    case ComponentForm::kDateYearDay:
      return "yydd";
    case ComponentForm::kDateYearMonth:
      return "yyyymm";
    case ComponentForm::kDateYearSortedMd:
      return "yyyy+sorted(mm,dd)";
    case ComponentForm::kRest:
      return "rest";
    case ComponentForm::kMiddle4:
      return "middle4";
    case ComponentForm::kFirstHalf:
      return "first-half";
    case ComponentForm::kSecondHalf:
      return "second-half";
    case ComponentForm::kNamesSorted:
      return "names-sorted";
    case ComponentForm::kSortedFirst3:
      return "sorted-first3";
    case ComponentForm::kSortedLast3:
      return "sorted-last3";
    case ComponentForm::kSortedFirst4:
      return "sorted-first4";
    case ComponentForm::kLesserFirst4:
      return "lesser-first4";
    case ComponentForm::kGreaterFirst4:
      return "greater-first4";
    case ComponentForm::kLongestWord:
      return "longest-word";
    case ComponentForm::kWordsSorted:
      return "words-sorted";
  }
  return "unknown";
}

std::optional<ComponentForm> ParseComponentForm(std::string_view name) {
  for (int form = 0; form <= static_cast<int>(ComponentForm::kWordsSorted); ++form) {
    if (ComponentFormName(static_cast<ComponentForm>(form)) == name) {
      return static_cast<ComponentForm>(form);
    }
  }
  return std::nullopt;
}

std::vector<Component> ComponentsOf(const Profile& profile) {
  std::vector<Component> out;
  for (std::size_t i = 0; i < profile.fields.size(); ++i) {
    const auto add = [&](auto& forms) {
      for (ComponentForm form : forms) {
        out.push_back({static_cast<std::uint16_t>(i), Component::kNoField, form});
      }
    };
    switch (profile.fields[i].kind) {
      case FieldKind::kGivenName:
        add(kGivenForms);
        break;
      case FieldKind::kSurname:
        add(kSurnameForms);
        break;
      case FieldKind::kDate:
        add(kDateForms);
        break;
      case FieldKind::kPhone:
        add(kPhoneForms);
        break;
      case FieldKind::kPostcode:
        add(kPostcodeForms);
        break;
      case FieldKind::kCompanyName:
        add(kCompanyForms);
        break;
      case FieldKind::kPlace:
      case FieldKind::kAddress:
        add(kLineForms);
        break;
      case FieldKind::kText:
        add(kTextForms);
        break;
      case FieldKind::kExact:
        add(kExactForms);
        break;
    }
  }
  const auto given = profile.Find(FieldKind::kGivenName);
  const auto surname = profile.Find(FieldKind::kSurname);
  if (given && surname) {
    for (const ComponentForm form : kCrossedNameForms) {
      out.push_back(
          {static_cast<std::uint16_t>(*given), static_cast<std::uint16_t>(*surname), form});
    }
  }
  for (const auto& [first, second] : NeighbouringLines(profile)) {
    for (const ComponentForm form : kCrossedLineForms) out.push_back({first, second, form});
  }
  return out;
}

std::size_t CountKinds(const Profile& profile, const std::vector<Component>& components) {
  std::set<std::pair<FieldKind, std::uint16_t>> kinds;
  for (const Component& c : components) {
    const FieldKind kind = profile.fields[c.field].kind;
    const bool anything = kind == FieldKind::kText || kind == FieldKind::kExact;
    kinds.emplace(kind, anything ? c.field : std::uint16_t{0});
  }
  return kinds.size();
}

std::string ComponentName(const Profile& profile, const Component& component) {
  std::string out = profile.fields[component.field].name;
  if (component.other_field != Component::kNoField) {
    out += "&" + profile.fields[component.other_field].name;
  }
  out += ".";
  out += ComponentFormName(component.form);
  return out;
}

std::string ComponentValue(const Profile& profile, const RecordTable& table, std::size_t row,
                           const Component& component) {
  const std::string& value = table.columns[component.field][row];
  if (component.other_field != Component::kNoField) {
    return CrossedPart(Squeeze(value), Squeeze(table.columns[component.other_field][row]),
                       component.form);
  }
  if (value.empty()) return {};
  switch (profile.fields[component.field].kind) {
    case FieldKind::kDate:
      return DatePart(value, component.form);
    case FieldKind::kGivenName:
    case FieldKind::kSurname:
    case FieldKind::kCompanyName:
      return NamePart(value, profile.fields[component.field].kind, component.form);
    default:
      return TextPart(Squeeze(value), component.form);
  }
}

std::string PhoneticKey(std::string_view text, std::size_t length) {
  std::string out;
  const auto at = [&](std::size_t i) { return i < text.size() ? text[i] : '\0'; };
  for (std::size_t i = 0; i < text.size() && out.size() < length; ++i) {
    char c = text[i];
    switch (c) {
      case 'i':
      case 'y':
      case 'j':
        // ij, y, ei, ey and a bare j of "meijer" are one vowel; a leading j stays a consonant.
        c = (c == 'j' && i == 0) ? 'j' : 'i';
        break;
      case 'e':
      case 'a':
      case 'o':
      case 'u':
        break;
      case 'b':
        c = 'p';
        break;
      case 'c':
        if (at(i + 1) == 'h') {
          c = 'g';
          ++i;
        } else if (at(i + 1) == 'e' || at(i + 1) == 'i' || at(i + 1) == 'y') {
          c = 's';
        } else {
          c = 'k';
        }
        break;
      case 'q':
        c = 'k';
        break;
      case 'd':
        c = 't';
        break;
      case 'z':
      case 'x':
        c = 's';
        break;
      case 'v':
      case 'w':
        c = 'f';
        break;
      case 'p':
        if (at(i + 1) == 'h') {
          c = 'f';
          ++i;
        }
        break;
      case 'h':
        if (i > 0) continue;
        break;
      default:
        if (c < 'a' || c > 'z') continue;
    }
    const bool vowel = c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u';
    if (vowel) {
      if (!out.empty()) continue;
      out.push_back('a');
      continue;
    }
    if (!out.empty() && out.back() == c) continue;
    out.push_back(c);
  }
  return out;
}

}  // namespace raakvlak::linkage
