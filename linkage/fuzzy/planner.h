// The blocking planner: which compound keys a run evaluates.
//
// A compound key joins components of two to four different fields into one OPRF input (apart, they
// could be enumerated offline). Records of two agencies meet only where a whole compound agrees, so
// the plan settles both what can be found (coverage) and what a colluding counterpart could open
// (exposure: records without a match that share a block all the same). The planner chooses keys,
// and for each the least rarity a value must have to be used, so that coverage of damaged copies of
// own records is greatest while exposure and number of keys stay under their ceilings.
//
// Needs no labels. Deterministic: the same table, profile and options give the same plan on every
// machine. Each node plans beforehand, from its own file alone; the run manifest fixes whose plan
// is used (planner_choice.h), all nodes use it.
#ifndef RAAKVLAK_LINKAGE_FUZZY_PLANNER_H_
#define RAAKVLAK_LINKAGE_FUZZY_PLANNER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "linkage/fuzzy/component.h"
#include "linkage/score/profile.h"

namespace raakvlak::linkage {

struct PlannedKey {
  std::vector<Component> components;
  // A value is used only if it is at least this rare, in bits as estimated by the node itself from
  // its own file (ComponentColumn::bits summed, less `dependence`).
  double min_bits = 0;
  // How many bits the components overlap (town and postcode), measured.
  double dependence = 0;
  // Measured on the planning node's file: mean bits, coverage and exposure of this key alone.
  double mean_bits = 0;
  double coverage = 0;
  double exposure = 0;
};

// What a key's values are made of, as bytes: kinds, names and forms of its components, in order,
// each with its length. Equal for two keys only if they mean the same, whatever plan and place they
// stand in, so it is part of each OPRF input (blocks.h).
std::string KeyDefinition(const Profile& profile, const PlannedKey& key);

struct BlockingPlan {
  std::vector<PlannedKey> keys;
  // Of the whole plan, as measured by the planner.
  double coverage = 0;
  double exposure = 0;
  double evaluations_per_record = 0;
  // What `raak check` shows: one line a key and one for the whole.
  std::vector<std::string> Explain(const Profile& profile) const;
};

struct PlanOptions {
  // Records of the largest file of the run: what a value must be rare among. Nodes give
  // what MeasureFile says of their own file, as the largest plans.
  std::uint64_t largest_file = 0;
  // Agencies besides the own one: each may bring strangers of that number, and a record is exposed
  // by meeting one of any of them.
  std::size_t counterparts = 1;
  std::uint64_t seed = 1;
  // Records whose damaged copies are followed.
  std::size_t sample = 4096;
  // Records of the own file that are looked at, at most.
  std::size_t max_rows = 100000;
};

// An empty plan if the table has fewer than two records or no compound is selective enough.
BlockingPlan PlanBlocking(const Profile& profile, const RecordTable& table,
                          const PlanOptions& options);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_FUZZY_PLANNER_H_
