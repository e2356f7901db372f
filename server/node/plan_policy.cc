#include "server/node/plan_policy.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "authority/comparison.h"
#include "authority/plan_wire.h"
#include "linkage/fuzzy/plan_check.h"
#include "server/node/mesh/blame.h"
#include "server/node/status_macros.h"

namespace raakvlak::node {

absl::Status CheckPlanOnOwnFile(const v1::ComparisonProfile& wire_profile,
                                const v1::RunManifest& manifest, const linkage::RecordTable& table,
                                const PlanPolicyOptions& options) {
  const linkage::Profile profile = authority::ToProfile(wire_profile);
  const absl::StatusOr<linkage::BlockingPlan> plan = authority::PlanFromWire(manifest.plan());
  absl::Status valid = plan.status();
  if (valid.ok()) valid = linkage::ValidatePlan(profile, *plan);
  if (!valid.ok()) {
    return BlamedError(absl::StatusCode::kInvalidArgument, "matcher",
                       absl::StrCat("the blocking plan of ", manifest.planner(),
                                    " is refused: ", std::string(valid.message())));
  }
  linkage::ExposureOptions measure;
  measure.largest_file = options.largest_file;
  measure.counterparts = static_cast<std::size_t>(manifest.agencies_size() - 1);
  measure.max_rows = options.max_rows;
  const double exposure = linkage::MeasureExposure(profile, *plan, table, measure);
  const double ceiling = std::min(1.0, kExposureTolerance * profile.max_exposure);
  if (exposure <= ceiling) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrFormat(
      "the blocking plan of %s would put %.1f%% of this agency's records into blocks shared with "
      "strangers; the purpose allows %.1f%%, and up to %.1f%% is tolerated for a plan made "
      "elsewhere",
      manifest.planner(), 100 * exposure, 100 * profile.max_exposure, 100 * ceiling));
}

}  // namespace raakvlak::node
