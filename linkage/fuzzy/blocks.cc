// Making compound key values and dropping those that tell nobody apart.
#include "linkage/fuzzy/blocks.h"

#include <sodium.h>

#include <algorithm>
#include <utility>

#include "linkage/fuzzy/component_table.h"
#include "linkage/fuzzy/distinct_rows.h"

namespace raakvlak::linkage {
namespace {

void AppendLp(std::string& out, const std::string& value) {
  const std::size_t size = std::min<std::size_t>(value.size(), 0xffff);
  out.push_back(static_cast<char>(size >> 8));
  out.push_back(static_cast<char>(size & 0xff));
  out.append(value, 0, size);
}

// Short, as there are millions of inputs.
std::string DefinitionHash(const Profile& profile, const PlannedKey& key) {
  static_assert(crypto_generichash_BYTES_MIN == 16);
  const std::string definition = KeyDefinition(profile, key);
  std::string out(crypto_generichash_BYTES_MIN, '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(out.data()), out.size(),
                     reinterpret_cast<const unsigned char*>(definition.data()), definition.size(),
                     nullptr, 0);
  return out;
}

}  // namespace

std::vector<Block> MakeBlocks(const Profile& profile, const BlockingPlan& plan,
                              const RecordTable& table, BlockCounts* counts) {
  BlockCounts local;
  std::vector<Block> out;
  const std::size_t rows = table.rows();
  // A subject entered several times is no more common for it.
  const std::vector<std::uint8_t> repeated = RepeatedRows(profile, table, rows);
  // Each component once, whatever number of keys use it.
  std::vector<Component> components;
  std::vector<ComponentColumn> columns;
  const auto column_of = [&](const Component& c) {
    const auto it = std::find(components.begin(), components.end(), c);
    if (it != components.end()) return static_cast<std::size_t>(it - components.begin());
    components.push_back(c);
    columns.push_back(MakeComponentColumn(profile, table, c, rows, repeated));
    return columns.size() - 1;
  };
  std::vector<std::vector<std::size_t>> parts(plan.keys.size());
  for (std::size_t k = 0; k < plan.keys.size(); ++k) {
    for (const Component& c : plan.keys[k].components) parts[k].push_back(column_of(c));
  }
  std::vector<std::pair<std::uint64_t, std::uint32_t>> order;
  for (std::size_t k = 0; k < plan.keys.size(); ++k) {
    const std::string definition = DefinitionHash(profile, plan.keys[k]);
    order.clear();
    for (std::size_t row = 0; row < rows; ++row) {
      std::uint64_t h = 0x13198a2e03707344ull;
      double bits = 0;
      bool complete = true;
      for (std::size_t c : parts[k]) {
        const std::uint64_t v = columns[c].hash[row];
        complete &= v != 0;
        h = (h ^ v) * 0x9e3779b97f4a7c15ull;
        h ^= h >> 31;
        bits += columns[c].bits[row];
      }
      if (!complete) {
        ++local.no_value;
      } else if (bits - plan.keys[k].dependence < plan.keys[k].min_bits) {
        ++local.too_common;
      } else {
        order.emplace_back(h, static_cast<std::uint32_t>(row));
      }
    }
    std::sort(order.begin(), order.end());
    for (std::size_t i = 0; i < order.size();) {
      std::size_t j = i;
      while (j < order.size() && order[j].first == order[i].first) ++j;
      if (j - i > profile.block_cap) {
        ++local.too_large;
      } else {
        Block block;
        block.key = static_cast<std::uint16_t>(k);
        block.input = definition;
        for (const Component& c : plan.keys[k].components) {
          AppendLp(block.input, ComponentValue(profile, table, order[i].second, c));
        }
        for (std::size_t m = i; m < j; ++m) block.records.push_back(order[m].second);
        local.evaluations += j - i;
        out.push_back(std::move(block));
      }
      i = j;
    }
  }
  std::stable_sort(out.begin(), out.end(), [](const Block& a, const Block& b) {
    return a.key != b.key ? a.key < b.key : a.records.front() < b.records.front();
  });
  if (counts != nullptr) *counts = local;
  return out;
}

}  // namespace raakvlak::linkage
