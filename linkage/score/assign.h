// From scores to links: one-to-one between two agencies, and groups over many.
//
// Deterministic; O(n log n).
#ifndef RAAKVLAK_LINKAGE_SCORE_ASSIGN_H_
#define RAAKVLAK_LINKAGE_SCORE_ASSIGN_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "linkage/score/score_model.h"

namespace raakvlak::linkage {

// Indices of accepted pairs, best first. With `one_to_one` each record is used once, greedily by
// score; without, every pair at or above the threshold is accepted.
std::vector<std::size_t> Assign(const std::vector<CandidatePair>& pairs, double threshold,
                                bool one_to_one);

// A record of a run of several agencies.
struct RunRecord {
  std::uint16_t agency = 0;
  std::uint32_t record = 0;

  auto operator<=>(const RunRecord&) const = default;
};

// A scored candidate pair between two agencies, a.agency < b.agency.
struct ScoredLink {
  RunRecord a;
  RunRecord b;
  double score = 0;       // less the pair's threshold: 0 and up is a match
  bool accepted = false;  // survived Assign for that pair of agencies
};

struct LinkGroup {
  std::vector<RunRecord> members;  // sorted
  // Some two members were compared and judged different, though both resemble a third.
  bool disputed = false;
  // Some two members share no block and are in one group through others alone.
  bool indirect = false;
};

// Groups of two and more records that are one subject. Accepted links are taken best first; two
// groups become one only if the scores of all links between them sum to more than nothing, and,
// where `one_per_agency`, no agency would be in it twice. So a chain (A like B, B like C, A unlike
// C) is either refused or marked.
std::vector<LinkGroup> GroupLinks(std::vector<ScoredLink> links, bool one_per_agency);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_SCORE_ASSIGN_H_
