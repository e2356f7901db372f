#include "authority/plan_wire.h"

#include <algorithm>
#include <cmath>

#include "linkage/fuzzy/component.h"

namespace raakvlak::authority {
namespace {

constexpr double kThousandths = 1000;
constexpr double kShares = 10'000;
constexpr double kHundredths = 100;

std::uint32_t Whole(double value, double parts) {
  return static_cast<std::uint32_t>(std::lround(std::max(0.0, value) * parts));
}

}  // namespace

v1::BlockingPlan PlanToWire(const linkage::BlockingPlan& plan) {
  v1::BlockingPlan out;
  for (const linkage::PlannedKey& key : plan.keys) {
    v1::PlannedKey& to = *out.add_keys();
    for (const linkage::Component& component : key.components) {
      v1::KeyComponent& c = *to.add_components();
      c.set_field(component.field);
      if (component.other_field != linkage::Component::kNoField) {
        c.set_other_field(component.other_field + 1u);
      }
      c.set_form(std::string(linkage::ComponentFormName(component.form)));
    }
    to.set_min_bits(Whole(key.min_bits, kThousandths));
    to.set_dependence(Whole(key.dependence, kThousandths));
    to.set_mean_bits(Whole(key.mean_bits, kThousandths));
    to.set_coverage(Whole(key.coverage, kShares));
    to.set_exposure(Whole(key.exposure, kShares));
  }
  out.set_coverage(Whole(plan.coverage, kShares));
  out.set_exposure(Whole(plan.exposure, kShares));
  out.set_evaluations_per_record(Whole(plan.evaluations_per_record, kHundredths));
  return out;
}

absl::StatusOr<linkage::BlockingPlan> PlanFromWire(const v1::BlockingPlan& plan) {
  constexpr std::uint32_t kNone = linkage::Component::kNoField;
  linkage::BlockingPlan out;
  for (const v1::PlannedKey& key : plan.keys()) {
    linkage::PlannedKey& to = out.keys.emplace_back();
    for (const v1::KeyComponent& component : key.components()) {
      const auto form = linkage::ParseComponentForm(component.form());
      if (!form.has_value() || component.field() >= kNone || component.other_field() > kNone) {
        return absl::InvalidArgumentError(
            "a planned key has a component that this program does not know");
      }
      linkage::Component& c = to.components.emplace_back();
      c.field = static_cast<std::uint16_t>(component.field());
      if (component.other_field() != 0) {
        c.other_field = static_cast<std::uint16_t>(component.other_field() - 1);
      }
      c.form = *form;
    }
    to.min_bits = key.min_bits() / kThousandths;
    to.dependence = key.dependence() / kThousandths;
    to.mean_bits = key.mean_bits() / kThousandths;
    to.coverage = key.coverage() / kShares;
    to.exposure = key.exposure() / kShares;
  }
  out.coverage = plan.coverage() / kShares;
  out.exposure = plan.exposure() / kShares;
  out.evaluations_per_record = plan.evaluations_per_record() / kHundredths;
  return out;
}

}  // namespace raakvlak::authority
