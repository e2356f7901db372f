// Tickets: who may hand in or fetch what, when; and taking it in.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/matcher/runs.h"

namespace raakvlak::matcher {
namespace {

Phase PhaseFor(UploadKind kind) {
  switch (kind) {
    case UploadKind::kTags:
      return Phase::kEvaluating;
    case UploadKind::kRecords:
      return Phase::kConfirming;
    case UploadKind::kEncodings:
      return Phase::kEncoding;
    case UploadKind::kReferences:
      return Phase::kReferencing;
  }
  return Phase::kEvaluating;
}

Phase PhaseFor(FetchKind kind) {
  switch (kind) {
    case FetchKind::kOverlap:
      return Phase::kConfirming;
    case FetchKind::kEncodingTasks:
      return Phase::kEncoding;
    case FetchKind::kMatches:
      return Phase::kReferencing;
  }
  return Phase::kReferencing;
}

std::string DisclosureOf(FetchKind kind) {
  switch (kind) {
    case FetchKind::kOverlap:
      return "overlap.disclosed";
    case FetchKind::kEncodingTasks:
      return "encoding_tasks.disclosed";
    case FetchKind::kMatches:
      return "matches.disclosed";
  }
  return "";
}

std::string WhatOf(UploadKind kind, std::string_view type) {
  switch (kind) {
    case UploadKind::kTags:
      return absl::StrCat("tags:", std::string(type));
    case UploadKind::kRecords:
      return "records";
    case UploadKind::kEncodings:
      return "encodings";
    case UploadKind::kReferences:
      return "references";
  }
  return "";
}

}  // namespace

absl::StatusOr<Runs::Run*> Runs::FindOpen(std::string_view agency, std::string_view manifest_hash,
                                          int* agency_index) {
  for (auto& [id, run] : runs_) {
    if (run.row.manifest_hash != manifest_hash) continue;
    *agency_index = run.manifest->AgencyIndex(agency);
    if (*agency_index < 0) {
      return absl::PermissionDeniedError("the caller has no part in this run");
    }
    if (HasEnded(run.row.status.phase)) {
      return absl::FailedPreconditionError(
          absl::StrCat("run ", id, " has ended: ", std::string(PhaseName(run.row.status.phase)),
                       run.row.status.reason.empty() ? "" : ", ", run.row.status.reason));
    }
    return &run;
  }
  for (const EndedAttempt& attempt : ended_) {
    if (attempt.row.manifest_hash != manifest_hash) continue;
    if (std::find(attempt.agencies.begin(), attempt.agencies.end(), agency) ==
        attempt.agencies.end()) {
      break;
    }
    return absl::FailedPreconditionError(
        absl::StrCat("this attempt of run ", attempt.row.run_id, " is over: ", attempt.row.reason));
  }
  return absl::NotFoundError("no run goes by this manifest");
}

Runs::TicketPtr Runs::MakeTicket(Run& run, std::string_view agency, int agency_index) {
  ++run.tickets;
  TicketPtr ticket(new Ticket, [this](Ticket* t) {
    {
      std::lock_guard lock(mutex_);
      if (const auto found = runs_.find(t->run_id); found != runs_.end()) {
        --found->second.tickets;
        if (t->is_upload) found->second.uploading.erase({t->agency, t->what});
      }
      changed_.notify_all();
    }
    delete t;
  });
  ticket->run_id = run.row.run_id;
  ticket->agency = std::string(agency);
  ticket->agency_index = agency_index;
  ticket->manifest = run.manifest;
  ticket->purpose = run.purpose;
  ticket->directory = RunDirectory(options_.data_dir, run.row.run_id, run.row.status.attempt);
  return ticket;
}

absl::StatusOr<Runs::TicketPtr> Runs::BeginUpload(std::string_view agency,
                                                  std::string_view manifest_hash, UploadKind kind,
                                                  std::string_view type) {
  // Made last and destroyed outside the lock, which its deleter takes.
  TicketPtr ticket;
  std::lock_guard lock(mutex_);
  int agency_index = -1;
  absl::StatusOr<Run*> run = FindOpen(agency, manifest_hash, &agency_index);
  if (!run.ok()) return run.status();
  const int type_index = kind == UploadKind::kTags ? (*run)->manifest->TypeIndex(type) : 0;
  if (type_index < 0) {
    return absl::InvalidArgumentError("the run does not ask for tags of this identifier type");
  }
  const std::string what = WhatOf(kind, type);
  absl::StatusOr<std::optional<UploadRow>> before =
      deps_.journal.FindUpload(manifest_hash, agency, what);
  if (!before.ok()) return before.status();
  const Phase phase = (*run)->row.status.phase;
  if (kind == UploadKind::kEncodings && !(*run)->row.status.links_blocks) {
    return absl::FailedPreconditionError("the run links no blocks and takes no encodings");
  }
  if (!before->has_value() && phase != PhaseFor(kind)) {
    const std::string message =
        absl::StrCat("the run is ", std::string(PhaseName(phase)), " and takes no ", what, " now");
    if (ComesBefore(phase, PhaseFor(kind))) return absl::UnavailableError(message);
    return absl::FailedPreconditionError(message);
  }
  if (!(*run)->uploading.emplace(std::string(agency), what).second) {
    return absl::AbortedError("the caller is uploading the same already");
  }
  ticket = MakeTicket(**run, agency, agency_index);
  ticket->what = what;
  ticket->kind = kind;
  ticket->is_upload = true;
  ticket->type_index = type_index;
  ticket->repeat = before->has_value();
  switch (kind) {
    case UploadKind::kTags:
      ticket->final_path = ticket->directory.Tags(type_index, agency_index);
      break;
    case UploadKind::kRecords:
      ticket->final_path = ticket->directory.Records(agency_index);
      break;
    case UploadKind::kEncodings:
      ticket->final_path = ticket->directory.Encodings(agency_index);
      break;
    case UploadKind::kReferences:
      ticket->final_path = ticket->directory.References(agency_index);
      break;
  }
  ticket->staging_path = ticket->final_path + ".in";
  absl::Status made = deps_.fs.MakePrivateDirectory(ticket->directory.path());
  if (!made.ok()) {
    // The deleter would wait for the lock that we hold.
    --(*run)->tickets;
    (*run)->uploading.erase({std::string(agency), what});
    delete ticket.release();
    return made;
  }
  return ticket;
}

absl::StatusOr<Runs::TicketPtr> Runs::BeginFetch(std::string_view agency,
                                                 std::string_view manifest_hash, FetchKind kind,
                                                 std::string_view type) {
  std::lock_guard lock(mutex_);
  int agency_index = -1;
  absl::StatusOr<Run*> run = FindOpen(agency, manifest_hash, &agency_index);
  if (!run.ok()) return run.status();
  const int type_index = kind == FetchKind::kOverlap ? (*run)->manifest->TypeIndex(type) : 0;
  if (type_index < 0) {
    return absl::InvalidArgumentError("the run has no such identifier type");
  }
  const Phase phase = (*run)->row.status.phase;
  if (kind == FetchKind::kEncodingTasks && !(*run)->row.status.links_blocks) {
    return absl::FailedPreconditionError("the run links no blocks and has no encoding tasks");
  }
  if (ComesBefore(phase, PhaseFor(kind))) {
    return absl::UnavailableError(
        absl::StrCat("not ready: the run is ", std::string(PhaseName(phase))));
  }
  if (absl::Status s = Audit(DisclosureOf(kind), agency, "allowed",
                             {{"run", (*run)->row.run_id},
                              {"attempt", absl::StrCat((*run)->row.status.attempt)},
                              {"type", kind == FetchKind::kOverlap ? std::string(type) : ""}});
      !s.ok()) {
    return s;
  }
  TicketPtr ticket = MakeTicket(**run, agency, agency_index);
  ticket->type_index = type_index;
  return ticket;
}

absl::Status Runs::StillOpen(const Ticket& ticket) {
  std::lock_guard lock(mutex_);
  if (stopped_) return absl::UnavailableError("the matcher is shutting down");
  const auto run = runs_.find(ticket.run_id);
  if (run == runs_.end() || HasEnded(run->second.row.status.phase) ||
      run->second.manifest != ticket.manifest) {
    return absl::FailedPreconditionError("the run has moved on");
  }
  return absl::OkStatus();
}

absl::Status Runs::CompleteUpload(const Ticket& ticket, const UploadResult& result,
                                  const std::vector<UnconfirmedRow>& unconfirmed,
                                  const RequestKey& key, std::string_view response) {
  std::lock_guard lock(mutex_);
  const auto found = runs_.find(ticket.run_id);
  if (found == runs_.end() || found->second.manifest != ticket.manifest ||
      HasEnded(found->second.row.status.phase)) {
    return absl::FailedPreconditionError("the run has moved on");
  }
  Run& run = found->second;
  std::string digest = result.digest;
  for (const UnconfirmedRow& row : unconfirmed) {
    absl::StrAppend(&digest, "\n", row.counterpart, " ", row.identifier_type);
  }
  if (ticket.repeat) {
    absl::StatusOr<std::optional<UploadRow>> before =
        deps_.journal.FindUpload(run.row.manifest_hash, ticket.agency, ticket.what);
    if (!before.ok()) return before.status();
    if (absl::Status s = deps_.fs.Remove(ticket.staging_path); !s.ok()) return s;
    if (!before->has_value() || (*before)->digest != digest) {
      return absl::AlreadyExistsError("something else was taken in before");
    }
    common::Transaction transaction(deps_.journal.database());
    if (absl::Status s = Keep(key, response); !s.ok()) return s;
    return transaction.Commit();
  }
  if (absl::Status s = Audit("upload.accepted", ticket.agency, "allowed",
                             {{"run", ticket.run_id},
                              {"attempt", absl::StrCat(run.row.status.attempt)},
                              {"what", ticket.what},
                              {"unconfirmed", absl::StrCat(unconfirmed.size())}});
      !s.ok()) {
    return s;
  }
  if (absl::Status s = deps_.fs.Rename(ticket.staging_path, ticket.final_path); !s.ok()) return s;
  if (absl::Status s = deps_.fs.SyncDirectory(ticket.directory.path()); !s.ok()) return s;
  Event event;
  switch (ticket.kind) {
    case UploadKind::kTags:
      event = TagsUploaded{ticket.agency_index, ticket.type_index};
      break;
    case UploadKind::kRecords:
      event = RecordsUploaded{ticket.agency_index};
      break;
    case UploadKind::kEncodings:
      event = EncodingsUploaded{ticket.agency_index};
      break;
    case UploadKind::kReferences:
      event = ReferencesReported{ticket.agency_index};
      break;
  }
  return ApplyEvent(run, event, ticket.agency, [&]() -> absl::Status {
    if (absl::Status s = deps_.journal.InsertUpload(
            {run.row.manifest_hash, ticket.agency, ticket.what, result.count, digest});
        !s.ok()) {
      return s;
    }
    for (const UnconfirmedRow& row : unconfirmed) {
      if (absl::Status s = deps_.journal.InsertUnconfirmed(run.row.manifest_hash, row); !s.ok()) {
        return s;
      }
    }
    return Keep(key, response);
  });
}

void Runs::AuditRefusal(std::string_view agency, std::string_view what, const absl::Status& why) {
  // The call is refused all the same when the log cannot take this.
  deps_.audit
      .Append({"upload.refused",
               std::string(agency),
               "denied",
               {{"what", std::string(what)}, {"reason", std::string(why.message())}}})
      .IgnoreError();
}

absl::Status Runs::SetProgress(std::string_view agency, std::string_view manifest_hash,
                               Progress progress) {
  std::lock_guard lock(mutex_);
  int agency_index = -1;
  absl::StatusOr<Run*> run = FindOpen(agency, manifest_hash, &agency_index);
  if (!run.ok()) return run.status();
  (*run)->progress[std::string(agency)] = std::move(progress);
  (*run)->view_version = ++version_;
  changed_.notify_all();
  return absl::OkStatus();
}

absl::Status Runs::Decline(std::string_view agency, std::string_view manifest_hash,
                           std::string_view reason, std::string_view blamed,
                           const RequestKey& key) {
  std::lock_guard lock(mutex_);
  absl::StatusOr<std::optional<std::string>> before = Before(key);
  if (!before.ok()) return before.status();
  if (before->has_value()) return absl::OkStatus();
  int agency_index = -1;
  absl::StatusOr<Run*> run = FindOpen(agency, manifest_hash, &agency_index);
  if (!run.ok()) return run.status();
  int lost = agency_index;
  std::string why = absl::StrCat(std::string(agency), " declined: ", std::string(reason));
  if (!blamed.empty()) {
    const int blamed_index = (*run)->manifest->AgencyIndex(blamed);
    if (blamed_index < 0) {
      return absl::InvalidArgumentError("the agency blamed has no part in this run");
    }
    // A peer that others cannot work with is left out, not the one who says so.
    lost = blamed_index;
    why = absl::StrCat(std::string(agency), " cannot go on with ", std::string(blamed), ": ",
                       std::string(reason));
  }
  if (absl::Status s = Audit("run.declined", agency, "allowed",
                             {{"run", (*run)->row.run_id},
                              {"blamed", std::string(blamed)},
                              {"reason", std::string(reason)}});
      !s.ok()) {
    return s;
  }
  return ApplyEvent(**run, AgencyLost{lost, why}, agency, [&] { return Keep(key, ""); });
}

}  // namespace raakvlak::matcher
