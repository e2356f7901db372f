// CleanText and FoldText over ICU; see the header.
#include "linkage/normalise/text.h"

#include <unicode/normalizer2.h>
#include <unicode/translit.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <cstdint>
#include <memory>

namespace raakvlak::linkage {
namespace {

bool IsAscii(std::string_view text) {
  for (char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

// Appends `c` to `out` with runs of white space made one space and none at the start.
void AppendSpaced(std::string& out, char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (byte <= 0x20 || byte == 0x7F) {
    if (!out.empty() && out.back() != ' ') out.push_back(' ');
  } else {
    out.push_back(c);
  }
}

std::string CollapseSpaces(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) AppendSpaced(out, c);
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

bool IsApostrophe(UChar32 c) {
  switch (c) {
    case 0x60:    // grave accent, typed for want of an apostrophe
    case 0xB4:    // acute accent, likewise
    case 0x2018:  // left and right single quotation mark
    case 0x2019:
    case 0x201B:
    case 0x02BC:  // modifier letter apostrophe
    case 0x02B9:  // modifier letter prime
    case 0x2032:  // prime
    case 0xFF07:  // full-width apostrophe
      return true;
    default:
      return false;
  }
}

// CleanText up to but without the collapsing of spaces.
icu::UnicodeString CleanUnicode(std::string_view text) {
  icu::UnicodeString raw = icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
  // NFKC would turn U+00B4 into a space and a combining accent, so apostrophes go first.
  icu::UnicodeString prepared;
  for (int32_t i = 0; i < raw.length(); i = raw.moveIndex32(i, 1)) {
    const UChar32 c = raw.char32At(i);
    prepared.append(IsApostrophe(c) ? UChar32{'\''} : c);
  }
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* nfkc = icu::Normalizer2::getNFKCInstance(status);
  if (U_FAILURE(status)) return {};
  const icu::UnicodeString normal = nfkc->normalize(prepared, status);
  if (U_FAILURE(status)) return {};
  icu::UnicodeString out;
  for (int32_t i = 0; i < normal.length(); i = normal.moveIndex32(i, 1)) {
    const UChar32 c = normal.char32At(i);
    const int8_t category = u_charType(c);
    if (category == U_FORMAT_CHAR || category == U_SURROGATE || category == U_UNASSIGNED ||
        u_hasBinaryProperty(c, UCHAR_VARIATION_SELECTOR)) {
      continue;
    }
    if (c == 0xB7 && !out.isEmpty() && (out[out.length() - 1] | 0x20) == u'l') {
      continue;  // the Catalan l with middle dot, which NFKC takes apart
    }
    if (IsApostrophe(c)) {
      out.append(UChar32{'\''});
    } else if (category == U_DASH_PUNCTUATION || c == 0x2212) {
      out.append(UChar32{'-'});
    } else if (u_isUWhiteSpace(c) || category == U_CONTROL_CHAR) {
      out.append(UChar32{' '});
    } else {
      out.append(c);
    }
  }
  return out;
}

std::unique_ptr<icu::Transliterator> MakeTransliterator(const char* id) {
  UErrorCode status = U_ZERO_ERROR;
  std::unique_ptr<icu::Transliterator> made(
      icu::Transliterator::createInstance(id, UTRANS_FORWARD, status));
  if (U_FAILURE(status)) made.reset();
  return made;
}

// Latin letters with or without diacritics, and punctuation: nothing that needs another script's
// rules.
bool IsLatin(const icu::UnicodeString& text) {
  for (int32_t i = 0; i < text.length(); ++i) {
    const char16_t c = text[i];
    const bool latin = c < 0x250 || (c >= 0x300 && c < 0x370) || (c >= 0x1E00 && c < 0x1F00) ||
                       (c >= 0x2000 && c < 0x2070);
    if (!latin) return false;
  }
  return true;
}

// Transliterators are not safe for concurrent use, so each thread has its own. Finding the script
// of each run is slow, and most names need none of it.
icu::Transliterator* ThreadTransliterator(bool latin) {
  thread_local const std::unique_ptr<icu::Transliterator> from_latin =
      MakeTransliterator("NFKD; [:Nonspacing Mark:] Remove; Latin-ASCII");
  // Russian first, as people and passports write it: ш is sh, not š.
  thread_local const std::unique_ptr<icu::Transliterator> from_any = MakeTransliterator(
      "Russian-Latin/BGN; Any-Latin; NFKD; [:Nonspacing Mark:] Remove; Latin-ASCII");
  return latin ? from_latin.get() : from_any.get();
}

bool IsTurkicLetter(UChar32 c) {
  switch (c) {
    case 0x131:  // ı
    case 0x130:  // İ
    case 0x11F:  // ğ
    case 0x11E:
    case 0x15F:  // ş
    case 0x15E:
      return true;
    default:
      return false;
  }
}

const char16_t* Expansion(UChar32 c) {
  switch (c) {
    case 0xE4:  // ä
    case 0xC4:
      return u"ae";
    case 0xF6:  // ö
    case 0xD6:
    case 0xF8:  // ø
    case 0xD8:
      return u"oe";
    case 0xFC:  // ü
    case 0xDC:
      return u"ue";
    case 0xE5:  // å
    case 0xC5:
      return u"aa";
    case 0xFF:  // ÿ
    case 0x178:
      return u"ij";
    default:
      return nullptr;
  }
}

// Expands one word, unless it is Turkish: ç beside ö or ü occurs in no French or Portuguese word.
void ExpandWord(const icu::UnicodeString& word, icu::UnicodeString& out) {
  if (word.indexOf(UChar32{0xE7}) >= 0 || word.indexOf(UChar32{0xC7}) >= 0) {
    out.append(word);
    return;
  }
  for (int32_t i = 0; i < word.length(); i = word.moveIndex32(i, 1)) {
    const UChar32 c = word.char32At(i);
    if (const char16_t* expansion = Expansion(c)) {
      out.append(expansion, -1);
    } else {
      out.append(c);
    }
  }
}

icu::UnicodeString Expand(const icu::UnicodeString& text) {
  for (int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    if (IsTurkicLetter(text.char32At(i))) return text;
  }
  icu::UnicodeString out;
  int32_t start = 0;
  while (start < text.length()) {
    int32_t end = text.indexOf(u' ', start);
    end = end < 0 ? text.length() : end + 1;
    ExpandWord(text.tempSubStringBetween(start, end), out);
    start = end;
  }
  return out;
}

std::string FoldUnicode(icu::UnicodeString text) {
  icu::Transliterator* transliterator = ThreadTransliterator(IsLatin(text));
  if (transliterator == nullptr) return {};
  transliterator->transliterate(text);
  std::string out;
  for (int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    const UChar32 c = text.char32At(i);
    if (IsApostrophe(c)) {
      // Transliteration writes Arabic hamza and ayn, and the Slavic soft sign, as primes and
      // quotation marks of their own; they carry nothing that people type.
      continue;
    }
    if (c >= 0x80) continue;
    char ascii = static_cast<char>(c);
    if (ascii >= 'A' && ascii <= 'Z') ascii = static_cast<char>(ascii - 'A' + 'a');
    AppendSpaced(out, ascii);
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string FoldAscii(std::string_view text) {
  std::string out = CollapseSpaces(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '`') c = '\'';
  }
  return out;
}

}  // namespace

bool IsValidUtf8(std::string_view text) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto length = static_cast<int64_t>(text.size());
  int64_t i = 0;
  while (i < length) {
    if (bytes[i] < 0x80) {
      ++i;
      continue;
    }
    UChar32 c;
    U8_NEXT(bytes, i, length, c);
    if (c < 0) return false;
  }
  return true;
}

std::string CleanText(std::string_view text) {
  if (IsAscii(text)) {
    std::string out = CollapseSpaces(text);
    for (char& c : out) {
      if (c == '`') c = '\'';
    }
    return out;
  }
  if (!IsValidUtf8(text)) return {};
  std::string utf8;
  CleanUnicode(text).toUTF8String(utf8);
  return CollapseSpaces(utf8);
}

std::string FoldText(std::string_view text) {
  if (IsAscii(text)) return FoldAscii(text);
  if (!IsValidUtf8(text)) return {};
  return FoldUnicode(CleanUnicode(text));
}

std::string FoldTextExpanded(std::string_view text) {
  if (IsAscii(text)) return FoldAscii(text);
  if (!IsValidUtf8(text)) return {};
  return FoldUnicode(Expand(CleanUnicode(text)));
}

bool HasMixedScriptWord(std::string_view text) {
  if (IsAscii(text) || !IsValidUtf8(text)) return false;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto length = static_cast<int64_t>(text.size());
  UScriptCode word_script = USCRIPT_COMMON;
  for (int64_t i = 0; i < length;) {
    UChar32 c;
    U8_NEXT(bytes, i, length, c);
    if (!u_isalpha(c)) {
      const int8_t category = u_charType(c);
      const bool inside_word = category == U_NON_SPACING_MARK || category == U_FORMAT_CHAR;
      if (!inside_word) word_script = USCRIPT_COMMON;
      continue;
    }
    UErrorCode status = U_ZERO_ERROR;
    UScriptCode script = uscript_getScript(c, &status);
    if (U_FAILURE(status) || script == USCRIPT_COMMON || script == USCRIPT_INHERITED) continue;
    // Japanese mixes its scripts in one word by rule.
    if (script == USCRIPT_HIRAGANA || script == USCRIPT_KATAKANA) script = USCRIPT_HAN;
    if (word_script != USCRIPT_COMMON && word_script != script) return true;
    word_script = script;
  }
  return false;
}

}  // namespace raakvlak::linkage
