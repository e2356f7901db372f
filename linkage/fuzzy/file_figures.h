// What a node announces of its file, so that the planning node can be chosen (planner_choice.h).
#ifndef RAAKVLAK_LINKAGE_FUZZY_FILE_FIGURES_H_
#define RAAKVLAK_LINKAGE_FUZZY_FILE_FIGURES_H_

#include "linkage/score/planner_choice.h"
#include "linkage/score/profile.h"

namespace raakvlak::linkage {

// Rounded figures of a file of `records` of which `table` holds the first (0: all); entropies and
// the share that is entered again from its first 50,000. Zeros for fewer than two records: such a
// file cannot plan. Pure, thread safe.
FileFigures MeasureFile(const Profile& profile, const RecordTable& table, std::size_t records = 0);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_FUZZY_FILE_FIGURES_H_
