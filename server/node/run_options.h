// What a node's configuration decides about its runs.
#ifndef RAAKVLAK_SERVER_NODE_RUN_OPTIONS_H_
#define RAAKVLAK_SERVER_NODE_RUN_OPTIONS_H_

#include <cstddef>
#include <string>

#include "server/node/evaluation_options.h"

namespace raakvlak::node {

// A file that the node reads by itself when a run begins; empty path: none.
struct SourceFile {
  std::string path;
  std::string schema_path;
  std::string label;
};

struct RunStepsOptions {
  EvaluationOptions evaluation;
  // Sorting memory of a run, in all.
  std::size_t memory_bytes = std::size_t{256} << 20;
  SourceFile source;
  // Results kept, besides what the purposes' ends destroy.
  int keep_results = 30;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_RUN_OPTIONS_H_
