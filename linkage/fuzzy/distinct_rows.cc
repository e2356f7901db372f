// Records that agree in three rare values.
#include "linkage/fuzzy/distinct_rows.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "linkage/fuzzy/component_table.h"

namespace raakvlak::linkage {
namespace {

// Fields that say most, of which triples are tried.
constexpr std::size_t kMostFields = 6;
// A field that says less is no third agreement: namesakes born on one day have one gender, mostly.
constexpr double kLeastBits = 4;
// One false agreement in a thousand records.
constexpr double kBitsAboveFile = 10;

bool SharedByFamilies(FieldKind kind) {
  return kind == FieldKind::kAddress || kind == FieldKind::kPhone || kind == FieldKind::kPostcode ||
         kind == FieldKind::kPlace;
}

struct Field {
  ComponentColumn column;
  bool family = false;
};

std::vector<Field> TellingFields(const Profile& profile, const RecordTable& table,
                                 std::size_t rows) {
  std::vector<Field> fields;
  for (std::size_t f = 0; f < profile.fields.size(); ++f) {
    Component whole;
    whole.field = static_cast<std::uint16_t>(f);
    ComponentColumn column = MakeComponentColumn(profile, table, whole, rows);
    if (column.collision_bits < kLeastBits) continue;
    fields.push_back({std::move(column), SharedByFamilies(profile.fields[f].kind)});
  }
  std::stable_sort(fields.begin(), fields.end(), [](const Field& a, const Field& b) {
    return a.column.collision_bits > b.column.collision_bits;
  });
  if (fields.size() > kMostFields) fields.resize(kMostFields);
  return fields;
}

// Marks all but the first record of each value of the three together.
void MarkRepeats(const Field& x, const Field& y, const Field& z, double least,
                 std::vector<std::uint8_t>* repeated) {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> seen;
  for (std::size_t row = 0; row < repeated->size(); ++row) {
    std::uint64_t h = 0;
    double bits = 0;
    bool complete = true;
    for (const Field* f : {&x, &y, &z}) {
      const std::uint64_t v = f->column.hash[row];
      complete &= v != 0;
      h = (h ^ v) * 0x9e3779b97f4a7c15ull;
      h ^= h >> 31;
      bits += f->column.bits[row];
    }
    if (complete && bits >= least) seen.emplace_back(h, static_cast<std::uint32_t>(row));
  }
  std::sort(seen.begin(), seen.end());
  for (std::size_t i = 1; i < seen.size(); ++i) {
    if (seen[i].first == seen[i - 1].first) (*repeated)[seen[i].second] = 1;
  }
}

}  // namespace

RecordTable DistinctRows(const Profile& profile, const RecordTable& table, std::size_t max_rows) {
  const std::size_t rows = std::min(table.rows(), max_rows);
  std::vector<std::uint8_t> repeated(rows);
  const std::vector<Field> fields = TellingFields(profile, table, rows);
  const double least =
      std::log2(static_cast<double>(std::max<std::size_t>(rows, 1))) + kBitsAboveFile;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    for (std::size_t j = i + 1; j < fields.size(); ++j) {
      for (std::size_t k = j + 1; k < fields.size(); ++k) {
        if (fields[i].family + fields[j].family + fields[k].family > 1) continue;
        MarkRepeats(fields[i], fields[j], fields[k], least, &repeated);
      }
    }
  }
  RecordTable out;
  for (const auto& column : table.columns) {
    std::vector<std::string>& kept = out.columns.emplace_back();
    kept.reserve(rows);
    for (std::size_t row = 0; row < rows; ++row) {
      if (repeated[row] == 0) kept.push_back(column[row]);
    }
  }
  return out;
}

}  // namespace raakvlak::linkage
