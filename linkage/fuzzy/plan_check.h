// What a node holds against a blocking plan before it uses it: its form, and what it would expose
// of the own file. Plans come from the planning node by way of the matcher, neither of which is
// trusted.
//
// Pure functions, thread safe.
#ifndef RAAKVLAK_LINKAGE_FUZZY_PLAN_CHECK_H_
#define RAAKVLAK_LINKAGE_FUZZY_PLAN_CHECK_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "linkage/fuzzy/blocks.h"
#include "linkage/fuzzy/planner.h"
#include "linkage/score/profile.h"

namespace raakvlak::linkage {

// InvalidArgument, saying what is wrong, unless there are 1 to max_keys keys, all different, each
// of 2 to 4 components that this profile has, no field read twice, fields of at least two kinds,
// all figures finite and within bounds.
absl::Status ValidatePlan(const Profile& profile, const BlockingPlan& plan);

struct ExposureOptions {
  // Records of the largest counterpart's file where it is larger than the own one; rounded is good
  // enough.
  std::uint64_t largest_file = 0;
  // Agencies besides the own one, each with a file of that size.
  std::size_t counterparts = 1;
  // Own records looked at, at most; the rest is reckoned from them.
  std::size_t max_rows = 200'000;
};

// The share of own records that, under `plan`, would share a block with some stranger at any
// counterpart: counted as those that do with another own record that is not plainly the same
// subject (distinct_rows.h). `plan` is valid (ValidatePlan).
double MeasureExposure(const Profile& profile, const BlockingPlan& plan, const RecordTable& table,
                       const ExposureOptions& options);

// The share of `rows` records that sit with another in one of `blocks`.
double ShareInCompany(const std::vector<Block>& blocks, std::size_t rows);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_FUZZY_PLAN_CHECK_H_
