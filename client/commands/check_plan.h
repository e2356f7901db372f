// What `raak check --purpose` says of a file: which compared fields it lacks, and the blocking plan
// that its node would make of it.
#ifndef RAAKVLAK_CLIENT_COMMANDS_CHECK_PLAN_H_
#define RAAKVLAK_CLIENT_COMMANDS_CHECK_PLAN_H_

#include <cstdint>
#include <string>
#include <utility>
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
  // Compared values that could not be used, by column; columns without any are left out.
  std::vector<std::pair<std::string, std::uint64_t>> unusable;
  linkage::BlockingPlan plan;
  std::vector<std::string> explanation;  // of the plan, in words
  std::uint64_t records = 0;
  std::size_t counterparts = 0;  // agencies of the purpose besides this one
  // Of how many records it is known how the plan serves them: the first of the file.
  std::uint64_t planned = 0;
  // Of those, records with no value of any key that is rare enough, and values of a key that more
  // records have than the profile's cap: by likeness the former are found by nobody, the latter not
  // by that key.
  std::uint64_t unserved = 0;
  std::uint64_t large_blocks = 0;
  // Evaluations of one block type that the purpose grants in a run: the least of all.
  std::uint64_t run_grant = 0;

  // Every field has a column, and there is a plan, for which the purpose grants enough.
  bool clean() const { return missing.empty() && !plan.keys.empty() && records <= run_grant; }
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
  v1::ComparisonProfile wire_profile_;
  std::vector<std::string> columns_;  // of the schema's [compare]
};

}  // namespace raakvlak::client

#endif  // RAAKVLAK_CLIENT_COMMANDS_CHECK_PLAN_H_
