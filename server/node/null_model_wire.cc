#include "server/node/null_model_wire.h"

namespace raakvlak::node {
namespace {

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

}  // namespace raakvlak::node
