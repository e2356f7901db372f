// What a coordinator may read of a run: matches, counts and groups, with small counts suppressed so
// that nothing published brings them back. Pure.
//
// - A cell is a pair of agencies and a strength. Cells below the minimum (zero included, so that a
//   miss looks like "not shared") are suppressed, and none of their matches is listed.
// - Groups are those of the listed matches alone. As long as all matches of some two agencies are
//   suppressed, they are formed within each two agencies only: a chain over a third agency would
//   tell of the links between those two.
// - Groups are counted by the agencies that they touch. The sums of these counts over all groups of
//   two agencies are known from the cells; secondary suppression takes that into account, and
//   that a kind of group which is not listed does not occur. A match in a suppressed kind of group
//   shows no group number.
// - No totals are published.
#ifndef RAAKVLAK_SERVER_MATCHER_REPORT_H_
#define RAAKVLAK_SERVER_MATCHER_REPORT_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "linkage/match/overlap.h"
#include "linkage/match/pairing.h"
#include "linkage/types/identifier_type.h"
#include "server/matcher/run_directory.h"

namespace raakvlak::matcher {

// A pair of records that both agencies accepted under the same reference.
struct AgreedMatch {
  // Positions in the run, first < second.
  std::uint8_t first_agency = 0;
  std::uint8_t second_agency = 0;
  std::string reference;
  linkage::AgreedTypes types = 0;
  // Positions among all records of the run.
  std::uint32_t first_record = 0;
  std::uint32_t second_record = 0;
  linkage::Strength strength = linkage::Strength::kPossible;
  // Agreement levels of the profile's fields; empty where the pair was not compared.
  std::vector<std::uint8_t> agreement = {};
  Decision first_decision = Decision::kUndecided;
  Decision second_decision = Decision::kUndecided;
};

struct Report {
  struct Cell {
    int first_agency = 0;
    int second_agency = 0;
    linkage::Strength strength = linkage::Strength::kPossible;
    // 0 when suppressed.
    std::uint64_t count = 0;
    bool suppressed = false;
  };
  struct GroupCell {
    linkage::AgencyMask agencies = 0;
    std::uint64_t count = 0;
    bool suppressed = false;
  };
  struct Match {
    std::string reference;
    int first_agency = 0;
    int second_agency = 0;
    linkage::Strength strength = linkage::Strength::kPossible;
    // Without block types: which of those agree is of the run alone.
    linkage::AgreedTypes types = 0;
    // As above; of the strongest pair of records under the reference.
    std::vector<std::uint8_t> agreement;
    Decision first_decision = Decision::kUndecided;
    Decision second_decision = Decision::kUndecided;
    // From 1; 0 where the kind of group is suppressed.
    std::uint64_t group = 0;
    bool chained = false;
  };
  // Every two agencies and every strength that the run's types, or likeness, can give, in order.
  std::vector<Cell> cells;
  // Kinds of group that occur, in order of the mask. Empty when no safe selection was found.
  std::vector<GroupCell> groups;
  // By agencies, strength (strongest first), reference.
  std::vector<Match> matches;
};

// `matches` may hold several pairs of records under one reference (an agency has the value in two
// records); they are one match, since how many there are is nobody else's business.
Report BuildReport(int agencies, std::span<const linkage::IdentifierType> types,
                   std::uint64_t minimum_count, std::vector<AgreedMatch> matches);

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_REPORT_H_
