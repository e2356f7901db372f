// What a coordinator is told of a match: how strong it is and which fields agreed how well, never a
// raw similarity.
#ifndef RAAKVLAK_LINKAGE_SCORE_STRENGTH_H_
#define RAAKVLAK_LINKAGE_SCORE_STRENGTH_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "linkage/score/levels.h"
#include "linkage/score/profile.h"

namespace raakvlak::linkage {

enum class MatchStrength : std::uint8_t {
  kPossible,  // for a steward to judge
  kStrong,    // by everything that is known one subject; not proven by a number
  kHard,      // a checked number agreed: never by similarity alone
};

// "possible", "strong", "hard"
std::string_view MatchStrengthName(MatchStrength strength);

// Log odds from which a fuzzy match is strong: 99 in 100.
inline constexpr double kStrongScore = 4.6;

// `score` is log odds less the threshold; `number_agrees`: a checked identifier agreed exactly.
MatchStrength StrengthOf(double score, bool number_agrees);

// "exact", "close", "alike", "faint", "differs", "not compared"
std::string_view LevelName(std::uint8_t level);

// "given_name: exact, surname: close, ..."
std::string ExplainAgreement(const Profile& profile, const AgreementPattern& pattern);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_SCORE_STRENGTH_H_
