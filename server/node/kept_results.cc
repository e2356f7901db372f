#include "server/node/kept_results.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "linkage/score/strength.h"
#include "server/node/status_macros.h"

namespace raakvlak::node {
namespace {

std::string FieldName(const v1::Purpose& purpose, std::size_t field) {
  const auto place = static_cast<int>(field);
  return place < purpose.profile().fields_size() ? purpose.profile().fields(place).name()
                                                 : absl::StrCat("field ", field + 1);
}

}  // namespace

absl::StatusOr<std::vector<KeptRun>> KeptRuns(const RunJournal& journal) {
  NODE_ASSIGN_OR_RETURN(std::vector<FinishedRun> finished, journal.Finished());
  std::vector<KeptRun> runs;
  for (FinishedRun& one : finished) {
    NODE_ASSIGN_OR_RETURN(std::optional<JournaledRun> journaled, journal.Find(one.manifest_hash));
    KeptRun& run = runs.emplace_back();
    v1::SignedDocument document;
    if (!journaled.has_value() || !document.ParseFromString(journaled->purpose) ||
        !run.purpose.ParseFromString(document.body())) {
      return absl::DataLossError("a finished run is not in the journal");
    }
    run.dataset_id = journaled->dataset_id;
    run.finished = std::move(one);
  }
  return runs;
}

absl::StatusOr<KeptRun> FindKeptRun(const RunJournal& journal, const RunDriver& driver,
                                    const std::string& run_id) {
  for (int i = 0; i < 100 && driver.IsFinishing(run_id); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  NODE_ASSIGN_OR_RETURN(std::vector<KeptRun> runs, KeptRuns(journal));
  for (KeptRun& run : runs) {
    if (run_id.empty() || run.finished.run_id == run_id) return std::move(run);
  }
  return absl::NotFoundError(
      run_id.empty()
          ? std::string("no run has finished at this node yet")
          : absl::StrCat("no results of run ", run_id,
                         " are kept here: it has not finished, or they have been destroyed"));
}

v1::StewardMatch ShowMatch(const OwnMatch& match, const KeptRun& run,
                           const authority::Roster& roster, v1::ReviewDecision decision) {
  v1::StewardMatch out;
  out.set_reference(match.reference);
  out.set_record_id(match.record_id);
  out.set_counterpart(match.counterpart);
  if (const v1::Member* member = roster.FindMember(match.counterpart); member != nullptr) {
    out.set_counterpart_contact(member->contact_desk());
  }
  out.set_strength(static_cast<v1::MatchStrength>(match.strength));
  for (const std::string& type : match.agreed_types) out.add_agreed_types(type);
  out.set_run_id(run.finished.run_id);
  for (std::size_t f = 0; f < match.agreement.size(); ++f) {
    v1::FieldAgreement& field = *out.add_agreement();
    field.set_field(FieldName(run.purpose, f));
    field.set_level(static_cast<v1::AgreementLevel>(match.agreement[f]));
  }
  out.set_decision(decision);
  out.set_chained(match.chained);
  return out;
}

std::string RuleOf(const OwnMatch& match, const v1::Purpose& purpose) {
  std::string rule;
  auto add = [&](const std::string& what, std::string_view how) {
    absl::StrAppend(&rule, rule.empty() ? "" : ", ", what, ": ", std::string(how));
  };
  for (const std::string& type : match.agreed_types) add(type, "equal");
  for (std::size_t f = 0; f < match.agreement.size(); ++f) {
    if (match.agreement[f] == v1::AGREEMENT_LEVEL_UNSPECIFIED) continue;
    // Levels of linkage begin at 0.
    add(FieldName(purpose, f),
        linkage::LevelName(static_cast<std::uint8_t>(match.agreement[f] - 1)));
  }
  return rule;
}

}  // namespace raakvlak::node
