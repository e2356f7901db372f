// Components, and what can be counted of each.
#include "linkage/match/grouping.h"

#include "linkage/match/components.h"

namespace raakvlak::linkage {

Grouping GroupPairs(std::span<const std::uint8_t> agency_of, std::span<const RecordPair> pairs) {
  RecordComponents components(agency_of.size());
  for (const RecordPair& pair : pairs) components.Link(pair.first, pair.second);

  Grouping result;
  result.groups.resize(components.Number());
  for (std::uint32_t r = 0; r < agency_of.size(); ++r) {
    if (!components.IsLinked(r)) continue;
    RecordGroup& group = result.groups[components.NumberOf(r)];
    group.agencies |= AgencyMask{1} << agency_of[r];
    ++group.records;
  }
  result.group_of_pair.reserve(pairs.size());
  for (const RecordPair& pair : pairs) {
    const std::uint32_t group = components.NumberOf(pair.first);
    result.group_of_pair.push_back(group);
    ++result.groups[group].pairs;
  }
  for (RecordGroup& group : result.groups) {
    group.chained = group.pairs < group.records * (group.records - 1) / 2;
  }
  return result;
}

}  // namespace raakvlak::linkage
