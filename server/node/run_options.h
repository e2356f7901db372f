// What a node's configuration decides about its runs.
#ifndef RAAKVLAK_SERVER_NODE_RUN_OPTIONS_H_
#define RAAKVLAK_SERVER_NODE_RUN_OPTIONS_H_

#include <cstddef>
#include <string>

#include "absl/time/time.h"
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
  std::size_t memory_bytes = std::size_t{64} << 20;
  SourceFile source;
  // How long a peer may stay away before this node declines the run and names it, so that the
  // matcher can offer an attempt without it.
  absl::Duration peer_patience = absl::Minutes(5);
  // Results kept, besides what the purposes' ends destroy.
  int keep_results = 30;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_RUN_OPTIONS_H_
