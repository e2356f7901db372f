// Candidate pairs by two equal values, judged by all telling fields.
#include "linkage/fuzzy/distinct_rows.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "linkage/fuzzy/component_table.h"
#include "linkage/fuzzy/encoder.h"

namespace raakvlak::linkage {
namespace {

// Fields that say most, of which pairs are tried.
constexpr std::size_t kMostFields = 6;
// A field that says less is no third agreement: namesakes born on one day have one gender, mostly.
constexpr double kLeastBits = 4;
// One false agreement in a thousand records.
constexpr double kBitsAboveFile = 10;
// Two equal values held by more records than this are no sign of anything.
constexpr std::size_t kMostHolders = 10;
// A misspelt value says half of what an equal one does; one in sixteen is wholly another.
constexpr double kAlike = 0.6;
constexpr double kAlikeShare = 0.5;
constexpr double kDiffersBits = -4;
constexpr std::ptrdiff_t kEqualDigits = 6;

bool SharedByFamilies(FieldKind kind) {
  return kind == FieldKind::kAddress || kind == FieldKind::kPhone || kind == FieldKind::kPostcode ||
         kind == FieldKind::kPlace;
}

struct Field {
  std::size_t index = 0;
  ComponentColumn column;
  bool telling = false;
  bool family = false;
};

std::vector<Field> FieldsByBits(const Profile& profile, const RecordTable& table,
                                std::size_t rows) {
  std::vector<Field> fields;
  for (std::size_t f = 0; f < profile.fields.size(); ++f) {
    Component whole;
    whole.field = static_cast<std::uint16_t>(f);
    Field field;
    field.index = f;
    field.column = MakeComponentColumn(profile, table, whole, rows);
    field.telling = field.column.collision_bits >= kLeastBits;
    field.family = SharedByFamilies(profile.fields[f].kind);
    fields.push_back(std::move(field));
  }
  std::stable_sort(fields.begin(), fields.end(), [](const Field& a, const Field& b) {
    return a.column.collision_bits > b.column.collision_bits;
  });
  return fields;
}

bool Alike(FieldKind kind, std::string_view a, std::string_view b) {
  if (kind == FieldKind::kExact) return false;
  if (kind != FieldKind::kDate) return BigramOverlap(a, b) >= kAlike;
  std::ptrdiff_t equal = 0;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) equal += a[i] == b[i] ? 1 : 0;
  return equal >= kEqualDigits;
}

// True if two records agree so closely, in three fields at least, that chance is no explanation.
// Of what families share only the field that says most counts.
bool OneSubject(const Profile& profile, const RecordTable& table, const std::vector<Field>& fields,
                double least, std::size_t a, std::size_t b) {
  double bits = 0;
  double family = 0;
  int agree = 0;
  for (const Field& f : fields) {
    const std::uint64_t x = f.column.hash[a];
    const std::uint64_t y = f.column.hash[b];
    if (x == 0 || y == 0) continue;
    double says = 0;
    if (x == y) {
      says = f.column.bits[a];
    } else if (Alike(profile.fields[f.index].kind, table.columns[f.index][a],
                     table.columns[f.index][b])) {
      says = kAlikeShare * std::min(f.column.bits[a], f.column.bits[b]);
    } else {
      bits += kDiffersBits;
      continue;
    }
    if (!f.telling) continue;
    if (f.family) {
      family = std::max(family, says);
    } else {
      bits += says;
      ++agree;
    }
  }
  return agree + (family > 0 ? 1 : 0) >= 3 && bits + family >= least;
}

// Marks the later of two records of one subject, among those that agree in `x` and `y`.
void MarkRepeats(const Profile& profile, const RecordTable& table, const std::vector<Field>& fields,
                 double least, const Field& x, const Field& y,
                 std::vector<std::uint8_t>* repeated) {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> seen;
  for (std::size_t row = 0; row < repeated->size(); ++row) {
    const std::uint64_t u = x.column.hash[row];
    const std::uint64_t v = y.column.hash[row];
    if (u == 0 || v == 0) continue;
    std::uint64_t h = (u ^ (v >> 32 | v << 32)) * 0x9e3779b97f4a7c15ull;
    h ^= h >> 31;
    seen.emplace_back(h, static_cast<std::uint32_t>(row));
  }
  std::sort(seen.begin(), seen.end());
  for (std::size_t i = 0; i < seen.size();) {
    std::size_t end = i;
    while (end < seen.size() && seen[end].first == seen[i].first) ++end;
    for (std::size_t k = i; end - i <= kMostHolders && k < end; ++k) {
      std::uint8_t& later = (*repeated)[seen[k].second];
      // Also against what is left out itself: the third may be like the second alone.
      for (std::size_t j = i; j < k && later == 0; ++j) {
        if (OneSubject(profile, table, fields, least, seen[j].second, seen[k].second)) later = 1;
      }
    }
    i = end;
  }
}

}  // namespace

std::vector<std::uint8_t> RepeatedRows(const Profile& profile, const RecordTable& table,
                                       std::size_t max_rows) {
  const std::size_t rows = std::min(table.rows(), max_rows);
  std::vector<std::uint8_t> repeated(rows);
  const std::vector<Field> fields = FieldsByBits(profile, table, rows);
  const double least =
      std::log2(static_cast<double>(std::max<std::size_t>(rows, 1))) + kBitsAboveFile;
  for (std::size_t i = 0; i < std::min(fields.size(), kMostFields); ++i) {
    for (std::size_t j = i + 1; j < std::min(fields.size(), kMostFields); ++j) {
      if (!fields[i].telling || !fields[j].telling) continue;
      if (fields[i].family && fields[j].family) continue;
      MarkRepeats(profile, table, fields, least, fields[i], fields[j], &repeated);
    }
  }
  return repeated;
}

RecordTable DistinctRows(const Profile& profile, const RecordTable& table, std::size_t max_rows) {
  const std::vector<std::uint8_t> repeated = RepeatedRows(profile, table, max_rows);
  RecordTable out;
  for (const auto& column : table.columns) {
    std::vector<std::string>& kept = out.columns.emplace_back();
    kept.reserve(repeated.size());
    for (std::size_t row = 0; row < repeated.size(); ++row) {
      if (repeated[row] == 0) kept.push_back(column[row]);
    }
  }
  return out;
}

}  // namespace raakvlak::linkage
