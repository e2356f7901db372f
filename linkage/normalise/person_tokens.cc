// Words of a personal name; see the header.
#include "linkage/normalise/person_tokens.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <cstddef>
#include <cstdint>

#include "linkage/normalise/compact.h"
#include "linkage/normalise/name_words.h"
#include "linkage/normalise/text.h"

namespace raakvlak::linkage {
namespace {

struct Casing {
  int upper = 0;
  int lower = 0;
  bool starts_lower = false;
  bool ascii = true;
};

Casing CasingOf(std::string_view text) {
  Casing casing;
  bool first = true;
  int small_accented = 0;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto length = static_cast<int64_t>(text.size());
  for (int64_t i = 0; i < length;) {
    UChar32 c;
    U8_NEXT(bytes, i, length, c);
    if (c < 0) break;
    if (c >= 0x80) casing.ascii = false;
    if (!u_isalpha(c)) continue;
    if (u_isupper(c) || u_istitle(c)) {
      ++casing.upper;
    } else {
      ++casing.lower;
      if (c >= 0x80) ++small_accented;
      if (first) casing.starts_lower = true;
    }
    first = false;
  }
  // Old systems write capitals without touching accented letters: "KäSTER" is all capitals.
  if (small_accented > 0 && casing.lower == small_accented && casing.upper >= 2) {
    casing.upper += casing.lower;
    casing.lower = 0;
    casing.starts_lower = false;
  }
  return casing;
}

std::string LettersOf(std::string_view folded) {
  std::string letters;
  for (char c : folded) {
    if (IsAlnum(c)) letters.push_back(c);
  }
  return letters;
}

// Leaves out what stands in round brackets (a call name, as a rule), unless it is a marriage
// marker.
std::string WithoutBrackets(std::string_view clean) {
  std::string out;
  std::size_t i = 0;
  while (i < clean.size()) {
    if (clean[i] != '(') {
      out.push_back(clean[i] == ')' ? ' ' : clean[i]);
      ++i;
      continue;
    }
    std::size_t close = clean.find(')', i);
    if (close == std::string_view::npos) close = clean.size();
    const std::string_view inside = clean.substr(i + 1, close - i - 1);
    const std::string first = LettersOf(FoldText(inside.substr(0, inside.find_first_of(" ."))));
    out.push_back(' ');
    if (MarriageMarker(first) != Marker::kNone || first == "e") out.append(inside);
    out.push_back(' ');
    i = close + 1;
  }
  return out;
}

NameToken MakeToken(std::string_view piece) {
  NameToken token;
  token.word = LettersOf(FoldText(piece));
  token.expanded = LettersOf(FoldTextExpanded(piece));
  const Casing casing = CasingOf(piece);
  token.lower = casing.starts_lower;
  token.upper = casing.upper >= 2 && casing.lower == 0;
  token.apostrophe = piece.find('\'') != std::string_view::npos;
  token.ascii = casing.ascii;
  return token;
}

NameToken PrefixToken(std::string_view letters, bool hyphen_before) {
  NameToken token;
  token.word = std::string(letters);
  token.expanded = token.word;
  for (std::string_view option : PrefixAbbreviation(letters)) {
    token.prefix_options.emplace_back(option);
  }
  token.hyphen_before = hyphen_before;
  token.lower = true;
  token.ascii = true;
  return token;
}

// The letters of an abbreviated prefix written as one word: "v.d.", "v/d", "vd", "v.h.", "a/d".
// `initials` tells that initials may stand here: "V.D. Berg" starts with two of them, "Jan V.D.
// Berg" has a prefix.
std::string WholeAbbreviation(std::string_view word, bool initials) {
  std::string letters = LettersOf(FoldText(word));
  if (letters.size() != 2 || PrefixAbbreviation(letters).empty()) return {};
  if (word.find('/') != std::string_view::npos) return letters;
  if (letters != "vd" && word.find('.') == std::string_view::npos) return {};
  const bool lower = CasingOf(word).upper == 0;
  return lower || (letters == "vd" && !initials) ? letters : std::string();
}

// d'Ancona, l'Hadj, 's-Gravesande, 't: the head ends at its apostrophe.
std::size_t ElidedHead(std::string_view piece) {
  const std::size_t at = piece.find('\'');
  if (at == std::string_view::npos || at == 0 || at + 1 >= piece.size()) return 0;
  const std::string head = LettersOf(FoldText(piece.substr(0, at)));
  if (head == "d" || head == "l" || head == "dell" || head == "dall" || head == "s" ||
      head == "t") {
    return at + 1;
  }
  return 0;
}

void AddPiece(std::string_view piece, bool dotted, bool hyphen, std::vector<NameToken>& out) {
  const std::size_t head = ElidedHead(piece);
  if (head > 0) {
    NameToken token = MakeToken(piece.substr(0, head));
    token.hyphen_before = hyphen;
    out.push_back(std::move(token));
    piece.remove_prefix(head);
    hyphen = false;
  }
  NameToken token = MakeToken(piece);
  if (token.word.empty()) return;
  token.dotted = dotted;
  token.hyphen_before = hyphen;
  out.push_back(std::move(token));
}

// Joins what was cut at dots: lower-case v. d. is "v.d.", v. alone is "van".
void MergeAbbreviations(std::vector<NameToken>& tokens) {
  std::vector<NameToken> out;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    NameToken& token = tokens[i];
    const bool starter = i > 0 && token.lower && token.dotted && token.word.size() == 1 &&
                         !token.is_prefix_abbreviation();
    if (starter && i + 1 < tokens.size()) {
      NameToken& next = tokens[i + 1];
      const std::string pair = token.word + next.word;
      const bool short_next =
          next.word.size() == 1 && next.lower && (next.dotted || next.apostrophe);
      if (short_next && !PrefixAbbreviation(pair).empty() && i + 2 < tokens.size()) {
        out.push_back(PrefixToken(pair, token.hyphen_before));
        ++i;
        continue;
      }
    }
    if (i > 0 && i + 1 < tokens.size() && token.lower && token.word == "v" && !token.apostrophe &&
        !token.is_prefix_abbreviation()) {
      out.push_back(PrefixToken("v", token.hyphen_before));
      continue;
    }
    out.push_back(std::move(token));
  }
  tokens = std::move(out);
}

}  // namespace

bool IsShouting(std::string_view clean) {
  const Casing casing = CasingOf(clean);
  return casing.upper > 0 && casing.lower == 0;
}

std::vector<NameToken> TokeniseName(std::string_view clean, bool family_first) {
  const std::string text = WithoutBrackets(clean);
  std::vector<NameToken> tokens;
  bool hyphen = false;
  std::size_t i = 0;
  while (i < text.size()) {
    const std::size_t start = i;
    while (i < text.size() && text[i] != ' ' && text[i] != '-' && text[i] != '"') ++i;
    std::string_view word = std::string_view(text).substr(start, i - start);
    if (!word.empty()) {
      const std::string abbreviation = WholeAbbreviation(word, tokens.empty() && !family_first);
      if (!abbreviation.empty()) {
        tokens.push_back(PrefixToken(abbreviation, hyphen));
      } else {
        // Degrees such as "LL.M." and markers such as "e.v." stay one word.
        const std::string letters = LettersOf(FoldText(word));
        if (word.find('.') != std::string_view::npos &&
            (IsTrailingTitle(letters) ||
             (letters == "ev" && !tokens.empty() && CasingOf(word).upper == 0))) {
          AddPiece(word, false, hyphen, tokens);
        } else {
          bool piece_hyphen = hyphen;
          while (!word.empty()) {
            const std::size_t end = word.find_first_of("./");
            const bool dotted = end != std::string_view::npos;
            AddPiece(word.substr(0, end), dotted, piece_hyphen, tokens);
            word.remove_prefix(dotted ? end + 1 : word.size());
            piece_hyphen = false;
          }
        }
      }
      hyphen = false;
    }
    while (i < text.size() && (text[i] == ' ' || text[i] == '-' || text[i] == '"')) {
      if (text[i] == '-' && !tokens.empty()) hyphen = true;
      ++i;
    }
  }
  MergeAbbreviations(tokens);
  return tokens;
}

}  // namespace raakvlak::linkage
