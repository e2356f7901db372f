// From plan to manifest bytes.
#include "server/matcher/manifest_builder.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace raakvlak::matcher {

absl::StatusOr<authority::Manifest> BuildManifest(const authority::Roster& roster,
                                                  const authority::Purpose& purpose,
                                                  const ManifestPlan& plan) {
  const std::size_t n = plan.agencies.size();
  if (n < roster.threshold()) {
    return absl::FailedPreconditionError(
        absl::StrCat(n, " agencies are fewer than the threshold of ", roster.threshold()));
  }
  v1::RunManifest manifest;
  manifest.set_run_counter(plan.run_counter);
  manifest.set_attempt(plan.attempt);
  manifest.set_epoch(plan.epoch);
  manifest.set_roster_hash(crypto::ToString(roster.hash()));
  manifest.set_purpose_hash(crypto::ToString(purpose.hash()));
  manifest.set_purpose_id(purpose.body().purpose_id());
  manifest.set_normaliser_version(plan.normaliser_version);
  manifest.set_created_at(plan.created_at);
  manifest.set_expires_at(
      std::min({plan.expires_at, purpose.body().not_after(), roster.body().not_after()}));
  for (const std::string& type : plan.identifier_types) {
    const v1::TypePolicy* policy = purpose.FindType(type);
    if (policy == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("type ", type, " is not in the purpose ", purpose.body().purpose_id()));
    }
    manifest.add_identifier_types(type);
    manifest.add_grants(policy->run_grant());
  }
  if (plan.blocking.has_value()) {
    *manifest.mutable_plan() = *plan.blocking;
    manifest.set_planner(plan.planner);
  }
  for (std::size_t i = 0; i < n; ++i) {
    manifest.add_agencies(plan.agencies[i]);
    v1::EvaluatorSet& set = *manifest.add_evaluators();
    set.set_requester(plan.agencies[i]);
    std::vector<std::uint32_t> indices;
    for (std::uint32_t k = 0; k < roster.threshold(); ++k) {
      const v1::Member* member = roster.FindMember(plan.agencies[(i + k) % n]);
      if (member == nullptr) {
        return absl::InvalidArgumentError(
            absl::StrCat(plan.agencies[(i + k) % n], " is not on the roster"));
      }
      indices.push_back(member->share_index());
    }
    std::sort(indices.begin(), indices.end());
    for (std::uint32_t index : indices) set.add_share_indices(index);
  }
  absl::StatusOr<authority::Manifest> parsed =
      authority::Manifest::Parse(manifest.SerializeAsString());
  if (!parsed.ok()) return parsed.status();
  if (absl::Status s = parsed->CheckCoveredBy(roster, purpose); !s.ok()) return s;
  return parsed;
}

}  // namespace raakvlak::matcher
