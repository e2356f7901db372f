// How the evaluation pipeline divides its work (evaluation_pipeline.h).
#ifndef RAAKVLAK_SERVER_NODE_EVALUATION_OPTIONS_H_
#define RAAKVLAK_SERVER_NODE_EVALUATION_OPTIONS_H_

#include <cstddef>

namespace raakvlak::node {

struct EvaluationOptions {
  // Elements a chunk; 1 to 32,767.
  std::size_t chunk_size = 8192;
  // Chunks on their way at once; at least 1. Memory: about 300 bytes an element and evaluator.
  std::size_t in_flight = 4;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_EVALUATION_OPTIONS_H_
