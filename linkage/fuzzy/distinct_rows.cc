// Copies, then candidate pairs by two equal values, judged by all telling fields.
#include "linkage/fuzzy/distinct_rows.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "linkage/fuzzy/encoder.h"
#include "linkage/fuzzy/equal_values.h"

namespace raakvlak::linkage {
namespace {

// One false agreement in a thousand records.
constexpr double kBitsAboveFile = 10;
// A misspelt value says half of what an equal one does; one in sixteen is wholly another.
constexpr double kAlike = 0.6;
constexpr double kAlikeShare = 0.5;
constexpr double kDiffersBits = -4;
constexpr std::ptrdiff_t kEqualDigits = 6;

bool Alike(FieldKind kind, std::string_view a, std::string_view b) {
  if (kind == FieldKind::kExact) return false;
  if (kind != FieldKind::kDate) return BigramOverlap(a, b) >= kAlike;
  std::ptrdiff_t equal = 0;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) equal += a[i] == b[i] ? 1 : 0;
  return equal >= kEqualDigits;
}

// True if two records agree so closely, in three fields at least, that chance is no explanation.
// Of what families share only the field that says most counts.
bool OneSubject(const Profile& profile, const RecordTable& table,
                const std::vector<WholeValues>& fields, double least, std::size_t a,
                std::size_t b) {
  double bits = 0;
  double family = 0;
  int agree = 0;
  for (const WholeValues& f : fields) {
    const std::uint64_t x = f.column.hash[a];
    const std::uint64_t y = f.column.hash[b];
    if (x == 0 || y == 0) continue;
    double says = 0;
    if (x == y) {
      says = f.column.bits[a];
    } else if (Alike(profile.fields[f.field].kind, table.columns[f.field][a],
                     table.columns[f.field][b])) {
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

// What a pair of one subject's records says at least, in a file that holds the marked ones beside
// others.
double LeastBits(const std::vector<std::uint8_t>& copies) {
  const auto others = std::count(copies.begin(), copies.end(), 0);
  return std::log2(static_cast<double>(std::max<std::ptrdiff_t>(others, 1))) + kBitsAboveFile;
}

// For each row the first that holds the same values in all fields.
std::vector<std::uint32_t> FirstOfEqualRows(const std::vector<WholeValues>& fields,
                                            std::size_t rows) {
  std::vector<std::uint32_t> first(rows);
  std::unordered_map<std::uint64_t, std::uint32_t> seen;
  for (std::size_t row = 0; row < rows; ++row) {
    std::uint64_t h = 0x452821e638d01377ull;
    for (const WholeValues& f : fields) {
      h = (h ^ f.column.hash[row]) * 0x9e3779b97f4a7c15ull;
      h ^= h >> 31;
    }
    first[row] = seen.try_emplace(h, static_cast<std::uint32_t>(row)).first->second;
  }
  return first;
}

// Marks copies of an earlier row, however many there are, where the values are rare enough to be
// one subject's. Copies count as one from the outset: a record that is half the file would seem to
// make its values common.
std::vector<std::uint8_t> MarkCopies(const Profile& profile, const RecordTable& table,
                                     std::vector<WholeValues>& fields, std::size_t rows) {
  const std::vector<std::uint32_t> first = FirstOfEqualRows(fields, rows);
  std::vector<std::uint8_t> copies(rows);
  for (std::size_t row = 0; row < rows; ++row) copies[row] = first[row] == row ? 0 : 1;
  if (std::count(copies.begin(), copies.end(), 1) == 0) return copies;
  EstimateRarities(fields, copies);
  const double least = LeastBits(copies);
  for (std::size_t row = 0; row < rows; ++row) {
    if (copies[row] == 0) continue;
    copies[row] = OneSubject(profile, table, fields, least, first[row], row) ? 1 : 0;
  }
  EstimateRarities(fields, copies);
  return copies;
}

}  // namespace

std::vector<std::uint8_t> RepeatedRows(const Profile& profile, const RecordTable& table,
                                       std::size_t max_rows) {
  const std::size_t rows = std::min(table.rows(), max_rows);
  std::vector<WholeValues> fields = MakeWholeValues(profile, table, rows);
  const std::vector<std::uint8_t> copies = MarkCopies(profile, table, fields, rows);
  const double least = LeastBits(copies);
  std::vector<std::uint8_t> repeated = copies;
  ForEachAgreeing(fields, copies, [&](std::span<const std::uint32_t> agreeing) {
    for (std::size_t k = 0; k < agreeing.size(); ++k) {
      std::uint8_t& later = repeated[agreeing[k]];
      // Also against what is left out itself: the third may be like the second alone.
      for (std::size_t j = 0; j < k && later == 0; ++j) {
        if (OneSubject(profile, table, fields, least, agreeing[j], agreeing[k])) later = 1;
      }
    }
  });
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
