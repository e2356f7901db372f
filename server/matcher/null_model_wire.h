// A node's null model as it comes over the wire. What does not hold together is refused: one
// agency's numbers decide with another's what counts as a match of the two.
#ifndef RAAKVLAK_SERVER_MATCHER_NULL_MODEL_WIRE_H_
#define RAAKVLAK_SERVER_MATCHER_NULL_MODEL_WIRE_H_

#include "absl/status/statusor.h"
#include "linkage/score/null_model.h"
#include "linkage/score/profile.h"
#include "raakvlak/v1/submission.pb.h"

namespace raakvlak::matcher {

// InvalidArgument with what is wrong: another number of fields, levels or classes than the profile
// has, chances that are no numbers, negative, above 1, or do not add up to 1. Chances of nothing
// become very small ones, since the score takes their logarithms.
absl::StatusOr<linkage::NullModel> NullModelFromWire(const linkage::Profile& profile,
                                                     const v1::NullModel& message);

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_NULL_MODEL_WIRE_H_
