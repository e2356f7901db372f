// Whose blocking plan a run uses, from what nodes announce of their files.
//
// Pure functions, thread safe.
#ifndef RAAKVLAK_LINKAGE_SCORE_PLANNER_CHOICE_H_
#define RAAKVLAK_LINKAGE_SCORE_PLANNER_CHOICE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace raakvlak::linkage {

// What a node tells of its file before a run; rounded, so that neither figure says more than it
// must.
struct FileFigures {
  // Records that are different subjects, as RoundedRecords; 0: no file or no plan.
  std::uint64_t records = 0;
  // Collision entropies of all components, each rounded to a tenth of a bit, summed; in tenths.
  std::uint32_t selectivity = 0;
};

// `records` rounded up to 1, 2, 3, 4, 6, 8, 12, 16, ...: a power of two or one and a half of one; 0
// stays 0.
std::uint64_t RoundedRecords(std::uint64_t records);

// The largest file, since a plan that is selective enough there is so everywhere; ties by the least
// selectivity, since what is rare among values little spread is rare everywhere; then the first.
// nullopt where nobody has a file.
std::optional<std::size_t> ChoosePlanner(const std::vector<FileFigures>& files);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_SCORE_PLANNER_CHOICE_H_
