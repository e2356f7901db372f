// Counting component values and turning counts into bits.
#include "linkage/fuzzy/component_table.h"

#include <algorithm>
#include <cmath>

namespace raakvlak::linkage {

std::uint64_t LocalHash(std::string_view value) {
  std::uint64_t h = 0xcbf29ce484222325ull;
  for (char c : value) {
    h ^= static_cast<unsigned char>(c);
    h *= 0x100000001b3ull;
  }
  h ^= h >> 32;
  h *= 0x9e3779b97f4a7c15ull;
  h ^= h >> 29;
  return h == 0 ? 1 : h;
}

ComponentColumn MakeComponentColumn(const Profile& profile, const RecordTable& table,
                                    const Component& component, std::size_t max_rows) {
  ComponentColumn column;
  const std::size_t rows = std::min(table.rows(), max_rows);
  column.hash.resize(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    const std::string value = ComponentValue(profile, table, i, component);
    column.hash[i] = value.empty() ? 0 : LocalHash(value);
  }
  EstimateRarity(column);
  return column;
}

void EstimateRarity(ComponentColumn& column) {
  const std::size_t rows = column.hash.size();
  column.bits.assign(rows, 0.0f);
  std::vector<std::uint64_t> sorted;
  sorted.reserve(rows);
  for (std::uint64_t h : column.hash) {
    if (h != 0) sorted.push_back(h);
  }
  const double n = static_cast<double>(sorted.size());
  column.present = rows == 0 ? 0 : n / static_cast<double>(rows);
  column.collision_bits = 0;
  if (sorted.size() < 2) return;
  std::sort(sorted.begin(), sorted.end());
  // Distinct values with counts.
  std::vector<std::uint64_t> values;
  std::vector<std::uint32_t> counts;
  for (std::size_t i = 0; i < sorted.size();) {
    std::size_t j = i;
    while (j < sorted.size() && sorted[j] == sorted[i]) ++j;
    values.push_back(sorted[i]);
    counts.push_back(static_cast<std::uint32_t>(j - i));
    i = j;
  }
  double mean = 0;
  double square = 0;
  for (std::uint32_t c : counts) {
    const double others = c - 1.0;
    mean += c * others;
    square += c * others * others;
  }
  mean /= n;
  square /= n;
  // Half a pair for a column in which nobody agrees.
  mean = std::max(mean, 1.0 / n);
  const double collision = mean / (n - 1);
  column.collision_bits = -std::log2(std::min(1.0, collision));
  const double variance = std::max(0.0, square - mean * mean);
  const double excess = variance - mean;
  const double shape = excess > 0 ? std::clamp(mean * mean / excess, 0.02, 1000.0) : 1000.0;
  const double rate = shape / collision;
  column.chance_a_holder = 1 / (n - 1 + rate);
  std::vector<float> bits(counts.size());
  for (std::size_t k = 0; k < counts.size(); ++k) {
    const double chance = (counts[k] - 1.0 + shape) / (n - 1 + rate);
    bits[k] = static_cast<float>(-std::log2(std::min(1.0, chance)));
  }
  for (std::size_t i = 0; i < rows; ++i) {
    if (column.hash[i] == 0) continue;
    const auto it = std::lower_bound(values.begin(), values.end(), column.hash[i]);
    column.bits[i] = bits[static_cast<std::size_t>(it - values.begin())];
  }
}

}  // namespace raakvlak::linkage
