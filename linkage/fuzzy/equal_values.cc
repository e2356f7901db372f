// Columns of whole values; sorting rows by two of them.
#include "linkage/fuzzy/equal_values.h"

#include <algorithm>
#include <utility>

namespace raakvlak::linkage {
namespace {

// Fields that say most, of which pairs are tried.
constexpr std::size_t kMostFields = 6;
constexpr double kLeastBits = 4;
constexpr std::size_t kMostHolders = 10;

bool SharedByFamilies(FieldKind kind) {
  return kind == FieldKind::kAddress || kind == FieldKind::kPhone || kind == FieldKind::kPostcode ||
         kind == FieldKind::kPlace;
}

void Order(std::vector<WholeValues>& fields) {
  for (WholeValues& f : fields) f.telling = f.column.collision_bits >= kLeastBits;
  std::stable_sort(fields.begin(), fields.end(), [](const WholeValues& a, const WholeValues& b) {
    return a.column.collision_bits > b.column.collision_bits;
  });
}

}  // namespace

std::vector<WholeValues> MakeWholeValues(const Profile& profile, const RecordTable& table,
                                         std::size_t rows) {
  std::vector<WholeValues> fields;
  for (std::size_t f = 0; f < profile.fields.size(); ++f) {
    Component whole;
    whole.field = static_cast<std::uint16_t>(f);
    WholeValues& values = fields.emplace_back();
    values.field = f;
    values.column = MakeComponentColumn(profile, table, whole, rows);
    values.family = SharedByFamilies(profile.fields[f].kind);
  }
  Order(fields);
  return fields;
}

void EstimateRarities(std::vector<WholeValues>& fields, const std::vector<std::uint8_t>& repeated) {
  // In the order of the profile, so that of equal fields the same comes first.
  std::sort(fields.begin(), fields.end(),
            [](const WholeValues& a, const WholeValues& b) { return a.field < b.field; });
  for (WholeValues& f : fields) EstimateRarity(f.column, repeated);
  Order(fields);
}

void ForEachAgreeing(const std::vector<WholeValues>& fields,
                     const std::vector<std::uint8_t>& left_out,
                     const std::function<void(std::span<const std::uint32_t>)>& visit) {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> seen;
  std::vector<std::uint32_t> rows;
  const auto visit_agreeing = [&](const WholeValues& x, const WholeValues& y) {
    seen.clear();
    for (std::size_t row = 0; row < x.column.hash.size(); ++row) {
      const std::uint64_t u = x.column.hash[row];
      const std::uint64_t v = y.column.hash[row];
      if (u == 0 || v == 0 || (row < left_out.size() && left_out[row] != 0)) continue;
      std::uint64_t h = (u ^ (v >> 32 | v << 32)) * 0x9e3779b97f4a7c15ull;
      h ^= h >> 31;
      seen.emplace_back(h, static_cast<std::uint32_t>(row));
    }
    std::sort(seen.begin(), seen.end());
    for (std::size_t i = 0; i < seen.size();) {
      rows.clear();
      std::size_t end = i;
      for (; end < seen.size() && seen[end].first == seen[i].first; ++end) {
        rows.push_back(seen[end].second);
      }
      if (rows.size() >= 2 && rows.size() <= kMostHolders) visit(rows);
      i = end;
    }
  };
  for (std::size_t i = 0; i < std::min(fields.size(), kMostFields); ++i) {
    for (std::size_t j = i + 1; j < std::min(fields.size(), kMostFields); ++j) {
      if (!fields[i].telling || !fields[j].telling) continue;
      if (fields[i].family && fields[j].family) continue;
      visit_agreeing(fields[i], fields[j]);
    }
  }
}

}  // namespace raakvlak::linkage
