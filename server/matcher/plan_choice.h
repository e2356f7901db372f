// Which node's blocking plan a run uses (linkage.md, "Blocking"). Pure, thread safe.
#ifndef RAAKVLAK_SERVER_MATCHER_PLAN_CHOICE_H_
#define RAAKVLAK_SERVER_MATCHER_PLAN_CHOICE_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "authority/purpose.h"
#include "raakvlak/v1/authority.pb.h"
#include "raakvlak/v1/submission.pb.h"

namespace raakvlak::matcher {

inline constexpr int kMaxPlanOffers = 100;

// Bounds of what a node announces, and the form of plans for purposes among `purposes`. What it
// announces of others (a version that is not registered here, or no longer) only has to be in
// bounds. InvalidArgument.
absl::Status CheckPlanOffers(
    const google::protobuf::RepeatedPtrField<v1::PlanOffer>& offers,
    const std::vector<std::shared_ptr<const authority::Purpose>>& purposes);

struct ChosenPlan {
  std::string planner;
  v1::BlockingPlan plan;
};

// Of the offers by agency, nullopt for one that has made none for this purpose: the plan of the
// largest file, then of the least selectivity, then of the first agency id, among those that have
// keys. nullopt if nobody found a key. Aborted, naming them, while agencies plan or have no
// dataset: the caller may try again soon.
absl::StatusOr<std::optional<ChosenPlan>> ChoosePlan(
    const std::map<std::string, std::optional<v1::PlanOffer>>& offers);

// `types` without the block types beyond the plan's keys: those of a run that uses `plan`; without
// any block type where there is none.
std::vector<std::string> TypesUnder(const v1::BlockingPlan* plan,
                                    const std::vector<std::string>& types);

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_PLAN_CHOICE_H_
