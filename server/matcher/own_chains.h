// Which matches of an agency are part of a chain (A like B, B like C, A unlike C), as far as that
// agency may know: of others' records it is told nothing but of those that its own are matched
// with.
//
// A group is marked where it holds several records of the agency, which no match links, or where
// not all of the records that its one record is matched with are matched with each other. What lies
// beyond those, so whether a third agency knows the subject, does not show: a match that is the
// whole of what the agency sees of a group bears no mark. The coordinator's report marks by the
// whole group (report_groups.h).
#ifndef RAAKVLAK_SERVER_MATCHER_OWN_CHAINS_H_
#define RAAKVLAK_SERVER_MATCHER_OWN_CHAINS_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "server/common/fs.h"
#include "server/matcher/run_directory.h"

namespace raakvlak::matcher {

// Immutable once found. Memory: a bit a group; while it is being found, 12 bytes a group and a bit
// a record of the run.
class OwnChains {
 public:
  // Reads the file of pairs once, or twice where a group could be marked. `agency` is a position in
  // the run. Errors are those of the file.
  static absl::StatusOr<OwnChains> Find(common::FileSystem& fs, const RunDirectory& directory,
                                        int agency);
  // Of StoredPair::group.
  bool IsChained(std::uint32_t group) const { return group < chained_.size() && chained_[group]; }

 private:
  std::vector<bool> chained_;
};

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_OWN_CHAINS_H_
