// The similarity of encoded company names.
#include "linkage/score/company_similarity.h"

#include <algorithm>

namespace raakvlak::linkage {
namespace {

std::size_t Common(const EncodedWord& a, const EncodedWord& b) {
  std::size_t common = 0;
  for (std::size_t i = 0, j = 0; i < kCompanyWordSlots && j < kCompanyWordSlots;) {
    if (a.slots[i] == b.slots[j]) {
      ++common;
      ++i;
      ++j;
    } else if (a.slots[i] < b.slots[j]) {
      ++i;
    } else {
      ++j;
    }
  }
  return common;
}

struct Side {
  double worst = 1;
  double agreed = 0;
  double total = 0;
};

Side Look(const std::vector<EncodedWord>& from, const std::vector<EncodedWord>& to) {
  Side side;
  for (const EncodedWord& word : from) {
    if (word.weight == 0) continue;
    const double weight = std::min(1.0, word.weight / 16.0);
    double best = 0;
    for (const EncodedWord& other : to) {
      if (other.weight == 0) continue;
      best = std::max(best, static_cast<double>(Common(word, other)) / kCompanyWordSlots);
    }
    side.worst = std::min(side.worst, 1 - weight * (1 - best));
    side.agreed += weight * best;
    side.total += weight;
  }
  return side;
}

}  // namespace

double CompanySimilarity(const std::vector<EncodedWord>& a, const std::vector<EncodedWord>& b,
                         double joined) {
  const Side x = Look(a, b);
  const Side y = Look(b, a);
  const double total = x.total + y.total;
  const double words = total > 0 ? (x.agreed + y.agreed) / total : 0;
  return (std::max(joined, words) + std::min(x.worst, y.worst)) / 2;
}

}  // namespace raakvlak::linkage
