// What the nodes of a real run wrote down (server/node/capture.h): the truth about a real matcher's
// capture, and what an agency adds that colludes. Pure functions.
#ifndef RAAKVLAK_BENCH_ATTACKS_NODE_CAPTURE_H_
#define RAAKVLAK_BENCH_ATTACKS_NODE_CAPTURE_H_

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/attacks/capture.h"

namespace raakvlak::bench {

struct NodeCapture {
  std::map<std::string, std::uint32_t> rows;  // by the name under which a record was handed in
  BlockKeys keys;                             // of the pairs of this agency
};

// Of the agency at place `agency` of the run. InvalidArgument with the line number.
absl::StatusOr<NodeCapture> ReadNodeCapture(std::istream& in, std::uint16_t agency);

// The capture with records named by their row in the agency's file, as in a simulated one; blocks
// keep the records that were encoded. One node capture an agency, in the run's order.
// FailedPrecondition if a record that was encoded is in none of them.
absl::StatusOr<Capture> NamedByRow(const Capture& capture, const std::vector<NodeCapture>& nodes);

}  // namespace raakvlak::bench

#endif  // RAAKVLAK_BENCH_ATTACKS_NODE_CAPTURE_H_
