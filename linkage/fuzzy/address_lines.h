// Which fields are lines of one address, that people and forms write in each other's place.
#ifndef RAAKVLAK_LINKAGE_FUZZY_ADDRESS_LINES_H_
#define RAAKVLAK_LINKAGE_FUZZY_ADDRESS_LINES_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "linkage/score/profile.h"

namespace raakvlak::linkage {

// Neighbours, in the order of the profile, among the fields that may be a line of an address: those
// declared as address or place, and texts, as many a schema calls everything a text.
std::vector<std::pair<std::uint16_t, std::uint16_t>> NeighbouringLines(const Profile& profile);

// Whether a column holds words, not numbers, codes or abbreviations: most of its first values have
// five letters at least, and more letters than digits. A text is no line of an address otherwise.
bool HoldsWords(const std::vector<std::string>& column);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_FUZZY_ADDRESS_LINES_H_
