// A node's null model over the wire, both ways: the node sends its parameters as they are, and what
// comes in is checked, since one agency's numbers decide with another's what counts as a match of
// the two.
//
// Pure functions, thread safe.
#ifndef RAAKVLAK_SERVER_COMMON_NULL_MODEL_WIRE_H_
#define RAAKVLAK_SERVER_COMMON_NULL_MODEL_WIRE_H_

#include "absl/status/statusor.h"
#include "linkage/score/null_model.h"
#include "linkage/score/profile.h"
#include "raakvlak/v1/submission.pb.h"

namespace raakvlak::common {

v1::NullModel NullModelToWire(const linkage::NullModel& model);

// InvalidArgument with what is wrong: another number of fields, levels or classes than the profile
// has, chances that are no numbers, negative, above 1, or do not add up to 1. Chances of nothing
// become very small ones, since the score takes their logarithms.
absl::StatusOr<linkage::NullModel> NullModelFromWire(const linkage::Profile& profile,
                                                     const v1::NullModel& message);

}  // namespace raakvlak::common

#endif  // RAAKVLAK_SERVER_COMMON_NULL_MODEL_WIRE_H_
