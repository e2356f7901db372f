// Planning for a file that a steward checks.
#include "client/commands/check_plan.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "authority/comparison.h"
#include "authority/purpose.h"
#include "client/commands/document_commands.h"
#include "linkage/fuzzy/file_figures.h"
#include "linkage/score/planner_choice.h"

namespace raakvlak::client {
namespace {

// As a node (server/node/plan_keeper.h).
constexpr std::uint64_t kMaxRows = 100'000;

}  // namespace

absl::StatusOr<PlanCheck> PlanCheck::Open(const std::string& file, const dataset::Schema& schema) {
  auto read = ReadUnverified(file, authority::kPurposeKind, authority::CheckPurposeForm);
  if (!read.ok()) return read.status();
  const v1::Purpose& purpose = read->second;
  if (!purpose.has_profile()) {
    return absl::FailedPreconditionError(absl::StrCat(
        file, " has no profile: it links equal identifiers only, there is no plan to show"));
  }
  return PlanCheck(purpose, schema);
}

PlanCheck::PlanCheck(const v1::Purpose& purpose, const dataset::Schema& schema)
    : report_{purpose.purpose_id(), authority::ToProfile(purpose.profile()), {}, 0, {}},
      records_(schema, report_.profile) {
  report_.missing = dataset::ExplainMissing(schema.compare, report_.profile);
}

void PlanCheck::Add(const std::vector<std::string>& compare) {
  if (count_++ < kMaxRows) records_.Add(compare);
}

PlanReport PlanCheck::Finish() {
  const linkage::RecordTable table = records_.Take();
  report_.unusable = records_.unusable();
  linkage::PlanOptions options;
  options.largest_file = linkage::MeasureFile(report_.profile, table, count_).records;
  options.max_rows = kMaxRows;
  report_.plan = linkage::PlanBlocking(report_.profile, table, options);
  return std::move(report_);
}

std::string PlanReport::ToText() const {
  std::string out = absl::StrCat("\nnames and damaged values, purpose ", purpose_id, ":\n");
  for (const std::string& sentence : missing) absl::StrAppend(&out, "  ", sentence, "\n");
  if (unusable > 0) {
    absl::StrAppend(&out, "  ", unusable, " compared values are of no use and left empty\n");
  }
  if (plan.keys.empty()) {
    absl::StrAppend(&out,
                    "  no key made of these fields tells the records apart: this file is "
                    "linked by equal identifiers only\n");
    return out;
  }
  for (const std::string& line : plan.Explain(profile)) absl::StrAppend(&out, "  ", line, "\n");
  absl::StrAppend(&out, absl::StrFormat("  the purpose allows an exposure of %.2f%%; a run uses "
                                        "the plan of the largest file\n",
                                        100 * profile.max_exposure));
  return out;
}

nlohmann::ordered_json PlanReport::ToJson() const {
  nlohmann::ordered_json out;
  out["purpose"] = purpose_id;
  out["missing"] = missing;
  out["unusable"] = unusable;
  out["keys"] = plan.keys.size();
  out["evaluations_per_record"] = plan.evaluations_per_record;
  out["coverage"] = plan.coverage;
  out["exposure"] = plan.exposure;
  out["max_exposure"] = profile.max_exposure;
  out["explanation"] = plan.keys.empty() ? std::vector<std::string>() : plan.Explain(profile);
  return out;
}

}  // namespace raakvlak::client
