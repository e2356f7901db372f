// How likely two names alone stand for one person or company: for name lists without other fields.
//
// Through the same normalising and encoding as a run. Names alone never make a hard match. Thread
// safe; accepts any bytes.
#ifndef RAAKVLAK_LINKAGE_FUZZY_NAME_PAIR_H_
#define RAAKVLAK_LINKAGE_FUZZY_NAME_PAIR_H_

#include <string>
#include <vector>

namespace raakvlak::linkage {

enum class NameKind { kPerson, kCompany };

// From here on two names are linked.
inline constexpr double kNamePairThreshold = 0.70;

struct NamePairScore {
  double score = 0;  // 0 to 1
  // The exact keys are equal after normalising: more than alike.
  bool same = false;
};

// Scores pairs; `left` and `right` have equal lengths. Frequencies of company words come from the
// names themselves.
std::vector<NamePairScore> ScoreNamePairs(const std::vector<std::string>& left,
                                          const std::vector<std::string>& right, NameKind kind);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_FUZZY_NAME_PAIR_H_
