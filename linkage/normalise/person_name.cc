// Reads a personal name into its parts; see the header. The exact and weak keys are in
// person_key.cc.
#include "linkage/normalise/person_name.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

#include "linkage/normalise/compact.h"
#include "linkage/normalise/name_words.h"
#include "linkage/normalise/person_tokens.h"
#include "linkage/normalise/text.h"

namespace raakvlak::linkage {
namespace {

using Tokens = std::span<const NameToken>;

constexpr std::size_t kMaxNameLength = 1000;  // bytes

PersonName Refuse(RefusalReason reason, std::string_view message) {
  PersonName name;
  name.reason = reason;
  name.message = message;
  return name;
}

bool IsSingleLetter(const NameToken& token) { return token.word.size() == 1; }

// May this token be a word of a prefix? A Vietnamese "Văn" has its diacritics, an initial its
// capital.
bool MayBePrefixWord(const NameToken& token) {
  if (!token.ascii && !token.apostrophe) return false;
  if (IsSingleLetter(token)) return token.apostrophe || (token.lower && !token.dotted);
  return !token.dotted;
}

// The longest prefix at the start of `tokens` that leaves something after it: number of tokens, 0
// if none.
std::size_t MatchPrefix(Tokens tokens, std::vector<std::string>* options) {
  std::size_t best = 0;
  std::string words;
  std::vector<std::string> found;
  for (std::size_t i = 0; i < tokens.size() && i < kMaxPrefixWords; ++i) {
    const NameToken& token = tokens[i];
    if (i > 0 && token.hyphen_before) break;
    if (token.is_prefix_abbreviation()) {
      if (i != 0) break;
      found = token.prefix_options;
      best = 1;
      break;
    }
    if (!MayBePrefixWord(token)) break;
    if (i > 0) words.push_back(' ');
    words.append(SplitBelgianPrefix(token.word));
    if (IsPrefix(words)) {
      best = i + 1;
      found.assign(1, words);
    }
  }
  if (best >= tokens.size()) return 0;
  if (best > 0 && options != nullptr) *options = std::move(found);
  return best;
}

bool StartsStrongPrefix(Tokens tokens) {
  return MatchPrefix(tokens, nullptr) > 0 &&
         (tokens[0].is_prefix_abbreviation() || IsStrongPrefixWord(tokens[0].word));
}

// The longest run at the end that is a prefix starting with a strong word: sorting form.
std::size_t TrailingPrefix(Tokens tokens, std::vector<std::string>* options) {
  for (std::size_t count = std::min(kMaxPrefixWords, tokens.size()); count > 0; --count) {
    const Tokens tail = tokens.last(count);
    if (tail[0].is_prefix_abbreviation()) {
      if (count != 1) continue;
      *options = tail[0].prefix_options;
      return 1;
    }
    if (!IsStrongPrefixWord(tail[0].word)) continue;
    std::string words;
    bool fits = true;
    for (const NameToken& token : tail) {
      fits = fits && MayBePrefixWord(token);
      if (!words.empty()) words.push_back(' ');
      words.append(SplitBelgianPrefix(token.word));
    }
    if (fits && IsPrefix(words)) {
      options->assign(1, words);
      return count;
    }
  }
  return 0;
}

FamilyName MakeFamily(Tokens tokens) {
  FamilyName family;
  const std::size_t prefix = MatchPrefix(tokens, &family.prefixes);
  for (const NameToken& token : tokens.subspan(prefix)) {
    if (!family.surname.empty()) {
      family.surname.push_back(' ');
      family.surname_expanded.push_back(' ');
    }
    family.surname.append(token.word);
    family.surname_expanded.append(token.expanded);
  }
  return family;
}

// Where the second half of a double family name begins: at a hyphen that does not merely tie a
// prefix to its name ("s-Gravesande", "El-Amrani"), or at an inner prefix ("van Arkel de Greef").
// 0: not double.
std::size_t SecondHalf(Tokens tokens) {
  const std::size_t prefix = MatchPrefix(tokens, nullptr);
  for (std::size_t i = std::max<std::size_t>(prefix, 1); i < tokens.size(); ++i) {
    if (!tokens[i].hyphen_before) continue;
    if (i == prefix) continue;
    // "El-Amrani": the hyphen kept MatchPrefix from seeing the prefix as such; it does see "El"
    // alone.
    if (i == 1 && prefix == 0 && IsPrefix(tokens[0].word) && MayBePrefixWord(tokens[0])) continue;
    return i;
  }
  if (prefix == 0) return 0;
  for (std::size_t i = prefix + 1; i + 1 < tokens.size(); ++i) {
    if (StartsStrongPrefix(tokens.subspan(i))) return i;
  }
  return 0;
}

// The family part of a name: one or two family names. A third half stays with the second.
void ReadFamily(Tokens tokens, PersonName& name) {
  if (tokens.empty()) return;
  const std::size_t half = SecondHalf(tokens);
  if (half == 0) {
    name.family = MakeFamily(tokens);
    return;
  }
  name.family = MakeFamily(tokens.first(half));
  name.partner = MakeFamily(tokens.subspan(half));
  name.partner_name = PartnerName::kHyphenated;
}

bool IsDigraphInitial(std::string_view word) {
  return word == "th" || word == "ph" || word == "ch" || word == "chr" || word == "ij";
}

bool HasVowel(std::string_view word) {
  return word.find_first_of("aeiouy") != std::string_view::npos;
}

// Given names and initials; a hyphenated chain is one name.
void ReadGiven(Tokens tokens, bool shouting, PersonName& name) {
  std::size_t i = 0;
  while (i < tokens.size()) {
    std::size_t end = i + 1;
    while (end < tokens.size() && tokens[end].hyphen_before) ++end;
    const NameToken& token = tokens[i];
    const std::string& word = token.word;
    auto add_initial = [&name](char letter) {
      name.given_names.emplace_back(1, letter);
      name.given_names_expanded.emplace_back(1, letter);
      name.initials.push_back(letter);
    };
    const bool digraph =
        IsDigraphInitial(word) && (token.dotted || !HasVowel(word) || word == "ij");
    const bool run_of_initials =
        token.upper && word.size() <= 5 && end == i + 1 && (!shouting || !HasVowel(word));
    if (IsSingleLetter(token) || digraph) {
      add_initial(word[0]);
    } else if (run_of_initials) {
      for (char letter : word) add_initial(letter);
    } else {
      std::string joined;
      std::string joined_expanded;
      for (const NameToken& part : tokens.subspan(i, end - i)) {
        if (!joined.empty()) {
          joined.push_back('-');
          joined_expanded.push_back('-');
        }
        joined.append(part.word);
        joined_expanded.append(part.expanded);
      }
      name.initials.push_back(word[0]);
      name.given_names.push_back(std::move(joined));
      name.given_names_expanded.push_back(std::move(joined_expanded));
    }
    i = end;
  }
}

// Takes salutations, titles and sr/jr off; never the last word that is left.
std::vector<NameToken> WithoutTitles(std::vector<NameToken> tokens, bool shouting,
                                     std::string& suffix) {
  std::size_t start = 0;
  while (start + 1 < tokens.size()) {
    const NameToken& token = tokens[start];
    // "Ing" is a given name too; "de heer".
    const bool title = IsLeadingTitle(token.word) &&
                       (token.word != "ing" || token.dotted || token.lower) && !token.hyphen_before;
    const bool de_heer = token.word == "de" &&
                         (tokens[start + 1].word == "heer" || tokens[start + 1].word == "weduwe");
    if (!title && !de_heer) break;
    start += 1;
  }
  tokens.erase(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(start));
  while (tokens.size() > 1) {
    const NameToken& last = tokens.back();
    if (last.hyphen_before) break;
    if (IsTrailingTitle(last.word) ||
        (tokens.size() > 2 && !shouting && last.upper && IsCapitalTitle(last.word))) {
      tokens.pop_back();
      continue;
    }
    const std::string_view generation = GenerationSuffix(last.word);
    if (!generation.empty() && (tokens.size() > 2 || last.dotted)) {
      suffix = generation;
      tokens.pop_back();
      continue;
    }
    break;
  }
  // "Carolina barones Van Naersen": a title of nobility follows a given name and stands before a
  // prefix or, in lower case, before the surname. "Jan de Ridder" and "Piet Graaf" are surnames.
  for (std::size_t i = 1; i + 1 < tokens.size();) {
    const NameToken& token = tokens[i];
    const bool between =
        IsNobleTitle(token.word) && !token.hyphen_before && !IsPrefix(tokens[i - 1].word) &&
        !tokens[i - 1].is_prefix_abbreviation() &&
        (token.lower || token.dotted || StartsStrongPrefix(Tokens(tokens).subspan(i + 1)));
    if (between) {
      tokens.erase(tokens.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      ++i;
    }
  }
  return tokens;
}

// Where the family name starts in natural order.
std::size_t FamilyStart(Tokens tokens) {
  if (tokens.size() <= 1) return 0;
  if (StartsStrongPrefix(tokens)) return 0;
  const bool vietnamese = IsVietnameseFamilyName(tokens[0].word);
  std::size_t start = tokens.size() - 1;
  for (std::size_t i = 1; i < tokens.size(); ++i) {
    if (vietnamese && tokens[i].word == "van") continue;
    if (MatchPrefix(tokens.subspan(i), nullptr) == 0) continue;
    // A prefix after a hyphen begins the second half of a double name.
    start = tokens[i].hyphen_before ? i - 1 : i;
    break;
  }
  while (start > 0 && tokens[start].hyphen_before) --start;
  return start;
}

// "Maassen J.P." or "Berg J.P. van den": nothing but dotted initials, and perhaps a prefix, after
// one word.
bool IsUnmarkedSortingForm(Tokens tokens) {
  if (tokens.size() < 2 || tokens[0].word.size() < 3 || tokens[0].dotted) return false;
  std::size_t i = 1;
  while (i < tokens.size() && tokens[i].hyphen_before) ++i;
  const std::size_t first = i;
  while (i < tokens.size() && tokens[i].dotted &&
         (IsSingleLetter(tokens[i]) || IsDigraphInitial(tokens[i].word))) {
    ++i;
  }
  if (i == first) return false;
  std::vector<std::string> prefix;
  return i == tokens.size() || TrailingPrefix(tokens.subspan(i), &prefix) == tokens.size() - i;
}

// Family tokens, then given tokens with the prefix at their end.
void ReadSortingForm(Tokens family, Tokens given, bool shouting, PersonName& name) {
  std::vector<std::string> prefix;
  const std::size_t trailing = TrailingPrefix(given, &prefix);
  ReadGiven(given.first(given.size() - trailing), shouting, name);
  ReadFamily(family, name);
  if (trailing > 0 && name.family.prefixes.empty()) name.family.prefixes = std::move(prefix);
}

void ReadNaturalOrder(Tokens tokens, bool shouting, PersonName& name) {
  if (IsUnmarkedSortingForm(tokens)) {
    std::size_t family = 1;
    while (tokens[family].hyphen_before) ++family;
    ReadSortingForm(tokens.first(family), tokens.subspan(family), shouting, name);
    return;
  }
  const std::size_t start = FamilyStart(tokens);
  ReadGiven(tokens.first(start), shouting, name);
  ReadFamily(tokens.subspan(start), name);
}

// "Maria van Velzen geb. van den Berg", "Maria van den Berg e.v. van Velzen".
bool ReadMarked(Tokens tokens, bool shouting, PersonName& name) {
  for (std::size_t i = 1; i + 1 < tokens.size(); ++i) {
    const Marker marker = MarriageMarker(tokens[i].word);
    if (marker == Marker::kNone || tokens[i].hyphen_before) continue;
    std::size_t second = i + 1;
    const std::string& word = tokens[i].word;
    // "echtgenote van X": this "van" belongs to the marker.
    if (word.starts_with("echtg") && tokens[second].word == "van" && second + 1 < tokens.size()) {
      ++second;
    }
    ReadNaturalOrder(tokens.first(i), shouting, name);
    FamilyName other = MakeFamily(tokens.subspan(second));
    if (marker == Marker::kOwnFollows) {
      name.partner = std::exchange(name.family, std::move(other));
    } else {
      name.partner = std::move(other);
    }
    name.partner_name = PartnerName::kMarked;
    return true;
  }
  return false;
}

void CheckPlaceholders(PersonName& name) {
  std::string all;
  bool digit = false;
  bool part = IsNamePlaceholder(name.family.surname) || IsNamePlaceholder(name.partner.surname);
  for (const std::string& given : name.given_names) {
    part = part || IsNamePlaceholder(given);
    all.append(given);
  }
  for (const std::string* surname : {&name.family.surname, &name.partner.surname}) {
    for (char c : *surname) {
      if (c != ' ') all.push_back(c);
    }
  }
  for (char c : all) digit = digit || IsDigit(c);
  if (part || IsNamePlaceholder(all)) {
    name =
        Refuse(RefusalReason::kPlaceholder, "a placeholder stands for no name and never matches");
  } else if (all.empty()) {
    name = Refuse(RefusalReason::kCharacters, "no letters in this name");
  } else if (all.size() == 1) {
    name.reason = RefusalReason::kIncomplete;
    name.message = "one letter is too little for a name";
  } else if (digit) {
    name.reason = RefusalReason::kCharacters;
    name.message = "a name has no digits";
  }
}

void Finish(bool mixed_script, PersonName& name) {
  name.only_initials = !name.given_names.empty() &&
                       std::all_of(name.given_names.begin(), name.given_names.end(),
                                   [](const std::string& given) { return given.size() == 1; });
  CheckPlaceholders(name);
  if (name.ok() && mixed_script) {
    name.reason = RefusalReason::kMixedScript;
    name.message = "letters of two scripts in one word: look-alikes, by mistake or on purpose";
  }
}

// Invalid, too long or empty input; nullopt-like: ok() if the text can be read.
PersonName CheckRaw(std::string_view raw) {
  if (raw.size() > kMaxNameLength) return Refuse(RefusalReason::kTooLong, "longer than any name");
  if (!IsValidUtf8(raw)) {
    return Refuse(RefusalReason::kInvalidUtf8, "not UTF-8: check the encoding of the file");
  }
  return {};
}

std::vector<std::string_view> SplitAtCommas(std::string_view clean) {
  std::vector<std::string_view> parts;
  std::size_t start = 0;
  while (start <= clean.size()) {
    std::size_t end = clean.find_first_of(",;", start);
    if (end == std::string_view::npos) end = clean.size();
    if (clean.find_first_not_of(' ', start) < end)
      parts.push_back(clean.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

// "Maassen, MSc" and "Maassen, jr.": the comma cuts off a title, not the given names.
bool IsOnlyTitles(Tokens tokens) {
  return std::all_of(tokens.begin(), tokens.end(), [](const NameToken& token) {
    return IsTrailingTitle(token.word) || !GenerationSuffix(token.word).empty() ||
           (IsLeadingTitle(token.word) && token.word != "ing") ||
           (token.upper && IsCapitalTitle(token.word));
  });
}

}  // namespace

PersonName ParsePersonName(std::string_view full_name) {
  if (PersonName refused = CheckRaw(full_name); !refused.ok()) return refused;
  const std::string clean = CleanText(full_name);
  if (clean.empty()) return Refuse(RefusalReason::kEmpty, "empty");
  const bool shouting = IsShouting(clean);
  PersonName name;
  std::vector<std::vector<NameToken>> parts;
  for (std::string_view text : SplitAtCommas(clean)) {
    std::vector<NameToken> tokens =
        TokeniseName(text, parts.empty() && clean.find(',') != std::string::npos);
    if (!parts.empty() && IsOnlyTitles(tokens)) {
      for (const NameToken& token : tokens) {
        if (!GenerationSuffix(token.word).empty()) name.suffix = GenerationSuffix(token.word);
      }
      continue;
    }
    tokens = WithoutTitles(std::move(tokens), shouting, name.suffix);
    if (!tokens.empty()) parts.push_back(std::move(tokens));
  }
  if (parts.size() > 1 && !IsPatronymicParticle(parts[0][0].word)) {
    std::vector<NameToken> given;
    for (std::size_t i = 1; i < parts.size(); ++i) {
      given.insert(given.end(), parts[i].begin(), parts[i].end());
    }
    ReadSortingForm(parts[0], given, shouting, name);
  } else if (!parts.empty()) {
    // A chain of names keeps the order in which it is written, comma or not.
    std::vector<NameToken> tokens;
    for (auto& part : parts) tokens.insert(tokens.end(), part.begin(), part.end());
    if (!ReadMarked(tokens, shouting, name)) ReadNaturalOrder(tokens, shouting, name);
  }
  Finish(HasMixedScriptWord(full_name), name);
  return name;
}

PersonName ParsePersonName(std::string_view given, std::string_view prefix,
                           std::string_view surname) {
  for (std::string_view raw : {given, prefix, surname}) {
    if (PersonName refused = CheckRaw(raw); !refused.ok()) return refused;
  }
  const std::string given_clean = CleanText(given);
  const std::string prefix_clean = CleanText(prefix);
  std::string surname_clean = CleanText(surname);
  if (given_clean.empty() && prefix_clean.empty() && surname_clean.empty()) {
    return Refuse(RefusalReason::kEmpty, "empty");
  }
  const bool shouting = IsShouting(given_clean + " " + surname_clean);
  PersonName name;
  // "Berg, van den" in the surname column: the sorting form of a surname.
  std::replace(surname_clean.begin(), surname_clean.end(), ',', ' ');
  const std::vector<NameToken> given_tokens =
      WithoutTitles(TokeniseName(given_clean, false), shouting, name.suffix);
  std::vector<NameToken> family_tokens =
      WithoutTitles(TokeniseName(surname_clean, true), shouting, name.suffix);

  std::vector<std::string> options;
  if (!ReadMarked(family_tokens, shouting, name)) {
    const std::size_t trailing = TrailingPrefix(family_tokens, &options);
    if (trailing < family_tokens.size()) {
      family_tokens.resize(family_tokens.size() - trailing);
    } else {
      options.clear();
    }
    ReadFamily(family_tokens, name);
  } else {
    // A marked surname was read as a whole name; there are no given names in it.
    name.given_names.clear();
    name.given_names_expanded.clear();
    name.initials.clear();
    const std::size_t marker =
        static_cast<std::size_t>(std::find_if(family_tokens.begin() + 1, family_tokens.end(),
                                              [](const NameToken& token) {
                                                return MarriageMarker(token.word) != Marker::kNone;
                                              }) -
                                 family_tokens.begin());
    FamilyName first = MakeFamily(Tokens(family_tokens).first(marker));
    (MarriageMarker(family_tokens[marker].word) == Marker::kOwnFollows ? name.partner
                                                                       : name.family) =
        std::move(first);
  }
  std::vector<NameToken> prefix_tokens = TokeniseName(prefix_clean, true);
  if (!prefix_tokens.empty()) {
    // A dummy surname lets the prefix be matched as one; what is none is kept as written.
    NameToken dummy;
    dummy.word = "x";
    prefix_tokens.push_back(dummy);
    if (MatchPrefix(prefix_tokens, &options) != prefix_tokens.size() - 1) {
      options.assign(1, prefix_tokens[0].word);
      for (std::size_t i = 1; i + 1 < prefix_tokens.size(); ++i) {
        options[0] += " " + prefix_tokens[i].word;
      }
    }
  }
  if (name.family.prefixes.empty() && !name.family.surname.empty()) {
    name.family.prefixes = std::move(options);
  }
  ReadGiven(given_tokens, shouting, name);
  Finish(HasMixedScriptWord(given) || HasMixedScriptWord(surname), name);
  return name;
}

}  // namespace raakvlak::linkage
