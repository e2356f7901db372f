// Checks of announced plans and the choice among them.
#include "server/matcher/plan_choice.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "authority/comparison.h"
#include "crypto/base/hash.h"
#include "linkage/score/planner_choice.h"
#include "linkage/types/identifier_type.h"

namespace raakvlak::matcher {
namespace {

// Ten thousand million records are more than people.
constexpr std::uint64_t kMaxRecords = std::uint64_t{1} << 34;
constexpr std::uint32_t kMaxShare = 10'000;

absl::Status CheckOffer(const v1::PlanOffer& offer) {
  if (offer.purpose_id().empty() || offer.purpose_id().size() > 64 ||
      offer.purpose_hash().size() != crypto::kDigestSize) {
    return absl::InvalidArgumentError("it names no purpose");
  }
  if (offer.pending()) {
    return offer.has_plan() ? absl::InvalidArgumentError("it is pending and complete at once")
                            : absl::OkStatus();
  }
  // Fewer than two records make no plan. Rounded, so that it does not tell how many there are.
  if (offer.records() == 0 && offer.plan().keys_size() == 0) return absl::OkStatus();
  if (offer.records() == 0 || offer.records() > kMaxRecords ||
      linkage::RoundedRecords(offer.records()) != offer.records()) {
    return absl::InvalidArgumentError(
        "its number of records is not rounded to a power of two or one and a half of one");
  }
  const v1::BlockingPlan& plan = offer.plan();
  if (plan.coverage() > kMaxShare || plan.exposure() > kMaxShare) {
    return absl::InvalidArgumentError("its coverage or exposure is more than everything");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckPlanOffers(
    const google::protobuf::RepeatedPtrField<v1::PlanOffer>& offers,
    const std::vector<std::shared_ptr<const authority::Purpose>>& purposes) {
  if (offers.size() > kMaxPlanOffers) {
    return absl::InvalidArgumentError(
        absl::StrCat("more than ", kMaxPlanOffers, " blocking plans are announced"));
  }
  for (const v1::PlanOffer& offer : offers) {
    absl::Status status = CheckOffer(offer);
    for (const auto& purpose : purposes) {
      if (!status.ok() || offer.plan().keys_size() == 0) break;
      if (offer.purpose_hash() != crypto::ToString(purpose->hash())) continue;
      status = purpose->body().has_profile()
                   ? authority::CheckPlan(purpose->body().profile(), offer.plan())
                   : absl::InvalidArgumentError("the purpose has no comparison profile");
    }
    if (!status.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("a blocking plan that it announces is refused: ", status.message()));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<ChosenPlan>> ChoosePlan(
    const std::map<std::string, std::optional<v1::PlanOffer>>& offers) {
  std::vector<std::string> pending;
  // Of those that have a plan, in order of agency id.
  std::vector<ChosenPlan> plans;
  std::vector<linkage::FileFigures> files;
  for (const auto& [agency, offer] : offers) {
    if (!offer.has_value() || offer->pending()) {
      pending.push_back(agency);
    } else if (offer->plan().keys_size() > 0) {
      plans.push_back({agency, offer->plan()});
      files.push_back({offer->records(), offer->selectivity()});
    }
  }
  if (!pending.empty()) {
    return absl::AbortedError(
        absl::StrCat("no blocking plan yet from ", absl::StrJoin(pending, ", "),
                     ": planning, or no dataset was submitted there; try again"));
  }
  const std::optional<std::size_t> chosen = linkage::ChoosePlanner(files);
  if (!chosen.has_value()) return std::optional<ChosenPlan>();
  return std::optional<ChosenPlan>(std::move(plans[*chosen]));
}

std::vector<std::string> TypesUnder(const v1::BlockingPlan* plan,
                                    const std::vector<std::string>& types) {
  const auto keys = static_cast<std::size_t>(plan == nullptr ? 0 : plan->keys_size());
  std::vector<std::string> out;
  for (const std::string& name : types) {
    const auto type = linkage::ParseIdentifierType(name);
    const bool beyond =
        type.has_value() && linkage::IsBlockType(*type) && linkage::BlockKeyOf(*type) >= keys;
    if (!beyond) out.push_back(name);
  }
  return out;
}

}  // namespace raakvlak::matcher
