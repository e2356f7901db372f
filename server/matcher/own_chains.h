// Which matches of an agency are part of a chain (A like B, B like C, A unlike C) that the agency
// can see in its own matches alone: several of its records are matched with one of a counterpart,
// or one of its records with several of one counterpart. Such records no match links to each other.
//
// Of matches between others it is told nothing, the lack of one included, so a chain that takes a
// third agency's match to see bears no mark. The coordinator's report marks by the whole group
// (report_groups.h).
#ifndef RAAKVLAK_SERVER_MATCHER_OWN_CHAINS_H_
#define RAAKVLAK_SERVER_MATCHER_OWN_CHAINS_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "server/common/fs.h"
#include "server/matcher/run_directory.h"

namespace raakvlak::matcher {

// Immutable once found. Memory: a bit a group; while it is being found, 4 bytes a record of the
// run.
class OwnChains {
 public:
  // Reads the file of pairs once. `agency` is a position in the run. Errors are those of the file.
  static absl::StatusOr<OwnChains> Find(common::FileSystem& fs, const RunDirectory& directory,
                                        int agency);
  // Of StoredPair::group.
  bool IsChained(std::uint32_t group) const { return group < chained_.size() && chained_[group]; }

 private:
  std::vector<bool> chained_;
};

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_OWN_CHAINS_H_
