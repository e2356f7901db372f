// From a raw field to the one canonical text that every agency derives for the same thing.
//
// All functions are pure and thread safe, accept any bytes whatever (empty, very long, invalid
// UTF-8) and never throw.
#ifndef RAAKVLAK_LINKAGE_NORMALISE_NORMALISE_H_
#define RAAKVLAK_LINKAGE_NORMALISE_NORMALISE_H_

#include <string_view>

#include "linkage/normalise/birth_date.h"
#include "linkage/normalise/person_name.h"
#include "linkage/normalise/result.h"
#include "linkage/types/identifier_type.h"

namespace raakvlak::linkage {

// Part of every OPRF input and of the run manifest: change it with any change of outcome.
inline constexpr std::string_view kNormaliserVersion = "raakvlak-normalise/1";

// Normalises `raw` (UTF-8) as an identifier of `type`.
//
// kNameBirthDate is made of two values and cannot come from one text: it is refused here with
// kIncomplete; use NormaliseNameBirthDate.
NormaliseResult Normalise(IdentifierType type, std::string_view raw);

// The compound of a person's name and date of birth as one OPRF input: evaluating the two apart
// would let anybody enumerate the pairs offline (linkage.md). Needs a complete date. Carries the
// name's alternatives.
NormaliseResult NormaliseNameBirthDate(const PersonName& name, const BirthDate& birth_date);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_NORMALISE_NORMALISE_H_
