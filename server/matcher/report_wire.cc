// Report to messages.
#include "server/matcher/report_wire.h"

#include "authority/plan_text.h"

namespace raakvlak::matcher {
namespace {

constexpr int kMatchesPerChunk = 4096;
// Bytes of a match in its chunk beside the match: key and length.
constexpr std::size_t kBytesAround = 6;

v1::ReviewDecision DecisionToWire(Decision decision) {
  switch (decision) {
    case Decision::kUndecided:
      return v1::REVIEW_DECISION_UNSPECIFIED;
    case Decision::kMatch:
      return v1::REVIEW_DECISION_MATCH;
    case Decision::kNoMatch:
      return v1::REVIEW_DECISION_NO_MATCH;
  }
  return v1::REVIEW_DECISION_UNSPECIFIED;
}

}  // namespace

v1::MatchStrength ToWire(linkage::Strength strength) {
  switch (strength) {
    case linkage::Strength::kHard:
      return v1::MATCH_STRENGTH_HARD;
    case linkage::Strength::kStrong:
      return v1::MATCH_STRENGTH_STRONG;
    case linkage::Strength::kPossible:
      return v1::MATCH_STRENGTH_POSSIBLE;
  }
  return v1::MATCH_STRENGTH_UNSPECIFIED;
}

v1::AgreementLevel LevelToWire(std::uint8_t level) {
  switch (level) {
    case 0:
      return v1::AGREEMENT_LEVEL_EXACT;
    case 1:
      return v1::AGREEMENT_LEVEL_CLOSE;
    case 2:
      return v1::AGREEMENT_LEVEL_ALIKE;
    case 3:
      return v1::AGREEMENT_LEVEL_FAINT;
    case 4:
      return v1::AGREEMENT_LEVEL_DIFFERS;
    default:
      return v1::AGREEMENT_LEVEL_UNSPECIFIED;
  }
}

std::string SerialiseReportHeader(const Report& report, const authority::Roster& roster,
                                  const authority::Purpose& purpose,
                                  const authority::Manifest& manifest, const ReportNotes& notes) {
  const auto& agencies = manifest.body().agencies();
  v1::ReportChunk first;
  v1::ReportHeader& header = *first.mutable_header();
  header.set_partnership(roster.body().partnership());
  header.set_purpose_title(purpose.body().title());
  header.set_legal_basis(purpose.body().legal_basis());
  header.set_purpose_expires_at(purpose.body().not_after());
  header.set_minimum_count(purpose.body().minimum_count());
  for (const std::string& agency : agencies) {
    v1::ReportParty& party = *header.add_parties();
    party.set_agency_id(agency);
    if (const v1::Member* member = roster.FindMember(agency); member != nullptr) {
      party.set_display_name(member->display_name());
      party.set_contact_desk(member->contact_desk());
    }
  }
  for (const Report::Cell& cell : report.cells) {
    v1::ReportCell& out = *header.add_cells();
    out.set_first_agency(agencies[cell.first_agency]);
    out.set_second_agency(agencies[cell.second_agency]);
    out.set_strength(ToWire(cell.strength));
    out.set_count(cell.count);
    out.set_suppressed(cell.suppressed);
  }
  for (const Report::GroupCell& cell : report.groups) {
    v1::GroupCell& out = *header.add_groups();
    for (int i = 0; i < agencies.size(); ++i) {
      if ((cell.agencies >> i & 1) != 0) out.add_agencies(agencies[i]);
    }
    out.set_count(cell.count);
    out.set_suppressed(cell.suppressed);
  }
  for (const std::string& warning : notes.warnings) header.add_warnings(warning);
  const v1::ComparisonProfile& profile = purpose.body().profile();
  if (manifest.body().has_plan()) {
    for (const std::string& line : authority::DescribePlan(profile, manifest.body().plan())) {
      header.add_blocking_keys(line);
    }
    for (int i = 0; i < agencies.size(); ++i) {
      v1::ExposureFigure& figure = *header.add_exposure();
      figure.set_agency_id(agencies[i]);
      figure.set_exposed(notes.exposure[static_cast<std::size_t>(i)].Share());
      figure.set_ceiling(profile.max_exposure());
    }
  }
  header.set_dismissed_suppressed(report.dismissed < purpose.body().minimum_count());
  if (!header.dismissed_suppressed()) header.set_dismissed(report.dismissed);
  return first.SerializeAsString();
}

absl::Status ReportChunks::Add(const Report::Match& match, const SeenTimes& seen) {
  const auto& agencies = manifest_.agencies();
  v1::ReportMatch out;
  out.set_reference(match.reference);
  out.set_first_agency(agencies[match.first_agency]);
  out.set_second_agency(agencies[match.second_agency]);
  out.set_strength(ToWire(match.strength));
  for (int i = 0; i < manifest_.identifier_types_size(); ++i) {
    if ((match.types >> i & 1) != 0) out.add_agreed_types(manifest_.identifier_types(i));
  }
  for (std::size_t f = 0; f < match.agreement.size(); ++f) {
    v1::FieldAgreement& field = *out.add_agreement();
    field.set_field(profile_.fields(static_cast<int>(f)).name());
    field.set_level(LevelToWire(match.agreement[f]));
  }
  out.set_first_decision(DecisionToWire(match.first_decision));
  out.set_second_decision(DecisionToWire(match.second_decision));
  out.set_group(match.group);
  out.set_chained(match.chained);
  out.set_first_seen(seen.first_seen);
  out.set_last_seen(seen.last_seen);
  const std::size_t bytes = out.ByteSizeLong() + kBytesAround;
  if (bytes_ + bytes > kMaxFrameBytes) {
    if (absl::Status s = Send(); !s.ok()) return s;
  }
  bytes_ += bytes;
  *chunk_.add_matches() = std::move(out);
  return chunk_.matches_size() == kMatchesPerChunk ? Send() : absl::OkStatus();
}

absl::Status ReportChunks::Send() {
  absl::Status status = sink_(chunk_.SerializeAsString());
  chunk_.Clear();
  bytes_ = 0;
  return status;
}

absl::Status ReportChunks::Finish() {
  return chunk_.matches_size() > 0 ? Send() : absl::OkStatus();
}

}  // namespace raakvlak::matcher
