// Judging blocking plans.
#include "linkage/fuzzy/plan_check.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "linkage/fuzzy/distinct_rows.h"

namespace raakvlak::linkage {
namespace {

// Beyond what any file can show.
constexpr double kMostBits = 256;
constexpr double kMostEvaluations = 1000;

bool Within(double value, double most) {
  return std::isfinite(value) && value >= 0 && value <= most;
}

absl::Status CheckKey(const Profile& profile, const std::vector<Component>& known,
                      const PlannedKey& key) {
  if (key.components.size() < 2 || key.components.size() > 4) {
    return absl::InvalidArgumentError("a planned key has 2 to 4 components");
  }
  std::uint32_t fields = 0;
  for (const Component& c : key.components) {
    if (std::find(known.begin(), known.end(), c) == known.end()) {
      return absl::InvalidArgumentError("a planned key has a component that the profile has not");
    }
    if ((fields & c.FieldMask()) != 0) {
      return absl::InvalidArgumentError("a planned key reads a field twice");
    }
    fields |= c.FieldMask();
  }
  if (CountKinds(profile, key.components) < 2) {
    return absl::InvalidArgumentError("a planned key joins fields of one kind only");
  }
  if (!Within(key.min_bits, kMostBits) || !Within(key.dependence, kMostBits) ||
      !Within(key.mean_bits, kMostBits) || !Within(key.coverage, 1) || !Within(key.exposure, 1)) {
    return absl::InvalidArgumentError("a planned key has a figure out of bounds");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ValidatePlan(const Profile& profile, const BlockingPlan& plan) {
  if (plan.keys.empty() || plan.keys.size() > profile.max_keys) {
    return absl::InvalidArgumentError(
        absl::StrCat("a blocking plan has 1 to ", profile.max_keys, " keys"));
  }
  const std::vector<Component> known = ComponentsOf(profile);
  std::set<std::string> definitions;
  for (const PlannedKey& key : plan.keys) {
    if (absl::Status status = CheckKey(profile, known, key); !status.ok()) return status;
    if (!definitions.insert(KeyDefinition(profile, key)).second) {
      return absl::InvalidArgumentError("a planned key stands twice");
    }
  }
  if (!Within(plan.coverage, 1) || !Within(plan.exposure, 1) ||
      !Within(plan.evaluations_per_record, kMostEvaluations)) {
    return absl::InvalidArgumentError("a blocking plan has a figure out of bounds");
  }
  return absl::OkStatus();
}

double ShareInCompany(const std::vector<Block>& blocks, std::size_t rows) {
  if (rows == 0) return 0;
  std::vector<std::uint8_t> seen(rows);
  for (const Block& block : blocks) {
    if (block.records.size() < 2) continue;
    for (const std::uint32_t r : block.records) seen[r] = 1;
  }
  const auto count = std::count(seen.begin(), seen.end(), 1);
  return static_cast<double>(count) / static_cast<double>(rows);
}

double MeasureExposure(const Profile& profile, const BlockingPlan& plan, const RecordTable& table,
                       const ExposureOptions& options) {
  const RecordTable distinct = DistinctRows(profile, table, options.max_rows);
  const std::size_t rows = distinct.rows();
  if (rows < 2) return 0;
  const double share = ShareInCompany(MakeBlocks(profile, plan, distinct, nullptr), rows);
  // Strangers come by chance: of so many more records, so many times more.
  const double looked_at =
      static_cast<double>(std::min<std::size_t>(table.rows(), options.max_rows));
  const double strangers =
      std::max(static_cast<double>(table.rows()), static_cast<double>(options.largest_file)) *
      static_cast<double>(options.counterparts) / looked_at;
  return 1 - std::pow(1 - share, strangers);
}

}  // namespace raakvlak::linkage
