// Unicode clean-up shared by names and identifiers, on top of ICU.
//
// Thread safe. ICU's transliterator is created once a process and guarded inside.
#ifndef RAAKVLAK_LINKAGE_NORMALISE_TEXT_H_
#define RAAKVLAK_LINKAGE_NORMALISE_TEXT_H_

#include <string>
#include <string_view>

namespace raakvlak::linkage {

// True if `text` is well-formed UTF-8.
bool IsValidUtf8(std::string_view text);

// NFKC without format characters (zero-width space, byte order mark, direction marks), full-width
// forms made plain, every kind of dash made '-', every kind of apostrophe made '\'', every kind of
// white space and control made ' ' and runs of it made one, none at the ends. Case and diacritics
// stay. Pure ASCII takes a path without ICU. Invalid UTF-8 gives an empty string.
std::string CleanText(std::string_view text);

// Lower-case ASCII as far as Unicode goes: any script is transliterated to Latin, diacritics and
// non-decomposable letters are folded (ł ø đ ŧ ı Ĳ ß æ), Turkish İ gives i. Letters, digits,
// punctuation and single spaces remain; what has no Latin form (emoji) is dropped. Invalid UTF-8
// gives an empty string. "Müller" gives "muller".
std::string FoldText(std::string_view text);

// As FoldText, with the expansions of ICAO Doc 9303 part 3, section 6: ü ue, ö oe, ä ae, å aa, ø
// oe; and the Dutch ÿ as ij. A text with letters that only Turkish and its neighbours use (ı ğ ş ç
// İ) is folded plainly. Equal to FoldText where no such letter occurs.
std::string FoldTextExpanded(std::string_view text);

// True if one word holds letters of more than one of Latin, Greek, Cyrillic and so on: look-alikes,
// by mistake or on purpose.
bool HasMixedScriptWord(std::string_view text);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_NORMALISE_TEXT_H_
