// Rounded figures of a file.
#include "linkage/fuzzy/file_figures.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "linkage/fuzzy/component_table.h"
#include "linkage/fuzzy/distinct_rows.h"

namespace raakvlak::linkage {
namespace {

constexpr std::size_t kMaxRows = 50'000;

}  // namespace

FileFigures MeasureFile(const Profile& profile, const RecordTable& table, std::size_t records) {
  FileFigures out;
  if (table.rows() < 2) return out;
  const std::vector<std::uint8_t> repeated = RepeatedRows(profile, table, kMaxRows);
  const auto subjects = static_cast<double>(std::count(repeated.begin(), repeated.end(), 0));
  const double share = subjects / static_cast<double>(repeated.size());
  out.records = RoundedRecords(static_cast<std::uint64_t>(
      std::ceil(share * static_cast<double>(std::max(records, table.rows())))));
  for (const Component& c : ComponentsOf(profile)) {
    const ComponentColumn column = MakeComponentColumn(profile, table, c, kMaxRows, repeated);
    out.selectivity += static_cast<std::uint32_t>(std::lround(column.collision_bits * 10));
  }
  return out;
}

}  // namespace raakvlak::linkage
