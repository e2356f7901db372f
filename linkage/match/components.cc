// Union-find with path halving; the smaller record is always the root, so that the outcome does
// not depend on the order of the pairs, and numbers can take the place of the ways to the root.
#include "linkage/match/components.h"

#include <algorithm>

namespace raakvlak::linkage {

std::uint32_t RecordComponents::RootOf(std::uint32_t record) {
  if (of_[record] == kNone) of_[record] = record;
  while (of_[record] != record) {
    of_[record] = of_[of_[record]];
    record = of_[record];
  }
  return record;
}

void RecordComponents::Link(std::uint32_t a, std::uint32_t b) {
  const std::uint32_t x = RootOf(a);
  const std::uint32_t y = RootOf(b);
  of_[std::max(x, y)] = std::min(x, y);
}

std::uint32_t RecordComponents::Number() {
  std::uint32_t next = 0;
  for (std::uint32_t r = 0; r < of_.size(); ++r) {
    if (of_[r] == kNone) continue;
    // What a record points at is smaller and has its number already.
    of_[r] = of_[r] == r ? next++ : of_[of_[r]];
  }
  return next;
}

}  // namespace raakvlak::linkage
