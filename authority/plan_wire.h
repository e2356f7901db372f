// Blocking plans between linkage/fuzzy and the wire.
//
// Pure functions, thread safe.
#ifndef RAAKVLAK_AUTHORITY_PLAN_WIRE_H_
#define RAAKVLAK_AUTHORITY_PLAN_WIRE_H_

#include "absl/status/statusor.h"
#include "linkage/fuzzy/planner.h"
#include "raakvlak/v1/authority.pb.h"

namespace raakvlak::authority {

// Thresholds become whole thousandths of a bit, shares whole 10,000ths. The planner rounds its
// thresholds to hundredths, so that all nodes, the planner too, use the very same ones.
v1::BlockingPlan PlanToWire(const linkage::BlockingPlan& plan);

// InvalidArgument for a component form that is not known. Whether the plan suits a profile is for
// linkage::ValidatePlan.
absl::StatusOr<linkage::BlockingPlan> PlanFromWire(const v1::BlockingPlan& plan);

}  // namespace raakvlak::authority

#endif  // RAAKVLAK_AUTHORITY_PLAN_WIRE_H_
