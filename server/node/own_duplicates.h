// Records of the own dataset that look like one subject, as its steward is shown them. Found as
// matches between agencies are (linkage/fuzzy/own_duplicates.h), but within the node: nothing of it
// goes to anybody else.
#ifndef RAAKVLAK_SERVER_NODE_OWN_DUPLICATES_H_
#define RAAKVLAK_SERVER_NODE_OWN_DUPLICATES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/base/random.h"
#include "raakvlak/v1/authority.pb.h"
#include "raakvlak/v1/stewardship.pb.h"
#include "server/node/dataset_store.h"

namespace raakvlak::node {

// In the order of each group's first record. `plan`: the node's own for a purpose with `profile`.
// Memory grows with the dataset, as when it is evaluated (run_steps.h).
absl::StatusOr<std::vector<v1::DuplicateGroup>> ListOwnDuplicates(
    const DatasetStore& datasets, const std::string& dataset_id,
    const v1::ComparisonProfile& profile, const v1::BlockingPlan& plan, crypto::Random& random);

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_OWN_DUPLICATES_H_
