// Cuts a personal name into words with what their spelling tells about them. Internal.
#ifndef RAAKVLAK_LINKAGE_NORMALISE_PERSON_TOKENS_H_
#define RAAKVLAK_LINKAGE_NORMALISE_PERSON_TOKENS_H_

#include <string>
#include <string_view>
#include <vector>

namespace raakvlak::linkage {

struct NameToken {
  std::string word;      // folded, letters and digits only
  std::string expanded;  // likewise, ICAO expansions
  // What an abbreviated prefix stands for ("v.d."): then `word` holds the letters. Else empty.
  std::vector<std::string> prefix_options;
  bool hyphen_before = false;  // joined to the token before by a hyphen
  bool dotted = false;         // a full stop follows
  bool lower = false;          // starts with a lower-case letter, or has no letter case at all
  bool upper = false;          // two or more letters, all upper case
  bool apostrophe = false;     // had an apostrophe: 't, d', 's
  bool ascii = false;          // plain in the source

  bool is_prefix_abbreviation() const { return !prefix_options.empty(); }
};

// `clean` is CleanText's, without commas. Text in round brackets is left out, except "(geb. X)".
// Dots that stand for an unknown part are dropped. `family_first` tells that the text starts with a
// family name, so that "V.D." at its start is a prefix rather than two initials.
std::vector<NameToken> TokeniseName(std::string_view clean, bool family_first);

// The text has upper-case letters and no lower-case ones.
bool IsShouting(std::string_view clean);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_NORMALISE_PERSON_TOKENS_H_
