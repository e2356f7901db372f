// Own pairs and their agreement.
#include "linkage/fuzzy/own_pairs.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>

#include "linkage/score/compare_encodings.h"

namespace raakvlak::linkage {

namespace {

void AddPairs(std::span<const std::uint32_t> records, std::vector<OwnPair>& pairs) {
  for (std::size_t i = 0; i < records.size(); ++i) {
    for (std::size_t j = i + 1; j < records.size(); ++j) {
      pairs.emplace_back(std::min(records[i], records[j]), std::max(records[i], records[j]));
    }
  }
}

void SortOnce(std::vector<OwnPair>& pairs) {
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
}

}  // namespace

std::vector<OwnPair> PairsInBlocks(const std::vector<Block>& blocks) {
  std::vector<OwnPair> pairs;
  for (const Block& block : blocks) AddPairs(block.records, pairs);
  SortOnce(pairs);
  return pairs;
}

std::vector<OwnPair> PairsOfEqualValues(const std::vector<WholeValues>& fields) {
  std::vector<OwnPair> pairs;
  ForEachAgreeing(fields, {}, [&](std::span<const std::uint32_t> rows) { AddPairs(rows, pairs); });
  SortOnce(pairs);
  return pairs;
}

OwnComparer::OwnComparer(const Profile& profile, const RecordTable& table,
                         std::span<const std::uint8_t, 16> dummy_key)
    : profile_(profile), table_(table), encoder_(profile, table, dummy_key) {
  key_ = DeriveBlockKey(dummy_key, "own", {});
}

std::vector<AgreementPattern> OwnComparer::Compare(const std::vector<OwnPair>& pairs) const {
  std::unordered_map<std::uint32_t, std::string> encoded;
  const auto encode = [&](std::uint32_t row) -> std::string_view {
    std::string& e = encoded[row];
    if (e.empty()) e = encoder_.Encode(key_, table_, row);
    return e;
  };
  std::vector<AgreementPattern> out;
  out.reserve(pairs.size());
  for (const auto& [a, b] : pairs) {
    AgreementPattern pattern = EmptyPattern();
    const std::string_view x = encode(a);
    CompareEncodings(profile_, x, encode(b), &pattern);
    out.push_back(pattern);
  }
  return out;
}

}  // namespace raakvlak::linkage
