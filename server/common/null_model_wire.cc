// Out as it is; in, shapes first, then numbers.
#include "server/common/null_model_wire.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace raakvlak::common {
namespace {

constexpr int kMaxClasses = 8;
constexpr double kLeastChance = 1e-12;
// What rounding may leave of a sum of 1.
constexpr double kSumSlack = 1e-3;
// Pairs beyond this would give one agency all the weight.
constexpr std::uint64_t kMaxPairs = std::uint64_t{1} << 40;

absl::Status BadModel(std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("the null model ", std::string(what)));
}

// False for NaN as well.
bool IsChance(double x) { return x >= 0 && x <= 1; }

absl::StatusOr<linkage::FieldChances> Chances(
    const linkage::Profile& profile,
    const google::protobuf::RepeatedPtrField<v1::LevelChances>& message) {
  if (static_cast<std::size_t>(message.size()) != profile.fields.size()) {
    return BadModel("does not have the profile's number of fields");
  }
  linkage::FieldChances out;
  for (const v1::LevelChances& field : message) {
    if (static_cast<std::size_t>(field.chances_size()) != linkage::kLevels) {
      return BadModel("does not have five agreement levels");
    }
    linkage::LevelChances& levels = out.emplace_back();
    double sum = 0;
    for (std::size_t level = 0; level < linkage::kLevels; ++level) {
      const double chance = field.chances(static_cast<int>(level));
      if (!IsChance(chance)) return BadModel("has a chance that is not between 0 and 1");
      sum += chance;
      levels[level] = std::max(chance, kLeastChance);
    }
    if (std::abs(sum - 1) > kSumSlack) return BadModel("has chances that do not add up to 1");
  }
  return out;
}

template <typename Field>
void AddChances(const linkage::FieldChances& chances, Field& out) {
  for (const linkage::LevelChances& levels : chances) {
    v1::LevelChances& field = *out.Add();
    for (const double chance : levels) field.add_chances(chance);
  }
}

}  // namespace

v1::NullModel NullModelToWire(const linkage::NullModel& model) {
  v1::NullModel out;
  AddChances(model.independent, *out.mutable_independent());
  out.set_random_pairs(model.random_pairs);
  for (const linkage::MixtureClass& c : model.classes) {
    v1::MixtureClass& wire = *out.add_classes();
    wire.set_weight(c.weight);
    AddChances(c.chances, *wire.mutable_chances());
  }
  out.set_block_pairs(model.block_pairs);
  out.set_block_chance(model.block_chance);
  return out;
}

absl::StatusOr<linkage::NullModel> NullModelFromWire(const linkage::Profile& profile,
                                                     const v1::NullModel& message) {
  linkage::NullModel model;
  absl::StatusOr<linkage::FieldChances> independent = Chances(profile, message.independent());
  if (!independent.ok()) return independent.status();
  model.independent = *std::move(independent);
  if (message.classes_size() < 1 || message.classes_size() > kMaxClasses) {
    return BadModel("does not have 1 to 8 classes");
  }
  double weights = 0;
  for (const v1::MixtureClass& c : message.classes()) {
    if (!IsChance(c.weight())) return BadModel("has a weight that is not between 0 and 1");
    absl::StatusOr<linkage::FieldChances> chances = Chances(profile, c.chances());
    if (!chances.ok()) return chances.status();
    model.classes.push_back({std::max(c.weight(), kLeastChance), *std::move(chances)});
    weights += c.weight();
  }
  if (std::abs(weights - 1) > kSumSlack) return BadModel("has weights that do not add up to 1");
  if (!IsChance(message.block_chance())) {
    return BadModel("has a chance of sharing a block that is not between 0 and 1");
  }
  model.block_chance = std::max(message.block_chance(), kLeastChance);
  if (message.random_pairs() > kMaxPairs || message.block_pairs() > kMaxPairs) {
    return BadModel("claims to rest on more pairs than there can be");
  }
  model.random_pairs = message.random_pairs();
  model.block_pairs = message.block_pairs();
  return model;
}

}  // namespace raakvlak::common
