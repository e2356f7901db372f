// What a coordinator may read of a run: matches, counts and groups, with small counts suppressed so
// that nothing published brings them back. Nothing but scratch files is read or written, and memory
// does not grow with the matches beyond 16 bytes a group and 4 a record.
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
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "linkage/match/overlap.h"
#include "linkage/match/pairing.h"
#include "linkage/types/identifier_type.h"
#include "server/matcher/report_groups.h"
#include "server/matcher/run_directory.h"
#include "server/matcher/scratch.h"

namespace raakvlak::matcher {

// A pair of records that both agencies accepted under the same reference.
struct AgreedMatch {
  // Positions in the run, first < second.
  std::uint8_t first_agency = 0;
  std::uint8_t second_agency = 0;
  // 1 to kReferenceChars characters.
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
  // True if any match is listed.
  bool lists_matches = false;
  // References of two agencies that are left out whole because a steward judged so.
  std::uint64_t dismissed = 0;
};

// Add() every match, Count(), then ForEachMatch(), each of the latter once. Several pairs of
// records may have one reference (an agency has the value in two records); they are one match,
// since how many there are is nobody else's business. Not thread-safe. Errors are those of the
// scratch files.
class ReportBuilder {
 public:
  // `types` are the run's, in order; `directory` as for Scratch.
  static absl::StatusOr<std::unique_ptr<ReportBuilder>> Create(
      common::FileSystem& fs, const std::string& directory, int agencies,
      std::span<const linkage::IdentifierType> types, std::uint64_t minimum_count);

  // In any order; each pair of records once. One that a steward judged no match is left out, and
  // counts as dismissed if no other pair stands for its reference. InvalidArgument for agencies or
  // a reference that cannot be.
  absl::Status Add(const AgreedMatch& match);
  // `reported` gets the reference of every match, listed or not, in order of agencies and
  // reference; its error ends the counting.
  absl::StatusOr<Report> Count(const std::function<absl::Status(std::string_view)>& reported);
  // The listed matches by agencies, strength (strongest first), reference.
  absl::Status ForEachMatch(const std::function<absl::Status(const Report::Match&)>& visit);

 private:
  struct Reference;
  class Merger;

  ReportBuilder(std::unique_ptr<Scratch> scratch, int agencies,
                std::span<const linkage::IdentifierType> types, std::uint64_t minimum_count);
  bool IsListed(int first_agency, int second_agency, linkage::Strength strength) const;
  absl::Status Merge(const std::function<absl::Status(std::string_view)>& reported);
  void CountCells();
  absl::StatusOr<ReportGroups> Groups() const;
  absl::Status CountGroups();

  const std::unique_ptr<Scratch> scratch_;
  const int agencies_;
  const std::uint64_t minimum_count_;
  std::set<linkage::Strength> strengths_;
  // Types that are no blocks.
  linkage::AgreedTypes exact_ = 0;
  std::unique_ptr<common::ExternalSorter> by_reference_;
  std::unique_ptr<common::ExternalSorter> by_strength_;
  // One more than the largest position of a record.
  std::size_t records_ = 0;
  // Matches by agencies and strength.
  std::vector<std::uint64_t> counts_;
  Report report_;
  // Groups are formed within each two agencies.
  bool split_ = false;
  // Kinds of group that are shown.
  std::set<linkage::AgencyMask> shown_;
};

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_REPORT_H_
