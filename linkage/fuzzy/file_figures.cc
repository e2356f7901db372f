// Rounded figures of a file.
#include "linkage/fuzzy/file_figures.h"

#include <cmath>

#include "linkage/fuzzy/component_table.h"

namespace raakvlak::linkage {
namespace {

constexpr std::size_t kMaxRows = 50'000;

}  // namespace

FileFigures MeasureFile(const Profile& profile, const RecordTable& table) {
  FileFigures out;
  if (table.rows() < 2) return out;
  out.records = RoundedRecords(table.rows());
  for (const Component& c : ComponentsOf(profile)) {
    const ComponentColumn column = MakeComponentColumn(profile, table, c, kMaxRows);
    out.selectivity += static_cast<std::uint32_t>(std::lround(column.collision_bits * 10));
  }
  return out;
}

}  // namespace raakvlak::linkage
