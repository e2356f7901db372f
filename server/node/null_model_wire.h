// A node's null model as the matcher gets it: the model's parameters, as they are.
//
// Pure function, thread safe.
#ifndef RAAKVLAK_SERVER_NODE_NULL_MODEL_WIRE_H_
#define RAAKVLAK_SERVER_NODE_NULL_MODEL_WIRE_H_

#include "linkage/score/null_model.h"
#include "raakvlak/v1/submission.pb.h"

namespace raakvlak::node {

v1::NullModel NullModelToWire(const linkage::NullModel& model);

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_NULL_MODEL_WIRE_H_
