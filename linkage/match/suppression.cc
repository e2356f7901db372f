// Greedy secondary suppression, each step checked by a small simplex solver.
#include "linkage/match/suppression.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace raakvlak::linkage {
namespace {

constexpr double kEpsilon = 1e-7;
constexpr int kMaxPivots = 20'000;

// The simplex method on a dense tableau, for A x = b with x >= 0 and b >= 0. Bland's rule, so that
// it ends. One artificial variable a row; they may not come back after the first phase.
class Simplex {
 public:
  Simplex(const std::vector<std::vector<double>>& a, const std::vector<double>& b)
      : rows_(a.size()), columns_(a.empty() ? 0 : a[0].size()), basis_(rows_) {
    tableau_.assign(rows_, std::vector<double>(columns_ + rows_ + 1, 0.0));
    for (std::size_t r = 0; r < rows_; ++r) {
      const double sign = b[r] < 0 ? -1.0 : 1.0;
      for (std::size_t c = 0; c < columns_; ++c) tableau_[r][c] = sign * a[r][c];
      tableau_[r][columns_ + r] = 1.0;
      tableau_[r].back() = sign * b[r];
      basis_[r] = columns_ + r;
    }
    std::vector<double> cost(columns_ + rows_, 0.0);
    std::fill(cost.begin() + static_cast<std::ptrdiff_t>(columns_), cost.end(), -1.0);
    feasible_ = Maximise(cost, columns_ + rows_).has_value();
    // An artificial variable left in the basis at zero is driven out, or its row says nothing.
    for (std::size_t r = 0; feasible_ && r < rows_; ++r) {
      if (basis_[r] < columns_) continue;
      for (std::size_t c = 0; c < columns_; ++c) {
        if (std::abs(tableau_[r][c]) > kEpsilon) {
          Pivot(r, c);
          break;
        }
      }
    }
  }

  // Largest value of sign * x[column]; infinity when unbounded; nullopt when it gave up.
  std::optional<double> Extreme(std::size_t column, double sign) {
    if (!feasible_) return std::nullopt;
    std::vector<double> cost(columns_ + rows_, 0.0);
    cost[column] = sign;
    return Maximise(cost, columns_);
  }

 private:
  void Pivot(std::size_t row, std::size_t column) {
    const double pivot = tableau_[row][column];
    for (double& value : tableau_[row]) value /= pivot;
    for (std::size_t r = 0; r < rows_; ++r) {
      const double factor = tableau_[r][column];
      if (r == row || std::abs(factor) < 1e-12) continue;
      for (std::size_t c = 0; c < tableau_[r].size(); ++c) {
        tableau_[r][c] -= factor * tableau_[row][c];
      }
    }
    basis_[row] = column;
  }

  // Only columns below `usable` may enter the basis.
  std::optional<double> Maximise(const std::vector<double>& cost, std::size_t usable) {
    for (int step = 0; step < kMaxPivots; ++step) {
      std::size_t entering = usable;
      for (std::size_t c = 0; c < usable; ++c) {
        double reduced = cost[c];
        for (std::size_t r = 0; r < rows_; ++r) reduced -= cost[basis_[r]] * tableau_[r][c];
        if (reduced > kEpsilon) {
          entering = c;
          break;
        }
      }
      if (entering == usable) {
        double value = 0;
        for (std::size_t r = 0; r < rows_; ++r) value += cost[basis_[r]] * tableau_[r].back();
        return value;
      }
      std::size_t leaving = rows_;
      double best = 0;
      for (std::size_t r = 0; r < rows_; ++r) {
        if (tableau_[r][entering] <= kEpsilon) continue;
        const double ratio = tableau_[r].back() / tableau_[r][entering];
        if (leaving == rows_ || ratio < best - kEpsilon ||
            (ratio < best + kEpsilon && basis_[r] < basis_[leaving])) {
          leaving = r;
          best = ratio;
        }
      }
      if (leaving == rows_) return std::numeric_limits<double>::infinity();
      Pivot(leaving, entering);
    }
    return std::nullopt;
  }

  std::size_t rows_;
  std::size_t columns_;
  std::vector<std::size_t> basis_;
  std::vector<std::vector<double>> tableau_;
  bool feasible_ = false;
};

// The suppressed counts that an attacker can narrow down too far; `primary` ones need a range at
// least `minimum` wide, others one of at least 1.
std::vector<std::size_t> Unprotected(std::span<const std::uint64_t> counts,
                                     std::span<const KnownSum> sums,
                                     const std::vector<bool>& suppressed, std::uint64_t minimum,
                                     std::uint64_t floor) {
  std::vector<std::size_t> unknown;
  std::vector<std::size_t> column_of(counts.size(), counts.size());
  std::vector<bool> related(counts.size(), false);
  for (const KnownSum& sum : sums) {
    for (const auto& [index, weight] : sum.terms) related[index] = true;
  }
  for (std::size_t i = 0; i < counts.size(); ++i) {
    // A count in no known sum can be anything.
    if (!suppressed[i] || !related[i]) continue;
    column_of[i] = unknown.size();
    unknown.push_back(i);
  }
  std::vector<std::vector<double>> a;
  std::vector<double> b;
  for (const KnownSum& sum : sums) {
    std::vector<double> row(unknown.size(), 0.0);
    double right = 0;
    bool any = false;
    for (const auto& [index, weight] : sum.terms) {
      if (column_of[index] == counts.size()) continue;
      row[column_of[index]] += weight;
      // Counted from the floor up, so that the unknowns are not negative.
      right += weight * static_cast<double>(counts[index] - floor);
      any = true;
    }
    if (!any) continue;
    a.push_back(std::move(row));
    b.push_back(right);
  }
  std::vector<std::size_t> bad;
  if (unknown.empty()) return bad;
  Simplex simplex(a, b);
  for (std::size_t column = 0; column < unknown.size(); ++column) {
    const std::size_t i = unknown[column];
    const double wanted = counts[i] < minimum ? static_cast<double>(minimum) : 1.0;
    const std::optional<double> high = simplex.Extreme(column, 1.0);
    const std::optional<double> low = simplex.Extreme(column, -1.0);
    // `low` is the largest -x. Not solved counts as not protected.
    if (!high || !low || *high + *low < wanted - 1e-3) bad.push_back(i);
  }
  return bad;
}

}  // namespace

std::optional<std::vector<bool>> Suppress(std::span<const std::uint64_t> counts,
                                          std::span<const KnownSum> sums, std::uint64_t minimum,
                                          std::uint64_t floor) {
  std::vector<bool> suppressed(counts.size(), false);
  bool any = false;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    suppressed[i] = counts[i] < minimum;
    any = any || suppressed[i];
  }
  if (!any || sums.empty()) return suppressed;
  if (counts.size() > kMaxRelatedCounts) return std::nullopt;
  while (true) {
    const std::vector<std::size_t> bad = Unprotected(counts, sums, suppressed, minimum, floor);
    if (bad.empty()) return suppressed;
    // The smallest count that stands in a known sum with the fewest unknown ones beside one of the
    // unprotected: such a sum gives most away, and a small count is the least loss.
    std::size_t best = counts.size();
    std::pair<std::size_t, std::uint64_t> best_score;
    for (const KnownSum& sum : sums) {
      std::size_t unknown = 0;
      bool touches = false;
      for (const auto& [index, weight] : sum.terms) {
        if (suppressed[index]) ++unknown;
        if (std::find(bad.begin(), bad.end(), index) != bad.end()) touches = true;
      }
      if (!touches) continue;
      for (const auto& [index, weight] : sum.terms) {
        const std::pair<std::size_t, std::uint64_t> score(unknown, counts[index]);
        if (!suppressed[index] && (best == counts.size() || score < best_score)) {
          best = index;
          best_score = score;
        }
      }
    }
    if (best == counts.size()) {
      // Every sum around them is wholly unknown already; anything left may still help.
      for (std::size_t i = 0; i < counts.size(); ++i) {
        if (!suppressed[i] && (best == counts.size() || counts[i] < counts[best])) best = i;
      }
    }
    if (best == counts.size()) return std::nullopt;
    suppressed[best] = true;
  }
}

}  // namespace raakvlak::linkage
