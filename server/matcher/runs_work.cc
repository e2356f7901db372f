// The matcher's own stages, done outside the lock by the daemon's worker.
#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "authority/comparison.h"
#include "linkage/types/identifier_type.h"
#ifdef RAAKVLAK_CAPTURE
#include "server/matcher/capture.h"
#endif
#include "server/matcher/matching_stage.h"
#include "server/matcher/pairing_stage.h"
#include "server/matcher/report_wire.h"
#include "server/matcher/runs.h"

namespace raakvlak::matcher {
namespace {

std::vector<std::string_view> ReferencesOf(const std::vector<Report::Match>& matches) {
  std::vector<std::string_view> references;
  references.reserve(matches.size());
  for (const Report::Match& match : matches) references.push_back(match.reference);
  return references;
}

}  // namespace

StageContext Runs::ContextOf(const authority::Manifest& manifest,
                             const authority::Purpose& purpose) const {
  StageContext context;
  context.agencies.assign(manifest.body().agencies().begin(), manifest.body().agencies().end());
  context.overlap_ceiling = purpose.body().overlap_ceiling();
  for (const std::string& name : manifest.body().identifier_types()) {
    context.type_names.push_back(name);
    // Registering refused unknown types.
    context.types.push_back(
        linkage::ParseIdentifierType(name).value_or(linkage::IdentifierType::kPersonName));
    const v1::TypePolicy* policy = purpose.FindType(name);
    context.max_records_per_value.push_back(policy == nullptr ? 1
                                                              : policy->max_records_per_value());
  }
  if (manifest.body().has_plan()) {
    context.profile = authority::ToProfile(purpose.body().profile());
  }
  return context;
}

absl::Status Runs::EraseFiles(const RunRow& row) {
  const RunDirectory directory(options_.data_dir, row.run_id, row.status.attempt);
  if (absl::Status s = Audit("run.erased", "self", "done", {{"run", row.run_id}}); !s.ok()) {
    return s;
  }
  if (absl::Status s = deps_.fs.RemoveTree(directory.run()); !s.ok()) return s;
  return deps_.fs.SyncDirectory(RunDirectory::Runs(options_.data_dir));
}

absl::Status Runs::DoReport(const RunRow& row, const authority::Manifest& manifest,
                            const authority::Purpose& purpose, const StageContext& context,
                            const RunDirectory& directory, std::string* header) {
  const auto& agencies = context.agencies;
  auto builder =
      ReportBuilder::Create(deps_.fs, directory.Scratch(), static_cast<int>(agencies.size()),
                            context.types, purpose.body().minimum_count());
  if (!builder.ok()) return builder.status();
  absl::StatusOr<JoinedReferences> joined =
      JoinReferences(deps_.fs, directory, static_cast<int>(agencies.size()),
                     [&](const AgreedMatch& match) { return (*builder)->Add(match); });
  if (!joined.ok()) return joined.status();
  ReportNotes notes{row.warnings, joined->exposure};
  for (const LeftOut& agency : row.left_out) notes.warnings.push_back(Describe(agency));
  absl::StatusOr<std::vector<UnconfirmedRow>> unconfirmed =
      deps_.journal.Unconfirmed(row.manifest_hash);
  if (!unconfirmed.ok()) return unconfirmed.status();
  for (const UnconfirmedRow& u : *unconfirmed) {
    notes.warnings.push_back(
        absl::StrCat(u.agency_id, " could not confirm the shared values of type ",
                     u.identifier_type, " with ", u.counterpart, "; they were not compared"));
  }
  // No number: it would tell of suppressed cells.
  for (const auto& [first, second] : joined->disputed) {
    notes.warnings.push_back(absl::StrCat(
        "matches of ", agencies[static_cast<std::size_t>(first)], " and ",
        agencies[static_cast<std::size_t>(second)],
        " were left out because the two nodes did not report the same reference for them"));
  }
  const std::uint32_t ceiling = purpose.body().profile().max_exposure();
  for (std::size_t i = 0; context.LinksBlocks() && i < agencies.size(); ++i) {
    if (joined->exposure[i].Share() <= ceiling) continue;
    notes.warnings.push_back(
        absl::StrFormat("%s: %.2f%% of the records without a match sat in shared blocks, more than "
                        "the purpose's ceiling of %.2f%%",
                        agencies[i], joined->exposure[i].Share() / 100.0, ceiling / 100.0));
  }
  auto reported = FramedWriter::Create(deps_.fs, directory.Reported(), kReportedMagic);
  if (!reported.ok()) return reported.status();
  absl::StatusOr<Report> report = (*builder)->Count(
      [&](std::string_view reference) { return (*reported)->Add(crypto::AsBytes(reference)); });
  if (!report.ok()) return report.status();
  if (auto digest = (*reported)->Finish(); !digest.ok()) return digest.status();
  if (report->groups.empty() && report->lists_matches) {
    notes.warnings.push_back(
        "groups are not shown, since their counts would give small numbers away");
  }
  *header = SerialiseReportHeader(*report, deps_.roster, purpose, manifest, notes);
  return WriteMatches(row, manifest, purpose, directory, **builder);
}

absl::Status Runs::WriteMatches(const RunRow& row, const authority::Manifest& manifest,
                                const authority::Purpose& purpose, const RunDirectory& directory,
                                ReportBuilder& builder) {
  auto file = FramedWriter::Create(deps_.fs, directory.Report(), kReportMagic);
  if (!file.ok()) return file.status();
  ReportChunks chunks(purpose.body().profile(), manifest.body(), [&](const std::string& chunk) {
    return (*file)->Add(crypto::AsBytes(chunk));
  });
  const std::int64_t now = deps_.clock.UnixSeconds();
  // So many at a time keep the journal from others for a millisecond.
  constexpr std::size_t kTogether = 256;
  std::vector<Report::Match> matches;
  const auto write = [&]() -> absl::Status {
    const std::vector<std::string_view> references = ReferencesOf(matches);
    const auto seen = deps_.journal.Seen(row.purpose_id, references);
    if (!seen.ok()) return seen.status();
    for (std::size_t i = 0; i < matches.size(); ++i) {
      const std::optional<SeenTimes>& before = (*seen)[i];
      const SeenTimes times{before.has_value() ? before->first_seen : now, now};
      if (absl::Status s = chunks.Add(matches[i], times); !s.ok()) return s;
    }
    matches.clear();
    return absl::OkStatus();
  };
  absl::Status status = builder.ForEachMatch([&](const Report::Match& match) -> absl::Status {
    matches.push_back(match);
    return matches.size() < kTogether ? absl::OkStatus() : write();
  });
  if (!status.ok()) return status;
  if (absl::Status s = write(); !s.ok()) return s;
  if (absl::Status s = chunks.Finish(); !s.ok()) return s;
  return (*file)->Finish().status();
}

absl::Status Runs::KeepReport(const RunRow& row, const std::string& header) {
  const RunDirectory directory(options_.data_dir, row.run_id, row.status.attempt);
  auto reported = FramedReader::Open(deps_.fs, directory.Reported(), kReportedMagic);
  if (!reported.ok()) return reported.status();
  const std::int64_t now = deps_.clock.UnixSeconds();
  while (true) {
    auto reference = (*reported)->Next();
    if (!reference.ok()) return reference.status();
    if (!reference->has_value()) break;
    if (absl::Status s = deps_.journal.MarkSeen(row.purpose_id, crypto::ToString(**reference), now);
        !s.ok()) {
      return s;
    }
  }
  auto chunks = FramedReader::Open(deps_.fs, directory.Report(), kReportMagic);
  if (!chunks.ok()) return chunks.status();
  absl::Status kept = deps_.journal.InsertReportChunk(row.run_id, 0, crypto::AsBytes(header));
  for (std::uint64_t number = 1; kept.ok(); ++number) {
    auto chunk = (*chunks)->Next();
    if (!chunk.ok()) return chunk.status();
    if (!chunk->has_value()) break;
    kept = deps_.journal.InsertReportChunk(row.run_id, number, **chunk);
  }
  return kept;
}

absl::Status Runs::DoWork(const WorkItem& item, const RunRow& row,
                          const authority::Manifest& manifest, const authority::Purpose& purpose,
                          std::vector<std::string>* warnings, std::string* report_header) {
  const RunDirectory directory(options_.data_dir, row.run_id, row.status.attempt);
  const StageContext context = ContextOf(manifest, purpose);
  if (item.work == Work::kIntersect) return IntersectTags(deps_.fs, directory, context);
  if (item.work == Work::kBuildReport) {
    return DoReport(row, manifest, purpose, context, directory, report_header);
  }
  absl::StatusOr<std::vector<UnconfirmedRow>> rows = deps_.journal.Unconfirmed(row.manifest_hash);
  if (!rows.ok()) return rows.status();
  std::vector<UnconfirmedPair> unconfirmed;
  for (const UnconfirmedRow& u : *rows) {
    unconfirmed.push_back({manifest.AgencyIndex(u.agency_id), manifest.AgencyIndex(u.counterpart),
                           manifest.TypeIndex(u.identifier_type)});
  }
  const std::uint64_t minimum = purpose.body().minimum_count();
  auto figure = [&](std::uint64_t count) {
    return count < minimum ? std::string("a few") : absl::StrCat(count);
  };
  if (item.work == Work::kPair) {
    absl::StatusOr<PairingOutcome> outcome =
        PairBlocks(deps_.fs, directory, context, unconfirmed, PairingCaps{});
    if (!outcome.ok()) return outcome.status();
    if (outcome->skipped_blocks > 0) {
      warnings->push_back(absl::StrCat(figure(outcome->skipped_blocks),
                                       " shared blocks were not used because too many records of "
                                       "one agency fall into them"));
    }
    if (outcome->skipped_pairs > 0) {
      warnings->push_back(absl::StrCat(figure(outcome->skipped_pairs),
                                       " pairs of records were not compared because one of the two "
                                       "meets too many records"));
    }
    return absl::OkStatus();
  }
#ifdef RAAKVLAK_CAPTURE
  if (context.LinksBlocks()) {
    const std::string path =
        absl::StrCat(options_.data_dir, "/capture-", row.run_id, "-", row.status.attempt, ".jsonl");
    if (absl::Status s = CaptureRun(deps_.fs, directory, context, unconfirmed, path); !s.ok()) {
      return s;
    }
    warnings->push_back("this matcher is a test build and kept what it saw; see " + path);
  }
#endif
  absl::StatusOr<MatchOutcome> outcome =
      MatchRecords(deps_.fs, directory, context, unconfirmed, deps_.random);
  if (!outcome.ok()) return outcome.status();
  if (outcome->skipped_values > 0) {
    warnings->push_back(absl::StrCat(
        figure(outcome->skipped_values),
        " shared values were not used because too many records of one agency hold them"));
  }
  if (outcome->refused_chains > 0) {
    warnings->push_back(absl::StrCat(figure(outcome->refused_chains),
                                     " likely matches were left out because they would join "
                                     "records that were judged different"));
  }
  for (const auto& [first, second] : outcome->few_own_pairs) {
    warnings->push_back(absl::StrCat(
        context.agencies[static_cast<std::size_t>(first)], " and ",
        context.agencies[static_cast<std::size_t>(second)],
        " have few records of their own that meet in a block: how strangers agree is known badly, "
        "and their records were matched more cautiously"));
  }
  return absl::OkStatus();
}

bool Runs::WorkOnce() {
  WorkItem item;
  RunRow row;
  std::shared_ptr<const authority::Manifest> manifest;
  std::shared_ptr<const authority::Purpose> purpose;
  {
    std::lock_guard lock(mutex_);
    const auto found = std::find_if(work_.begin(), work_.end(), [&](const WorkItem& candidate) {
      // Files are erased when nobody reads or writes them any more.
      const auto run = runs_.find(candidate.run_id);
      return candidate.work != Work::kErase || run == runs_.end() || run->second.tickets == 0;
    });
    if (found == work_.end()) return false;
    item = *found;
    work_.erase(found);
    const auto run = runs_.find(item.run_id);
    if (run == runs_.end()) return true;
    row = run->second.row;
    manifest = run->second.manifest;
    purpose = run->second.purpose;
    const bool current = row.status.attempt == item.attempt;
    if (current ? PendingWork(row.status) != item.work : item.work != Work::kErase) return true;
  }
  if (item.attempt != row.status.attempt) {
    // An attempt that was given up. What stays behind now goes with the whole run.
    const RunDirectory old(options_.data_dir, item.run_id, item.attempt);
    deps_.fs.RemoveTree(old.path()).IgnoreError();
    return true;
  }
  const auto begun = deps_.clock.Monotonic();
  std::vector<std::string> warnings;
  std::string report_header;
  const absl::Status status =
      item.work == Work::kErase ? EraseFiles(row)
                                : DoWork(item, row, *manifest, *purpose, &warnings, &report_header);
  if (deps_.on_stage != nullptr) {
    deps_.on_stage(WorkName(item.work), absl::FromChrono(deps_.clock.Monotonic() - begun));
  }

  std::lock_guard lock(mutex_);
  const auto found = runs_.find(item.run_id);
  if (found == runs_.end()) return true;
  Run& run = found->second;
  // Cancelled or lost an agency meanwhile: the outcome is of no use.
  if (run.row.status.attempt != item.attempt || PendingWork(run.row.status) != item.work) {
    return true;
  }
  absl::Status applied;
  if (!status.ok()) {
    // Erasing is tried again at the next start; there is no state to go to.
    if (item.work == Work::kErase) return true;
    applied = ApplyEvent(run,
                         WorkFailed{absl::StrCat(std::string(WorkName(item.work)), ": ",
                                                 std::string(status.message()))},
                         "self");
  } else {
    switch (item.work) {
      case Work::kIntersect:
        applied = ApplyEvent(run, Intersected{}, "self");
        break;
      case Work::kPair:
        run.row.warnings.insert(run.row.warnings.end(), warnings.begin(), warnings.end());
        applied = ApplyEvent(run, Paired{}, "self");
        break;
      case Work::kMatch:
        run.row.warnings.insert(run.row.warnings.end(), warnings.begin(), warnings.end());
        applied = ApplyEvent(run, Matched{}, "self");
        break;
      case Work::kBuildReport:
        applied =
            ApplyEvent(run, ReportBuilt{}, "self", [&] { return KeepReport(row, report_header); });
        break;
      case Work::kErase:
        applied = ApplyEvent(run, Erased{}, "self");
        break;
    }
  }
  // A journal that cannot be written now may be again: the work stays pending.
  if (!applied.ok() && !stopped_) work_.push_back(item);
  return applied.ok();
}

bool Runs::WaitForWork(absl::Duration timeout) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, absl::ToChronoMilliseconds(timeout), [&] {
    return stopped_ || std::any_of(work_.begin(), work_.end(), [&](const WorkItem& item) {
             const auto run = runs_.find(item.run_id);
             return item.work != Work::kErase || run == runs_.end() || run->second.tickets == 0;
           });
  });
  return !stopped_;
}

bool Runs::WaitForStop(absl::Duration timeout) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, absl::ToChronoMilliseconds(timeout), [&] { return stopped_; });
  return !stopped_;
}

}  // namespace raakvlak::matcher
