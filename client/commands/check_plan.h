// What `raak check --purpose` says of a file: which compared fields it lacks, and the blocking plan
// that its node would make of it.
#ifndef RAAKVLAK_CLIENT_COMMANDS_CHECK_PLAN_H_
#define RAAKVLAK_CLIENT_COMMANDS_CHECK_PLAN_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "dataset/compared_records.h"
#include "linkage/fuzzy/planner.h"
#include "linkage/score/profile.h"
#include "nlohmann/json.hpp"
#include "raakvlak/v1/authority.pb.h"

namespace raakvlak::client {

struct PlanReport {
  std::string purpose_id;
  linkage::Profile profile;
  // Sentences, one for each compared field without a column.
  std::vector<std::string> missing;
  // Compared values that could not be used.
  std::uint64_t unusable = 0;
  linkage::BlockingPlan plan;

  // Every field has a column and there is a plan.
  bool clean() const { return missing.empty() && !plan.keys.empty(); }
  std::string ToText() const;
  nlohmann::ordered_json ToJson() const;
};

// Gathers the records of a file and plans as a node would. Not thread-safe.
class PlanCheck {
 public:
  // The purpose in `file`, signed or not yet; FailedPrecondition where it has no profile.
  static absl::StatusOr<PlanCheck> Open(const std::string& file, const dataset::Schema& schema);

  void Add(const std::vector<std::string>& compare);
  PlanReport Finish();

 private:
  PlanCheck(const v1::Purpose& purpose, const dataset::Schema& schema);

  PlanReport report_;
  dataset::ComparedRecords records_;
  std::uint64_t count_ = 0;
};

}  // namespace raakvlak::client

#endif  // RAAKVLAK_CLIENT_COMMANDS_CHECK_PLAN_H_
