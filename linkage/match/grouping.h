// Groups of records over all agencies: the connected components of the pairs.
#ifndef RAAKVLAK_LINKAGE_MATCH_GROUPING_H_
#define RAAKVLAK_LINKAGE_MATCH_GROUPING_H_

#include <cstdint>
#include <span>
#include <vector>

#include "linkage/match/overlap.h"
#include "linkage/match/pairing.h"

namespace raakvlak::linkage {

struct RecordGroup {
  AgencyMask agencies = 0;
  std::uint64_t records = 0;
  std::uint64_t pairs = 0;
  // Some two records of the group are not linked directly (A like B, B like C, A unlike C): the
  // chain effect. What holds for neighbours need not hold for the whole group.
  bool chained = false;
};

struct Grouping {
  // In order of the smallest record.
  std::vector<RecordGroup> groups;
  // For each pair, in the order given: the position of its group in `groups`.
  std::vector<std::uint32_t> group_of_pair;
};

// `agency_of[r]` is the agency of record r; every pair names existing records, and no pair stands
// twice. Records without a pair are in no group. Time nearly linear (union-find).
Grouping GroupPairs(std::span<const std::uint8_t> agency_of, std::span<const RecordPair> pairs);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_MATCH_GROUPING_H_
