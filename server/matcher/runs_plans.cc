// Blocking plans in the life of runs: purposes that nodes are to plan for, and the plan that a run
// starts with.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "linkage/types/identifier_type.h"
#include "server/matcher/plan_choice.h"
#include "server/matcher/runs.h"

namespace raakvlak::matcher {
namespace {

// A node that has a new plan opens its stream anew; it is not left out of a run for that moment.
constexpr absl::Duration kReopening = absl::Seconds(5);

bool IsBlock(const std::string& name) {
  const auto type = linkage::ParseIdentifierType(name);
  return type.has_value() && linkage::IsBlockType(*type);
}

}  // namespace

absl::Status Runs::CheckAnnouncedPlans(std::string_view agency,
                                       const v1::WatchRunsRequest& request) {
  absl::Status status = CheckPlanOffers(request.plans(), deps_.purposes.All());
  if (status.ok()) return status;
  AuditRefusal(agency, "plans", status);
  return absl::Status(status.code(),
                      absl::StrCat(std::string(agency), ": ", std::string(status.message())));
}

std::vector<std::pair<std::uint64_t, OfferView>> Runs::PurposesToPlan(std::string_view agency,
                                                                      std::uint64_t after) const {
  std::vector<std::pair<std::uint64_t, OfferView>> found;
  const std::int64_t now = deps_.clock.UnixSeconds();
  for (const auto& purpose : deps_.purposes.All()) {
    const v1::Purpose& body = purpose->body();
    const auto registered = registered_.find(body.purpose_id());
    // From before this process: version 1, before every change of a run.
    const std::uint64_t version = registered == registered_.end() ? 1 : registered->second;
    if (version <= after || !body.has_profile() || !purpose->HasAgency(agency) ||
        now > body.not_after()) {
      continue;
    }
    OfferView notice;
    notice.purpose_document = purpose->document().SerializeAsString();
    found.emplace_back(version, std::move(notice));
  }
  return found;
}

absl::Status Runs::AddPlan(const authority::Purpose& purpose, ManifestPlan& plan,
                           std::vector<std::string>& warnings) const {
  const bool blocks =
      std::any_of(plan.identifier_types.begin(), plan.identifier_types.end(), IsBlock);
  if (!blocks || !purpose.body().has_profile()) return absl::OkStatus();
  std::map<std::string, std::optional<v1::PlanOffer>> offers;
  for (const std::string& agency : purpose.body().agencies()) {
    const std::optional<Announcement> node = deps_.nodes.Find(agency);
    if (node.has_value()) {
      offers[agency] = node->PlanFor(purpose.hash());
    } else if (deps_.nodes.AwayFor(agency) < kReopening) {
      return absl::AbortedError(absl::StrCat(agency, " is connecting anew; try again"));
    }
  }
  absl::StatusOr<std::optional<ChosenPlan>> chosen = ChoosePlan(offers);
  if (!chosen.ok()) return chosen.status();
  if (!chosen->has_value()) {
    plan.identifier_types = TypesUnder(nullptr, plan.identifier_types);
    const std::string why =
        "no agency's compared fields make a blocking key that tells records apart";
    if (plan.identifier_types.empty()) {
      return absl::FailedPreconditionError(
          absl::StrCat(why, "; `raak check --purpose` shows what the files lack"));
    }
    warnings.push_back(absl::StrCat(why, ": linked by equal identifiers only"));
    return absl::OkStatus();
  }
  // A plan stands whole or not at all: whoever asks for one block type asks for all it plans.
  std::vector<std::string> types;
  for (const v1::TypePolicy& type : purpose.body().types()) {
    const std::string& name = type.identifier_type();
    if (IsBlock(name) || std::find(plan.identifier_types.begin(), plan.identifier_types.end(),
                                   name) != plan.identifier_types.end()) {
      types.push_back(name);
    }
  }
  plan.identifier_types = TypesUnder(&(*chosen)->plan, types);
  plan.planner = std::move((*chosen)->planner);
  plan.blocking = std::move((*chosen)->plan);
  return absl::OkStatus();
}

}  // namespace raakvlak::matcher
