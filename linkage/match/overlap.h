// Overlap of sorted tag sets: which agencies share each tag, by one streaming pass over all sets.
#ifndef RAAKVLAK_LINKAGE_MATCH_OVERLAP_H_
#define RAAKVLAK_LINKAGE_MATCH_OVERLAP_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "linkage/match/tag.h"

namespace raakvlak::linkage {

// Bit i stands for the i-th agency of the run.
using AgencyMask = std::uint32_t;
inline constexpr std::size_t kMaxAgencies = 32;

// One agency's set, handed out in blocks of any size. Not thread safe.
class TagSource {
 public:
  virtual ~TagSource() = default;
  // The next tags in strictly ascending order over all blocks; empty at the end. The span stays
  // valid until the next call.
  virtual absl::StatusOr<std::span<const Tag>> NextBlock() = 0;
};

// Called for each tag in ascending order with the agencies that hold it. An error ends the merge.
using OverlapVisitor = std::function<absl::Status(const Tag&, AgencyMask)>;

// Visits the tags that at least `at_least` of the sources hold. Time n log(number of sources);
// memory one block of each source. InvalidArgument for more than 32 sources; DataLoss, naming the
// position of the source, when one is not strictly ascending; else what a source or visitor said.
absl::Status MergeOverlap(std::span<TagSource* const> sources, int at_least,
                          const OverlapVisitor& visitor);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_MATCH_OVERLAP_H_
