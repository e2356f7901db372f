// Checks of announced plans and the choice among them.
#include "server/matcher/plan_choice.h"

#include <algorithm>
#include <bit>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "authority/comparison.h"
#include "crypto/base/hash.h"
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
  // Rounded, so that it does not tell how many records there are.
  if (!std::has_single_bit(offer.records()) || offer.records() > kMaxRecords) {
    return absl::InvalidArgumentError("its number of records is not a power of two");
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
  const std::string* planner = nullptr;
  const v1::PlanOffer* best = nullptr;
  for (const auto& [agency, offer] : offers) {
    if (!offer.has_value() || offer->pending()) {
      pending.push_back(agency);
      continue;
    }
    if (offer->plan().keys_size() == 0) continue;
    // In order of agency id: a later one must be better.
    if (best != nullptr && std::tuple(best->records(), -std::int64_t{best->selectivity()}) >=
                               std::tuple(offer->records(), -std::int64_t{offer->selectivity()})) {
      continue;
    }
    planner = &agency;
    best = &*offer;
  }
  if (!pending.empty()) {
    return absl::AbortedError(
        absl::StrCat("no blocking plan yet from ", absl::StrJoin(pending, ", "),
                     ": planning, or no dataset was submitted there; try again"));
  }
  if (best == nullptr) return std::optional<ChosenPlan>();
  return std::optional<ChosenPlan>(ChosenPlan{*planner, best->plan()});
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
