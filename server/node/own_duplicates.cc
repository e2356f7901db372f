#include "server/node/own_duplicates.h"

#include <cstdint>
#include <limits>
#include <map>
#include <utility>

#include "authority/comparison.h"
#include "authority/plan_wire.h"
#include "crypto/base/bytes.h"
#include "crypto/base/secret.h"
#include "linkage/fuzzy/blocks.h"
#include "linkage/fuzzy/learn_null_model.h"
#include "linkage/fuzzy/own_duplicates.h"
#include "server/node/duplicate_wire.h"
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

}  // namespace

absl::StatusOr<std::vector<v1::DuplicateGroup>> ListOwnDuplicates(
    const DatasetStore& datasets, const std::string& dataset_id,
    const v1::ComparisonProfile& wire_profile, const v1::BlockingPlan& wire_plan,
    crypto::Random& random) {
  const linkage::Profile profile = authority::ToProfile(wire_profile);
  NODE_ASSIGN_OR_RETURN(linkage::BlockingPlan plan, authority::PlanFromWire(wire_plan));
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
  out.reserve(groups.size());
  for (const linkage::DuplicateGroup& group : groups) {
    out.push_back(DuplicateToWire(profile, group, ids));
  }
  return out;
}

}  // namespace raakvlak::node
