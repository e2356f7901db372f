// Words for strengths and agreement levels.
#include "linkage/score/strength.h"

namespace raakvlak::linkage {

std::string_view MatchStrengthName(MatchStrength strength) {
  switch (strength) {
    case MatchStrength::kPossible:
      return "possible";
    case MatchStrength::kStrong:
      return "strong";
    case MatchStrength::kHard:
      return "hard";
  }
  return "possible";
}

MatchStrength StrengthOf(double score, bool number_agrees) {
  if (number_agrees) return MatchStrength::kHard;
  return score >= kStrongScore ? MatchStrength::kStrong : MatchStrength::kPossible;
}

std::string_view LevelName(std::uint8_t level) {
  switch (level) {
    case 0:
      return "exact";
    case 1:
      return "close";
    case 2:
      return "alike";
    case 3:
      return "faint";
    case 4:
      return "differs";
    default:
      return "not compared";
  }
}

std::string ExplainAgreement(const Profile& profile, const AgreementPattern& pattern) {
  std::string out;
  for (std::size_t f = 0; f < profile.fields.size(); ++f) {
    if (!out.empty()) out += ", ";
    out += profile.fields[f].name;
    out += ": ";
    out += LevelName(pattern[f]);
  }
  return out;
}

}  // namespace raakvlak::linkage
