// Agreement levels: how well one field of two records agrees, in five steps.
#ifndef RAAKVLAK_LINKAGE_SCORE_LEVELS_H_
#define RAAKVLAK_LINKAGE_SCORE_LEVELS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "linkage/score/profile.h"

namespace raakvlak::linkage {

// 0 exact, 1 close (similarity .8), 2 alike (.6), 3 faint (.4), 4 different.
inline constexpr std::size_t kLevels = 5;
// One of the two says nothing about this field.
inline constexpr std::uint8_t kMissingLevel = 0xff;

// One level a compared field; what lies past the profile's fields is kMissingLevel.
using AgreementPattern = std::array<std::uint8_t, kMaxComparedFields>;

inline AgreementPattern EmptyPattern() {
  AgreementPattern pattern;
  pattern.fill(kMissingLevel);
  return pattern;
}

// A chance for each level.
using LevelChances = std::array<double, kLevels>;
// One LevelChances a field.
using FieldChances = std::vector<LevelChances>;

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_SCORE_LEVELS_H_
