// Counting component values and turning counts into bits.
#include "linkage/fuzzy/component_table.h"

#include <algorithm>
#include <cmath>
#include <utility>

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
                                    const Component& component, std::size_t max_rows,
                                    const std::vector<std::uint8_t>& repeated) {
  ComponentColumn column;
  const std::size_t rows = std::min(table.rows(), max_rows);
  column.hash.resize(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    const std::string value = ComponentValue(profile, table, i, component);
    column.hash[i] = value.empty() ? 0 : LocalHash(value);
  }
  EstimateRarity(column, repeated);
  return column;
}

void EstimateRarity(ComponentColumn& column, const std::vector<std::uint8_t>& repeated) {
  const std::size_t rows = column.hash.size();
  column.bits.assign(rows, 0.0f);
  // Values, and whether the holder counts.
  std::vector<std::pair<std::uint64_t, bool>> sorted;
  sorted.reserve(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    const bool counts = i >= repeated.size() || repeated[i] == 0;
    if (column.hash[i] != 0) sorted.emplace_back(column.hash[i], counts);
  }
  column.present = rows == 0 ? 0 : static_cast<double>(sorted.size()) / static_cast<double>(rows);
  column.collision_bits = 0;
  std::sort(sorted.begin(), sorted.end());
  // Distinct values with counts; a value that only repeated records have is held by one subject.
  std::vector<std::uint64_t> values;
  std::vector<std::uint32_t> counts;
  double n = 0;
  for (std::size_t i = 0; i < sorted.size();) {
    std::uint32_t holders = 0;
    std::size_t j = i;
    for (; j < sorted.size() && sorted[j].first == sorted[i].first; ++j) {
      holders += sorted[j].second ? 1 : 0;
    }
    values.push_back(sorted[i].first);
    counts.push_back(std::max<std::uint32_t>(holders, 1));
    n += counts.back();
    i = j;
  }
  if (n < 2) return;
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
