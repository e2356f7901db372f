// Reading and comparing.
#include "server/matcher/run_records.h"

#include <cstddef>
#include <tuple>
#include <vector>

namespace raakvlak::matcher {

using linkage::AgencyMask;

absl::Status ForEachRecord(
    common::FileSystem& fs, const RunDirectory& directory, const StageContext& context,
    std::span<const UnconfirmedPair> unconfirmed,
    const std::function<absl::Status(std::uint8_t agency, const StoredRecord&)>& visit) {
  const std::size_t n = context.agencies.size();
  // dropped[agency][type]: counterparts whose confirmation failed, whichever side said so.
  std::vector<std::vector<AgencyMask>> dropped(n, std::vector<AgencyMask>(context.types.size(), 0));
  for (const UnconfirmedPair& pair : unconfirmed) {
    const auto first = static_cast<std::size_t>(pair.first);
    const auto second = static_cast<std::size_t>(pair.second);
    const auto type = static_cast<std::size_t>(pair.type);
    if (first >= n || second >= n || type >= context.types.size()) {
      return absl::InternalError("an unconfirmed pair is not of the run");
    }
    dropped[first][type] |= AgencyMask{1} << second;
    dropped[second][type] |= AgencyMask{1} << first;
  }
  for (std::size_t agency = 0; agency < n; ++agency) {
    absl::Status status = ForEachStored<StoredRecord>(
        fs, directory.Records(static_cast<int>(agency)), kRecordsMagic,
        [&](StoredRecord& record) -> absl::Status {
          for (StoredValue& value : record.values) {
            if (value.type >= context.types.size()) {
              return absl::DataLossError("a stored record has an unknown type");
            }
            value.counterparts &= ~dropped[agency][value.type];
          }
          std::erase_if(record.values,
                        [](const StoredValue& value) { return value.counterparts == 0; });
          return visit(static_cast<std::uint8_t>(agency), record);
        });
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<RunRecords> LoadRecords(common::FileSystem& fs, const RunDirectory& directory,
                                       const StageContext& context,
                                       std::span<const UnconfirmedPair> unconfirmed) {
  RunRecords records;
  absl::Status status = ForEachRecord(
      fs, directory, context, unconfirmed, [&](std::uint8_t agency, const StoredRecord& record) {
        records.agency_of.push_back(agency);
        records.handles.push_back(record.handle);
        records.values.insert(records.values.end(), record.values.begin(), record.values.end());
        records.offsets.push_back(records.values.size());
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  return records;
}

void ForEachAgreed(const RunRecords& records, std::uint32_t first, std::uint32_t second,
                   const std::function<void(const StoredValue&)>& visit) {
  const std::span<const StoredValue> x = records.Of(first);
  const std::span<const StoredValue> y = records.Of(second);
  const std::uint8_t of_x = records.agency_of[first];
  const std::uint8_t of_y = records.agency_of[second];
  for (std::size_t i = 0, j = 0; i < x.size() && j < y.size();) {
    const auto a = std::tie(x[i].type, x[i].tag);
    const auto b = std::tie(y[j].type, y[j].tag);
    if (a < b) {
      ++i;
    } else if (b < a) {
      ++j;
    } else {
      if ((x[i].counterparts >> of_y & 1) != 0 && (y[j].counterparts >> of_x & 1) != 0) visit(x[i]);
      ++i;
      ++j;
    }
  }
}

}  // namespace raakvlak::matcher
