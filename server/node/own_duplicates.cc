#include "server/node/own_duplicates.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <utility>

#include "authority/comparison.h"
#include "crypto/base/bytes.h"
#include "crypto/base/secret.h"
#include "linkage/fuzzy/blocks.h"
#include "linkage/fuzzy/learn_null_model.h"
#include "linkage/fuzzy/own_duplicates.h"
#include "linkage/score/strength.h"
#include "server/node/plan_wire.h"
#include "server/node/status_macros.h"

namespace raakvlak::node {
namespace {

using crypto::SecretAccess;

absl::StatusOr<std::map<std::uint32_t, std::string>> RecordIdsOf(
    const DatasetStore& datasets, const std::string& dataset_id,
    const std::vector<linkage::DuplicateGroup>& groups) {
  std::map<std::uint32_t, std::string> ids;
  for (const linkage::DuplicateGroup& group : groups) {
    for (const std::uint32_t record : group.records) ids[record];
  }
  NODE_ASSIGN_OR_RETURN(auto reader, datasets.OpenDataset(dataset_id));
  StoredRecord record;
  std::uint32_t number = 0;
  for (auto& [wanted, id] : ids) {
    for (; number <= wanted; ++number) {
      NODE_ASSIGN_OR_RETURN(bool more, reader->Next(record));
      if (!more) return absl::DataLossError("the dataset is shorter than its compared values");
    }
    id = record.record_id;
  }
  return ids;
}

// The least of what any two of the group agree in; a field that no two were compared in stays so.
linkage::AgreementPattern LeastAgreement(const linkage::DuplicateGroup& group) {
  linkage::AgreementPattern least = linkage::EmptyPattern();
  for (const linkage::DuplicatePair& pair : group.pairs) {
    for (std::size_t f = 0; f < least.size(); ++f) {
      if (pair.pattern[f] == linkage::kMissingLevel) continue;
      least[f] = least[f] == linkage::kMissingLevel ? pair.pattern[f]
                                                    : std::max(least[f], pair.pattern[f]);
    }
  }
  return least;
}

// As strong as its weakest pair; what holds together through a third record alone is for the
// steward to judge.
v1::MatchStrength StrengthOf(const linkage::DuplicateGroup& group) {
  const bool strong =
      !group.disputed && std::all_of(group.pairs.begin(), group.pairs.end(), [](const auto& pair) {
        return linkage::StrengthOf(pair.score, /*number_agrees=*/false) ==
               linkage::MatchStrength::kStrong;
      });
  return strong ? v1::MATCH_STRENGTH_STRONG : v1::MATCH_STRENGTH_POSSIBLE;
}

}  // namespace

absl::StatusOr<std::vector<v1::DuplicateGroup>> ListOwnDuplicates(
    const DatasetStore& datasets, const std::string& dataset_id,
    const v1::ComparisonProfile& wire_profile, const v1::BlockingPlan& wire_plan,
    crypto::Random& random) {
  const linkage::Profile profile = authority::ToProfile(wire_profile);
  NODE_ASSIGN_OR_RETURN(linkage::BlockingPlan plan, PlanFromWire(wire_plan));
  NODE_ASSIGN_OR_RETURN(
      linkage::RecordTable table,
      datasets.ReadCompared(dataset_id, profile, std::numeric_limits<std::size_t>::max()));
  const std::vector<linkage::Block> blocks = linkage::MakeBlocks(profile, plan, table, nullptr);
  const crypto::Secret<16> dummy_key = random.NewSecret<16>();
  // The same list whenever it is asked for: nothing here is sent, so nothing need be drawn anew.
  const linkage::NullModel null = linkage::LearnNullModel(
      profile, table, blocks, dummy_key.Reveal(SecretAccess{}), linkage::NullModelOptions());
  const std::vector<linkage::DuplicateGroup> groups =
      linkage::FindOwnDuplicates(profile, table, blocks, dummy_key.Reveal(SecretAccess{}), null);
  NODE_ASSIGN_OR_RETURN(auto ids, RecordIdsOf(datasets, dataset_id, groups));

  std::vector<v1::DuplicateGroup> out;
  for (const linkage::DuplicateGroup& group : groups) {
    v1::DuplicateGroup& wire = out.emplace_back();
    for (const std::uint32_t record : group.records) wire.add_record_ids(ids.at(record));
    const linkage::AgreementPattern least = LeastAgreement(group);
    for (std::size_t f = 0; f < profile.fields.size(); ++f) {
      v1::FieldAgreement& field = *wire.add_agreement();
      field.set_field(profile.fields[f].name);
      field.set_level(least[f] == linkage::kMissingLevel
                          ? v1::AGREEMENT_LEVEL_UNSPECIFIED
                          : static_cast<v1::AgreementLevel>(least[f] + 1));
    }
    wire.set_strength(StrengthOf(group));
  }
  return out;
}

}  // namespace raakvlak::node
