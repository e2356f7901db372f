// Sorts the values into blocks, crosses the records of each block, and merges equal pairs.
#include "linkage/match/pairing.h"

#include <algorithm>
#include <functional>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

namespace raakvlak::linkage {
namespace {

// The records of one agency in a block.
struct Holder {
  std::uint8_t agency;
  std::size_t begin;
  std::size_t end;
};

}  // namespace

absl::StatusOr<Pairing> PairRecords(std::span<const std::uint8_t> agency_of,
                                    std::vector<SharedValue> values, const PairingLimits& limits) {
  for (std::uint8_t agency : agency_of) {
    if (agency >= kMaxAgencies) {
      return absl::InvalidArgumentError(absl::StrCat("no such agency: ", agency));
    }
  }
  for (const SharedValue& value : values) {
    if (value.record >= agency_of.size()) {
      return absl::InvalidArgumentError(absl::StrCat("no such record: ", value.record));
    }
    if (value.type >= limits.max_records_per_value.size() || value.type >= 64) {
      return absl::InvalidArgumentError(absl::StrCat("no such type: ", value.type));
    }
  }
  auto key = [&](const SharedValue& v) {
    return std::make_tuple(v.type, std::cref(v.tag), agency_of[v.record], v.record);
  };
  std::sort(values.begin(), values.end(),
            [&](const SharedValue& a, const SharedValue& b) { return key(a) < key(b); });

  Pairing result;
  std::vector<Holder> holders;
  for (std::size_t begin = 0; begin < values.size();) {
    std::size_t end = begin;
    holders.clear();
    while (end < values.size() && values[end].type == values[begin].type &&
           values[end].tag == values[begin].tag) {
      const std::uint8_t agency = agency_of[values[end].record];
      if (holders.empty() || holders.back().agency != agency) {
        holders.push_back({agency, end, end});
      }
      holders.back().end = ++end;
    }
    const std::uint64_t most = limits.max_records_per_value[values[begin].type];
    bool skipped = false;
    for (std::size_t i = 0; i < holders.size(); ++i) {
      for (std::size_t j = i + 1; j < holders.size(); ++j) {
        const Holder& a = holders[i];
        const Holder& b = holders[j];
        const std::uint64_t in_a = a.end - a.begin;
        const std::uint64_t in_b = b.end - b.begin;
        if (in_a > most || in_b > most || in_a * in_b > limits.max_pairs_per_value) {
          skipped = true;
          continue;
        }
        for (std::size_t x = a.begin; x < a.end; ++x) {
          if ((values[x].counterparts >> b.agency & 1) == 0) continue;
          for (std::size_t y = b.begin; y < b.end; ++y) {
            if ((values[y].counterparts >> a.agency & 1) == 0) continue;
            if (result.pairs.size() >= limits.max_pairs) {
              return absl::ResourceExhaustedError(
                  absl::StrCat("more than ", limits.max_pairs, " pairs of records"));
            }
            const auto [low, high] = std::minmax(values[x].record, values[y].record);
            result.pairs.push_back({low, high, AgreedTypes{1} << values[x].type});
          }
        }
      }
    }
    if (skipped) ++result.skipped_values;
    begin = end;
  }

  auto& pairs = result.pairs;
  std::sort(pairs.begin(), pairs.end(), [](const RecordPair& a, const RecordPair& b) {
    return std::tie(a.first, a.second) < std::tie(b.first, b.second);
  });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (kept > 0 && pairs[kept - 1].first == pairs[i].first &&
        pairs[kept - 1].second == pairs[i].second) {
      pairs[kept - 1].types |= pairs[i].types;
    } else {
      pairs[kept++] = pairs[i];
    }
  }
  pairs.resize(kept);
  return result;
}

Strength StrengthOf(AgreedTypes pattern, std::span<const IdentifierType> types) {
  Strength best = Strength::kPossible;
  for (std::size_t i = 0; i < types.size() && i < 64; ++i) {
    if ((pattern >> i & 1) != 0) best = std::min(best, Info(types[i]).strength);
  }
  return best;
}

}  // namespace raakvlak::linkage
