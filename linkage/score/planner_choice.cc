// The choice of the planning node.
#include "linkage/score/planner_choice.h"

#include <bit>

namespace raakvlak::linkage {

std::uint64_t RoundedRecords(std::uint64_t records) {
  constexpr std::uint64_t kTop = std::uint64_t{1} << 63;
  if (records < 2) return records;
  if (records > kTop) return kTop;
  const std::uint64_t ceiling = std::bit_ceil(records);
  return ceiling >= 4 && records <= ceiling / 4 * 3 ? ceiling / 4 * 3 : ceiling;
}

std::optional<std::size_t> ChoosePlanner(const std::vector<FileFigures>& files) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (files[i].records == 0) continue;
    if (best && (files[i].records < files[*best].records ||
                 (files[i].records == files[*best].records &&
                  files[i].selectivity >= files[*best].selectivity))) {
      continue;
    }
    best = i;
  }
  return best;
}

}  // namespace raakvlak::linkage
