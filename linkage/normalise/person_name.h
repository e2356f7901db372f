// Personal names as Dutch registers write them: parts, and the exact keys made of them.
//
// Sources: Logisch Ontwerp BRP (prefix as a field of its own, use of partner's name E, P, V, N),
// ICAO Doc 9303 (transliteration). Thread safe; accepts any bytes.
#ifndef RAAKVLAK_LINKAGE_NORMALISE_PERSON_NAME_H_
#define RAAKVLAK_LINKAGE_NORMALISE_PERSON_NAME_H_

#include <string>
#include <string_view>
#include <vector>

#include "linkage/normalise/result.h"

namespace raakvlak::linkage {

// One family name: a prefix ("van der") and a surname ("berg"). All text is folded (FoldText),
// words separated by one space, without apostrophes and dots.
struct FamilyName {
  // What the prefix may stand for: one entry for "van der", three for "v.d.", none without a
  // prefix.
  std::vector<std::string> prefixes;
  std::string surname;
  // `surname` with ü as ue and so on (FoldTextExpanded); equal to `surname` where nothing expands.
  std::string surname_expanded;

  bool operator==(const FamilyName&) const = default;
};

// How a second family name was attached.
enum class PartnerName {
  kNone,
  kHyphenated,  // "van Velzen-van den Berg": which of the two is the own name is not visible
  kMarked,      // "geb.", "e.v.": `family` is the own name, `partner` the partner's
};

struct PersonName {
  // Given names in order, folded; a hyphenated name is one entry ("anne-fleur"). A single letter is
  // an initial.
  std::vector<std::string> given_names;
  std::vector<std::string> given_names_expanded;  // As above with ue for ü; same length.
  // One lower-case letter for each given name or initial (Th, Ph, Ch and IJ reduce to one).
  std::string initials;
  // No given name is written out.
  bool only_initials = false;
  FamilyName family;  // surname empty where only given names are known
  FamilyName partner;
  PartnerName partner_name = PartnerName::kNone;
  std::string suffix;  // "sr", "jr" or empty

  // kNone, or why this name must not match anything exactly (placeholder, mixed script, empty ...).
  // The parts are filled as far as possible all the same, for fuzzy comparison, except for
  // placeholders.
  RefusalReason reason = RefusalReason::kNone;
  std::string_view message;

  bool ok() const { return reason == RefusalReason::kNone; }
};

// Reads a whole name from one text, in natural order ("Jan Peter van Maassen") or in sorting form
// ("Maassen, Jan Peter van").
PersonName ParsePersonName(std::string_view full_name);

// Reads a name from separate fields; any may be empty. `given` may hold names or initials;
// `surname` may hold prefixes as well, and a partner's name after a hyphen.
PersonName ParsePersonName(std::string_view given, std::string_view prefix,
                           std::string_view surname);

// The exact keys of a name; refused as the parse says. Prefix, initials and given names all count:
// another initial is another value. Order of a hyphenated double name does not count.
NormaliseResult NormalisePersonName(const PersonName& name);

// A key under which sound-alikes meet (ij/y/ei/ey, ui/uy, ck/k, s/z, v/f, final d/t, double
// letters); first initial and surname without prefix. Never to be used as an exact key. Empty if
// there is no name.
std::string WeakPersonKey(const PersonName& name);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_NORMALISE_PERSON_NAME_H_
