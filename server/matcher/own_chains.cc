// One pass over the own matches.
#include "server/matcher/own_chains.h"

#include <algorithm>
#include <cstddef>

namespace raakvlak::matcher {
namespace {

// Of which agencies a record is matched with a record: a bit each.
using Agencies = std::uint32_t;

template <typename T>
void Cover(std::vector<T>& values, std::size_t position) {
  if (position >= values.size()) values.resize(std::max(position + 1, 2 * values.size()));
}

}  // namespace

absl::StatusOr<OwnChains> OwnChains::Find(common::FileSystem& fs, const RunDirectory& directory,
                                          int agency) {
  OwnChains found;
  std::vector<Agencies> matched;
  // Whether it has one of that agency already.
  const auto again = [&](std::uint32_t record, int of) {
    const Agencies bit = Agencies{1} << of;
    const bool had = (matched[record] & bit) != 0;
    matched[record] |= bit;
    return had;
  };
  absl::Status status = ForEachStored<StoredPair>(
      fs, directory.Pairs(), kPairsMagic, [&](const StoredPair& pair) -> absl::Status {
        if (pair.first_agency != agency && pair.second_agency != agency) return absl::OkStatus();
        Cover(found.chained_, pair.group);
        Cover(matched, std::max(pair.first_record, pair.second_record));
        const bool first = again(pair.first_record, pair.second_agency);
        const bool second = again(pair.second_record, pair.first_agency);
        if (first || second) found.chained_[pair.group] = true;
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  return found;
}

}  // namespace raakvlak::matcher
