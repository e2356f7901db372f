// The word lists that reading a personal name needs. All words are folded (FoldText), without dots
// and apostrophes. Internal.
//
// Sources: BRP table 36 as it circulates (surname prefixes), Wet op het hoger onderwijs (titles),
// Wet op de adeldom (titles of nobility).
#ifndef RAAKVLAK_LINKAGE_NORMALISE_NAME_WORDS_H_
#define RAAKVLAK_LINKAGE_NORMALISE_NAME_WORDS_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace raakvlak::linkage {

inline constexpr std::size_t kMaxPrefixWords = 4;

// `words` joined by spaces is a surname prefix ("van der", "in t").
bool IsPrefix(std::string_view words);
// A one-word prefix that is no given name and no family name either: enough to start a family name
// at the beginning of a text, or to end a sorting form. "van" is, "ben" is not.
bool IsStrongPrefixWord(std::string_view word);
// "vanden" is "van den": the Belgian spelling. The word itself otherwise.
std::string_view SplitBelgianPrefix(std::string_view word);
// What an abbreviated prefix stands for, by its letters: "vd" van de, van den, van der. Empty if
// none.
std::span<const std::string_view> PrefixAbbreviation(std::string_view letters);

bool IsLeadingTitle(std::string_view word);  // salutation, academic title, predicate: before a name
bool IsTrailingTitle(std::string_view word);  // after a name
// "ma", "ba", "ra", "aa": titles in capitals only, as they are surnames too.
bool IsCapitalTitle(std::string_view word);
bool IsNobleTitle(std::string_view word);  // between given and family name
// "sr" or "jr" for any spelling; empty if `word` is neither.
std::string_view GenerationSuffix(std::string_view word);

// Of a chain of names ("bin", "ibn", "bint"): the order of the words is the name.
bool IsPatronymicParticle(std::string_view word);
// Common Vietnamese family names, after which "Van" is a middle name.
bool IsVietnameseFamilyName(std::string_view word);
// Stands for no name: onbekend, nn, unknown, ...
bool IsNamePlaceholder(std::string_view letters);

// "geb", "geboren": what follows is the own name. "ev", "echtgenote": what follows is the
// partner's.
enum class Marker { kNone, kOwnFollows, kPartnerFollows };
Marker MarriageMarker(std::string_view word);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_NORMALISE_NAME_WORDS_H_
