// Sorts the values into blocks, crosses the records of each block, and merges equal pairs.
#include "linkage/match/pairing.h"

#include <algorithm>
#include <array>
#include <functional>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

namespace raakvlak::linkage {
namespace {

// The records of one agency among the holders of a value.
struct OfAgency {
  std::size_t begin;
  std::size_t end;
};

}  // namespace

absl::Status TooManyPairs(const PairingLimits& limits) {
  return absl::ResourceExhaustedError(
      absl::StrCat("more than ", limits.max_pairs, " pairs of records"));
}

absl::StatusOr<bool> CrossHolders(std::span<const ValueHolder> holders, std::uint8_t type,
                                  const PairingLimits& limits, const HolderPairVisitor& visit) {
  std::array<OfAgency, kMaxAgencies> of_agency;
  std::size_t agencies = 0;
  for (std::size_t i = 0; i < holders.size(); ++i) {
    if (i == 0 || holders[i].agency != holders[i - 1].agency) of_agency[agencies++] = {i, i};
    of_agency[agencies - 1].end = i + 1;
  }
  const std::uint64_t most = limits.max_records_per_value[type];
  bool skipped = false;
  for (std::size_t i = 0; i < agencies; ++i) {
    for (std::size_t j = i + 1; j < agencies; ++j) {
      const OfAgency& a = of_agency[i];
      const OfAgency& b = of_agency[j];
      const std::uint64_t in_a = a.end - a.begin;
      const std::uint64_t in_b = b.end - b.begin;
      if (in_a > most || in_b > most || in_a * in_b > limits.max_pairs_per_value) {
        skipped = true;
        continue;
      }
      for (std::size_t x = a.begin; x < a.end; ++x) {
        if ((holders[x].counterparts >> holders[b.begin].agency & 1) == 0) continue;
        for (std::size_t y = b.begin; y < b.end; ++y) {
          if ((holders[y].counterparts >> holders[a.begin].agency & 1) == 0) continue;
          if (absl::Status s = visit(x, y); !s.ok()) return s;
        }
      }
    }
  }
  return !skipped;
}

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
  std::vector<ValueHolder> holders;
  for (std::size_t begin = 0; begin < values.size();) {
    std::size_t end = begin;
    holders.clear();
    for (; end < values.size() && values[end].type == values[begin].type &&
           values[end].tag == values[begin].tag;
         ++end) {
      const std::uint32_t record = values[end].record;
      holders.push_back({record, agency_of[record], values[end].counterparts});
    }
    const std::uint8_t type = values[begin].type;
    absl::StatusOr<bool> all =
        CrossHolders(holders, type, limits, [&](std::size_t x, std::size_t y) -> absl::Status {
          if (result.pairs.size() >= limits.max_pairs) return TooManyPairs(limits);
          const auto [low, high] = std::minmax(holders[x].record, holders[y].record);
          result.pairs.push_back({low, high, AgreedTypes{1} << type});
          return absl::OkStatus();
        });
    if (!all.ok()) return all.status();
    if (!*all) ++result.skipped_values;
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
