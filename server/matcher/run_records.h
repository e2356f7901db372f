// The records of a run, as their agencies confirmed their values with each other: what the pairing
// and the matching stage work on. Where blocks are linked they are held in memory: 25 bytes a
// record and 24 a shared value.
#ifndef RAAKVLAK_SERVER_MATCHER_RUN_RECORDS_H_
#define RAAKVLAK_SERVER_MATCHER_RUN_RECORDS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "linkage/score/profile.h"
#include "linkage/types/identifier_type.h"
#include "server/common/fs.h"
#include "server/matcher/run_directory.h"

namespace raakvlak::matcher {

// What the stages know of the attempt. Names for messages; positions are those of the manifest.
struct StageContext {
  std::vector<std::string> agencies;
  std::vector<std::string> type_names;
  std::vector<linkage::IdentifierType> types;
  // For each type.
  std::vector<std::uint32_t> max_records_per_value;
  // 0 for none.
  std::uint64_t overlap_ceiling = 0;
  // The run links blocks: how records that meet in one are compared. No fields otherwise.
  linkage::Profile profile;

  bool LinksBlocks() const { return !profile.fields.empty(); }
  bool IsBlock(std::size_t type) const { return linkage::IsBlockType(types[type]); }
};

// Two agencies one of which could not confirm a type.
struct UnconfirmedPair {
  int first = 0;
  int second = 0;
  int type = 0;
};

// All records of the run, agency after agency.
struct RunRecords {
  std::vector<std::uint8_t> agency_of;
  std::vector<Handle> handles;
  // Values of record r: values[offsets[r]] up to values[offsets[r + 1]], in order of (type, tag).
  std::vector<std::size_t> offsets = {0};
  std::vector<StoredValue> values;

  std::span<const StoredValue> Of(std::uint32_t record) const {
    return std::span(values).subspan(offsets[record], offsets[record + 1] - offsets[record]);
  }
};

// Visits what the agencies uploaded, agency after agency, without what either side of a pair could
// not confirm; an error of `visit` ends it.
absl::Status ForEachRecord(
    common::FileSystem& fs, const RunDirectory& directory, const StageContext& context,
    std::span<const UnconfirmedPair> unconfirmed,
    const std::function<absl::Status(std::uint8_t agency, const StoredRecord&)>& visit);

// The same, to be held in memory.
absl::StatusOr<RunRecords> LoadRecords(common::FileSystem& fs, const RunDirectory& directory,
                                       const StageContext& context,
                                       std::span<const UnconfirmedPair> unconfirmed);

// Values that both records have, confirmed by both sides, in order of (type, tag).
void ForEachAgreed(const RunRecords& records, std::uint32_t first, std::uint32_t second,
                   const std::function<void(const StoredValue&)>& visit);

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_RUN_RECORDS_H_
