// Which records of two agencies are worth comparing: those that meet in a block, each pair once, in
// the smallest block that it shares (linkage.md, "Encodings"), so that few encodings leave a node.
//
// Pure functions, thread safe. Deterministic. No pair beyond the limits is ever held: time and
// memory grow with the values, the pairs kept and, for each record, its blocks times the block cap.
#ifndef RAAKVLAK_LINKAGE_SCORE_CANDIDATES_H_
#define RAAKVLAK_LINKAGE_SCORE_CANDIDATES_H_

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace raakvlak::linkage {

// A block: a planned key's type (position among the run's) and the tag of a value of it.
struct BlockId {
  std::uint8_t type = 0;
  std::array<std::uint8_t, 16> tag{};

  friend auto operator<=>(const BlockId&, const BlockId&) = default;
};

// That a record sits in a block which its agency and the counterpart share.
struct BlockMember {
  BlockId block;
  std::uint32_t record = 0;
};

struct CandidateLimits {
  // A block with more records than this at one of the two agencies is skipped: it tells nobody
  // apart.
  std::uint32_t block_cap = 10;
  // Of each record, on either side, only so many pairs are kept: those that share most blocks, then
  // those in the smallest.
  std::uint32_t max_pairs_per_record = 100;
  // Of the two agencies in all.
  std::uint64_t max_pairs = 20'000'000;
};

struct BlockPair {
  BlockId block;
  std::uint32_t a = 0;
  std::uint32_t b = 0;

  friend auto operator<=>(const BlockPair&, const BlockPair&) = default;
};

struct CandidateSelection {
  // In order of (block, a, b); each (a, b) once.
  std::vector<BlockPair> pairs;
  // Shared blocks skipped by the cap, and pairs left out by the limit a record.
  std::uint64_t skipped_blocks = 0;
  std::uint64_t skipped_pairs = 0;
};

// `a` and `b` are the members of both agencies, in any order; a record twice in one block counts
// once. nullopt where more than max_pairs pairs would be kept.
std::optional<CandidateSelection> SelectCandidates(std::vector<BlockMember> a,
                                                   std::vector<BlockMember> b,
                                                   const CandidateLimits& limits);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_SCORE_CANDIDATES_H_
