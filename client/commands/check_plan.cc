// Planning for a file that a steward checks.
#include "client/commands/check_plan.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "authority/comparison.h"
#include "authority/plan_text.h"
#include "authority/plan_wire.h"
#include "authority/purpose.h"
#include "client/commands/document_commands.h"
#include "linkage/fuzzy/blocks.h"
#include "linkage/fuzzy/file_figures.h"
#include "linkage/types/identifier_type.h"

namespace raakvlak::client {
namespace {

// As a node (server/node/plan_keeper.h).
constexpr std::uint64_t kMaxRows = 100'000;

// One key at a time, so that the blocks of one key are in memory.
void CountUnserved(const linkage::RecordTable& table, PlanReport& report) {
  report.planned = table.rows();
  std::vector<std::uint8_t> served(table.rows());
  linkage::BlockingPlan one = report.plan;
  for (const linkage::PlannedKey& key : report.plan.keys) {
    one.keys = {key};
    linkage::BlockCounts counts;
    for (const linkage::Block& block : linkage::MakeBlocks(report.profile, one, table, &counts)) {
      for (const std::uint32_t record : block.records) served[record] = 1;
    }
    report.large_blocks += counts.too_large;
  }
  report.unserved = static_cast<std::uint64_t>(std::count(served.begin(), served.end(), 0));
}

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
    : records_(schema, authority::ToProfile(purpose.profile())), wire_profile_(purpose.profile()) {
  report_.purpose_id = purpose.purpose_id();
  report_.profile = authority::ToProfile(purpose.profile());
  report_.counterparts = static_cast<std::size_t>(purpose.agencies_size() - 1);
  report_.missing = dataset::ExplainMissing(schema.compare, report_.profile);
  for (const dataset::CompareSpec& spec : schema.compare) columns_.push_back(spec.column);
  std::optional<std::uint64_t> least;
  for (const v1::TypePolicy& type : purpose.types()) {
    const auto known = linkage::ParseIdentifierType(type.identifier_type());
    if (known.has_value() && linkage::IsBlockType(*known)) {
      least = std::min(least.value_or(type.run_grant()), type.run_grant());
    }
  }
  report_.run_grant = least.value_or(0);
}

void PlanCheck::Add(const std::vector<std::string>& compare) {
  if (report_.records++ < kMaxRows) records_.Add(compare);
}

PlanReport PlanCheck::Finish() {
  const linkage::RecordTable table = records_.Take();
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    if (records_.unusable()[c] > 0)
      report_.unusable.emplace_back(columns_[c], records_.unusable()[c]);
  }
  linkage::PlanOptions options;
  options.largest_file = linkage::MeasureFile(report_.profile, table, report_.records).records;
  options.counterparts = report_.counterparts;
  options.max_rows = kMaxRows;
  report_.plan = linkage::PlanBlocking(report_.profile, table, options);
  report_.explanation = authority::DescribePlan(wire_profile_, authority::PlanToWire(report_.plan));
  CountUnserved(table, report_);
  return std::move(report_);
}

std::string PlanReport::ToText() const {
  std::string out = absl::StrCat("\nnames and damaged values, purpose ", purpose_id, ":\n");
  for (const std::string& sentence : missing) absl::StrAppend(&out, "  ", sentence, "\n");
  for (const auto& [column, count] : unusable) {
    absl::StrAppend(&out, "  ", column, ": ", count, count == 1 ? " value is" : " values are",
                    " of no use (a placeholder, or not what the column is to hold) and left "
                    "empty\n");
  }
  if (plan.keys.empty()) {
    absl::StrAppend(&out,
                    "  no key made of these fields tells the records apart: this file is "
                    "linked by equal identifiers only\n");
    return out;
  }
  absl::StrAppend(
      &out,
      "  keys, each a combination of values that is evaluated as one; a record uses those "
      "of which its values are rare enough:\n");
  for (const std::string& line : explanation) absl::StrAppend(&out, "  ", line, "\n");
  if (unserved > 0) {
    absl::StrAppend(
        &out, "  ", unserved, " of ", planned,
        " records have too few values, or too common ones, for any key: they are linked "
        "by equal identifiers only\n");
  }
  if (large_blocks > 0) {
    absl::StrAppend(&out, "  ", large_blocks, large_blocks == 1 ? " value" : " values",
                    " of a key left out because more than ", profile.block_cap,
                    " records have it\n");
  }
  if (records > run_grant) {
    absl::StrAppend(&out, "  ", records, " records may need more evaluations of a key than the ",
                    run_grant, " that the purpose grants in a run: the run then fails\n");
  }
  absl::StrAppend(&out, absl::StrFormat("  the purpose allows an exposure of %.2f%%; a run uses "
                                        "the plan of the largest file\n",
                                        100 * profile.max_exposure));
  return out;
}

nlohmann::ordered_json PlanReport::ToJson() const {
  nlohmann::ordered_json out;
  out["purpose"] = purpose_id;
  out["missing"] = missing;
  std::uint64_t sum = 0;
  out["unusable"] = 0;
  out["unusable_by_column"] = nlohmann::ordered_json::object();
  for (const auto& [column, count] : unusable) {
    out["unusable_by_column"][column] = count;
    sum += count;
  }
  out["unusable"] = sum;
  out["keys"] = plan.keys.size();
  out["evaluations_per_record"] = plan.evaluations_per_record;
  out["coverage"] = plan.coverage;
  out["exposure"] = plan.exposure;
  out["max_exposure"] = profile.max_exposure;
  out["records_planned"] = planned;
  out["records_unserved"] = unserved;
  out["values_over_block_cap"] = large_blocks;
  out["within_run_grant"] = records <= run_grant;
  out["explanation"] = plan.keys.empty() ? std::vector<std::string>() : explanation;
  return out;
}

}  // namespace raakvlak::client
