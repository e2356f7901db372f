// Whether this node blocks its file as a run's plan says. The plan is another agency's, brought by
// the matcher; neither is trusted with what it exposes here.
//
// Pure, thread safe.
#ifndef RAAKVLAK_SERVER_NODE_PLAN_POLICY_H_
#define RAAKVLAK_SERVER_NODE_PLAN_POLICY_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "linkage/score/profile.h"
#include "raakvlak/v1/authority.pb.h"

namespace raakvlak::node {

// How far above the purpose's max_exposure a plan may come out on the own file. The planner keeps
// to the ceiling on its own file; another file is spread otherwise, near-duplicates in it count as
// strangers, and the measure itself is of a sample: three times covers what honest plans show,
// while a plan that means harm exposes most of a file.
inline constexpr double kExposureTolerance = 3;

struct PlanPolicyOptions {
  // Records of the largest file of the run as far as it is known: the own one, at least.
  std::uint64_t largest_file = 0;
  // Own records that are looked at.
  std::size_t max_rows = 100'000;
};

// OK, or why not (of a manifest in form: two agencies at least), naming the planner and fit for
// people:
//   InvalidArgument     the plan does not suit the profile; blames "matcher", which has to check it
//   FailedPrecondition  it would expose too much of the own file
absl::Status CheckPlanOnOwnFile(const v1::ComparisonProfile& profile,
                                const v1::RunManifest& manifest, const linkage::RecordTable& table,
                                const PlanPolicyOptions& options);

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_PLAN_POLICY_H_
