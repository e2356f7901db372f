// The groups of a report's listed matches: which records they join, part after part. Memory: 4
// bytes a record of the run and 12 a group of the part.
#ifndef RAAKVLAK_SERVER_MATCHER_REPORT_GROUPS_H_
#define RAAKVLAK_SERVER_MATCHER_REPORT_GROUPS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/base/bytes.h"
#include "linkage/match/components.h"
#include "linkage/match/overlap.h"
#include "linkage/types/identifier_type.h"
#include "server/matcher/scratch.h"

namespace raakvlak::matcher {

// Two records under one reference, as they lie in a scratch file.
struct LinkedPair {
  std::uint8_t first_agency = 0;
  std::uint8_t second_agency = 0;
  // Of the match.
  linkage::Strength strength = linkage::Strength::kPossible;
  std::uint32_t first = 0;
  std::uint32_t second = 0;
};
crypto::Bytes Encode(const LinkedPair& pair);

// Not thread-safe.
class ReportGroups {
 public:
  struct Group {
    linkage::AgencyMask agencies = 0;
    std::uint32_t records = 0;
    std::uint32_t pairs = 0;

    // Some two records of the group are not linked directly.
    bool chained() const {
      return pairs < std::uint64_t{records} * (std::uint64_t{records} - 1) / 2;
    }
  };
  // What of the pairs counts.
  using Filter = std::function<bool(const LinkedPair&)>;

  // Of the pairs in the scratch file `name`, in order of agencies; `records` is more than the
  // position of any. With `split` a part are the pairs of two agencies, otherwise all.
  static absl::StatusOr<ReportGroups> Open(const Scratch& scratch, std::string_view name,
                                           std::size_t records, bool split, Filter filter);
  ReportGroups(ReportGroups&&) noexcept;
  ~ReportGroups();

  // Forms the groups of the next part; false after the last one. DataLoss for a damaged file.
  absl::StatusOr<bool> Next();
  // Of the part, in order of the smallest record.
  const std::vector<Group>& groups() const { return groups_; }
  // The position of a record's group; of a record in a pair of the part that counts.
  std::uint32_t GroupOf(std::uint32_t record) const { return components_.NumberOf(record); }
  // The agencies of the part's last pair: those of the part, where they are split.
  std::pair<int, int> part() const { return part_; }

 private:
  class Cursor;
  ReportGroups(std::size_t records, Filter filter);

  std::size_t records_;
  Filter filter_;
  // Each part is read twice.
  std::unique_ptr<Cursor> linking_;
  std::unique_ptr<Cursor> counting_;
  linkage::RecordComponents components_{0};
  std::vector<Group> groups_;
  std::pair<int, int> part_;
};

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_REPORT_GROUPS_H_
