// Union-find with path halving; the smaller record is always the root, so that the outcome does
// not depend on the order of the pairs.
#include "linkage/match/grouping.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace raakvlak::linkage {

Grouping GroupPairs(std::span<const std::uint8_t> agency_of, std::span<const RecordPair> pairs) {
  constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  std::vector<std::uint32_t> parent(agency_of.size());
  std::iota(parent.begin(), parent.end(), 0U);
  auto find = [&](std::uint32_t r) {
    while (parent[r] != r) {
      parent[r] = parent[parent[r]];
      r = parent[r];
    }
    return r;
  };
  std::vector<bool> linked(agency_of.size(), false);
  for (const RecordPair& pair : pairs) {
    const std::uint32_t a = find(pair.first);
    const std::uint32_t b = find(pair.second);
    parent[std::max(a, b)] = std::min(a, b);
    linked[pair.first] = linked[pair.second] = true;
  }

  Grouping result;
  std::vector<std::uint32_t> group_of_root(agency_of.size(), kNone);
  for (std::uint32_t r = 0; r < agency_of.size(); ++r) {
    if (!linked[r]) continue;
    std::uint32_t& group = group_of_root[find(r)];
    if (group == kNone) {
      group = static_cast<std::uint32_t>(result.groups.size());
      result.groups.emplace_back();
    }
    result.groups[group].agencies |= AgencyMask{1} << agency_of[r];
    ++result.groups[group].records;
  }
  result.group_of_pair.reserve(pairs.size());
  for (const RecordPair& pair : pairs) {
    const std::uint32_t group = group_of_root[find(pair.first)];
    result.group_of_pair.push_back(group);
    ++result.groups[group].pairs;
  }
  for (RecordGroup& group : result.groups) {
    group.chained = group.pairs < group.records * (group.records - 1) / 2;
  }
  return result;
}

}  // namespace raakvlak::linkage
