// Typing errors, missing values, moves and crossed names.
#include "linkage/fuzzy/corrupt.h"

#include <iterator>
#include <string>
#include <utility>

#include "linkage/fuzzy/address_lines.h"

namespace raakvlak::linkage {
namespace {

constexpr double kSeverity[] = {0.5, 1.0, 2.0, 3.0};

std::string WithTypo(std::string value, FieldKind kind, SeededRandom& random) {
  if (value.empty()) return value;
  const bool date = kind == FieldKind::kDate;
  if (date && value.size() == 8 && random.Chance(0.15)) {
    std::swap(value[4], value[6]);
    std::swap(value[5], value[7]);
    return value;
  }
  const std::size_t at = random.Below(value.size());
  const char old = value[at];
  const bool digit = old >= '0' && old <= '9';
  const char fresh = static_cast<char>(digit ? '0' + random.Below(10) : 'a' + random.Below(26));
  switch (random.Below(date ? 2 : 4)) {
    case 0:
      value[at] = fresh;
      break;
    case 1:
      if (at + 1 < value.size()) std::swap(value[at], value[at + 1]);
      break;
    case 2:
      value.erase(at, 1);
      break;
    default:
      value.insert(at, 1, fresh);
  }
  return value;
}

bool MovesAlong(FieldKind kind) {
  return kind == FieldKind::kPostcode || kind == FieldKind::kPlace || kind == FieldKind::kAddress ||
         kind == FieldKind::kPhone;
}

}  // namespace

RecordTable CorruptRecords(const Profile& profile, const RecordTable& table,
                           const std::vector<std::size_t>& rows, const CorruptionRates& rates,
                           SeededRandom& random) {
  RecordTable out;
  out.columns.assign(profile.fields.size(), std::vector<std::string>(rows.size()));
  const auto given = profile.Find(FieldKind::kGivenName);
  const auto surname = profile.Find(FieldKind::kSurname);
  std::vector<std::pair<std::uint16_t, std::uint16_t>> lines = NeighbouringLines(profile);
  std::erase_if(lines, [&](const auto& pair) {
    return !HoldsWords(table.columns[pair.first]) || !HoldsWords(table.columns[pair.second]);
  });
  for (std::size_t k = 0; k < rows.size(); ++k) {
    // Some records are hardly harmed, some badly: what finds both is found on any file.
    const double severity = kSeverity[k % std::size(kSeverity)];
    const bool moved = random.Chance(rates.moved);
    const std::size_t other = random.Below(table.rows());
    for (std::size_t f = 0; f < profile.fields.size(); ++f) {
      const FieldKind kind = profile.fields[f].kind;
      std::string value = table.columns[f][moved && MovesAlong(kind) ? other : rows[k]];
      if (random.Chance(severity * rates.missing)) {
        value.clear();
      } else if (random.Chance(severity * rates.typo)) {
        value = WithTypo(std::move(value), kind, random);
      }
      out.columns[f][k] = std::move(value);
    }
    if (given && surname && random.Chance(rates.crossed)) {
      std::swap(out.columns[*given][k], out.columns[*surname][k]);
    }
    if (!lines.empty() && random.Chance(rates.crossed_lines)) {
      const auto [first, second] = lines[random.Below(lines.size())];
      std::swap(out.columns[first][k], out.columns[second][k]);
    }
  }
  return out;
}

}  // namespace raakvlak::linkage
