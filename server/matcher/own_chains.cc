// One pass over the own matches, one over those between the records that they are with.
#include "server/matcher/own_chains.h"

#include <algorithm>
#include <cstddef>

namespace raakvlak::matcher {
namespace {

// What an agency sees of a group.
struct View {
  std::uint32_t own_record = 0;
  // Its matches; 0: it has no part in the group.
  std::uint32_t matches = 0;
  // Matches between the records of others that it is matched with.
  std::uint32_t between = 0;
};

template <typename T>
void Cover(std::vector<T>& values, std::size_t position) {
  if (position >= values.size()) values.resize(std::max(position + 1, 2 * values.size()));
}

}  // namespace

absl::StatusOr<OwnChains> OwnChains::Find(common::FileSystem& fs, const RunDirectory& directory,
                                          int agency) {
  OwnChains found;
  std::vector<View> views;
  // Of others, matched with an own one.
  std::vector<bool> known;
  bool several = false;
  absl::Status status = ForEachStored<StoredPair>(
      fs, directory.Pairs(), kPairsMagic, [&](const StoredPair& pair) -> absl::Status {
        const bool is_first = pair.first_agency == agency;
        if (!is_first && pair.second_agency != agency) return absl::OkStatus();
        const std::uint32_t own = is_first ? pair.first_record : pair.second_record;
        const std::uint32_t other = is_first ? pair.second_record : pair.first_record;
        Cover(views, pair.group);
        Cover(found.chained_, pair.group);
        Cover(known, other);
        known[other] = true;
        View& view = views[pair.group];
        if (view.matches == 0) view.own_record = own;
        if (view.own_record != own) found.chained_[pair.group] = true;
        several = several || view.matches > 0;
        ++view.matches;
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  if (!several) return found;
  status = ForEachStored<StoredPair>(
      fs, directory.Pairs(), kPairsMagic, [&](const StoredPair& pair) -> absl::Status {
        if (pair.first_agency == agency || pair.second_agency == agency) return absl::OkStatus();
        if (pair.first_record >= known.size() || pair.second_record >= known.size()) {
          return absl::OkStatus();
        }
        if (known[pair.first_record] && known[pair.second_record]) ++views[pair.group].between;
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  for (std::size_t group = 0; group < views.size(); ++group) {
    const View& view = views[group];
    if (view.matches < 2) continue;
    const std::uint64_t all = std::uint64_t{view.matches} * (view.matches - 1) / 2;
    if (view.between < all) found.chained_[group] = true;
  }
  return found;
}

}  // namespace raakvlak::matcher
