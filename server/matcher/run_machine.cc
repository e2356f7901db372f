// The transitions, one overload an event.
#include "server/matcher/run_machine.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace raakvlak::matcher {
namespace {

AgencyMask Everybody(const RunStatus& status) {
  return static_cast<AgencyMask>((std::uint64_t{1} << status.agencies) - 1);
}

absl::Status WrongPhase(const RunStatus& status, std::string_view what) {
  return absl::FailedPreconditionError(absl::StrCat(
      std::string(what), " has no place in a run that is ", std::string(PhaseName(status.phase))));
}

absl::Status CheckAgency(const RunStatus& status, int agency) {
  if (agency < 0 || agency >= status.agencies) {
    return absl::InvalidArgumentError(absl::StrCat("the run has no agency ", agency));
  }
  return absl::OkStatus();
}

void End(RunStatus& status, Phase phase, std::string reason) {
  status.phase = phase;
  status.reason = std::move(reason);
}

// Changes `status` for one event; says which agency a new attempt leaves out.
class Step {
 public:
  Step(RunStatus& status, const RunRules& rules) : status_(status), rules_(rules) {}
  std::optional<int> dropped;

  absl::Status operator()(const TagsUploaded& event) {
    if (status_.phase != Phase::kEvaluating) return WrongPhase(status_, "a set of tags");
    if (absl::Status s = CheckAgency(status_, event.agency); !s.ok()) return s;
    if (event.type < 0 || static_cast<std::size_t>(event.type) >= status_.tags_in.size()) {
      return absl::InvalidArgumentError(absl::StrCat("the run has no type ", event.type));
    }
    if (absl::Status s =
            TakeIn(status_.tags_in[static_cast<std::size_t>(event.type)], event.agency);
        !s.ok()) {
      return s;
    }
    const AgencyMask all = Everybody(status_);
    if (std::all_of(status_.tags_in.begin(), status_.tags_in.end(),
                    [all](AgencyMask in) { return in == all; })) {
      status_.phase = Phase::kIntersecting;
    }
    return absl::OkStatus();
  }

  absl::Status operator()(const RecordsUploaded& event) {
    if (status_.phase != Phase::kConfirming) return WrongPhase(status_, "an upload of records");
    if (absl::Status s = CheckAgency(status_, event.agency); !s.ok()) return s;
    if (absl::Status s = TakeIn(status_.records_in, event.agency); !s.ok()) return s;
    if (status_.records_in == Everybody(status_)) {
      status_.phase = status_.links_blocks ? Phase::kPairing : Phase::kMatching;
    }
    return absl::OkStatus();
  }

  absl::Status operator()(const EncodingsUploaded& event) {
    if (status_.phase != Phase::kEncoding) return WrongPhase(status_, "an upload of encodings");
    if (absl::Status s = CheckAgency(status_, event.agency); !s.ok()) return s;
    if (absl::Status s = TakeIn(status_.encodings_in, event.agency); !s.ok()) return s;
    if (status_.encodings_in == Everybody(status_)) status_.phase = Phase::kMatching;
    return absl::OkStatus();
  }

  absl::Status operator()(const ReferencesReported& event) {
    if (status_.phase != Phase::kReferencing) return WrongPhase(status_, "a report of references");
    if (absl::Status s = CheckAgency(status_, event.agency); !s.ok()) return s;
    return TakeIn(status_.references_in, event.agency);
  }

  absl::Status operator()(const AgencyLost& event) {
    if (HasEnded(status_.phase)) return WrongPhase(status_, "a refusal");
    if (absl::Status s = CheckAgency(status_, event.agency); !s.ok()) return s;
    const int left = status_.agencies - 1;
    if (!rules_.allow_smaller_attempts || left < std::max(rules_.threshold, 2)) {
      End(status_, Phase::kFailed, event.reason);
      return absl::OkStatus();
    }
    RunStatus next = NewRun(left, status_.tags_in.size(), status_.links_blocks);
    next.attempt = status_.attempt + 1;
    status_ = std::move(next);
    dropped = event.agency;
    return absl::OkStatus();
  }

  absl::Status operator()(const Intersected&) {
    if (status_.phase != Phase::kIntersecting) return WrongPhase(status_, "an overlap");
    status_.phase = Phase::kConfirming;
    return absl::OkStatus();
  }

  absl::Status operator()(const Paired&) {
    if (status_.phase != Phase::kPairing) return WrongPhase(status_, "a set of candidates");
    status_.phase = Phase::kEncoding;
    return absl::OkStatus();
  }

  absl::Status operator()(const Matched&) {
    if (status_.phase != Phase::kMatching) return WrongPhase(status_, "a set of pairs");
    status_.phase = Phase::kReferencing;
    return absl::OkStatus();
  }

  absl::Status operator()(const ReportBuilt&) {
    if (PendingWork(status_) != Work::kBuildReport) return WrongPhase(status_, "a report");
    End(status_, Phase::kDone, "");
    return absl::OkStatus();
  }

  absl::Status operator()(const WorkFailed& event) {
    return EndEarly(Phase::kFailed, event.reason);
  }
  absl::Status operator()(const TimedOut&) {
    return EndEarly(Phase::kFailed, absl::StrCat("the run did not end in time; it was still ",
                                                 std::string(PhaseName(status_.phase))));
  }
  absl::Status operator()(const Cancelled& event) {
    return EndEarly(Phase::kCancelled, event.reason);
  }

  absl::Status operator()(const Erased&) {
    if (!HasEnded(status_.phase)) return WrongPhase(status_, "erasing");
    if (status_.erased) return absl::AlreadyExistsError("the run has been erased before");
    status_.erased = true;
    return absl::OkStatus();
  }

 private:
  static absl::Status TakeIn(AgencyMask& mask, int agency) {
    const AgencyMask bit = AgencyMask{1} << agency;
    if ((mask & bit) != 0) return absl::AlreadyExistsError("it has been taken in before");
    mask |= bit;
    return absl::OkStatus();
  }

  absl::Status EndEarly(Phase phase, std::string reason) {
    if (HasEnded(status_.phase)) return WrongPhase(status_, "an early end");
    End(status_, phase, std::move(reason));
    return absl::OkStatus();
  }

  RunStatus& status_;
  const RunRules& rules_;
};

}  // namespace

std::string_view PhaseName(Phase phase) {
  switch (phase) {
    case Phase::kEvaluating:
      return "EVALUATING";
    case Phase::kIntersecting:
      return "INTERSECTING";
    case Phase::kConfirming:
      return "CONFIRMING";
    case Phase::kMatching:
      return "MATCHING";
    case Phase::kReferencing:
      return "REFERENCING";
    case Phase::kDone:
      return "DONE";
    case Phase::kFailed:
      return "FAILED";
    case Phase::kCancelled:
      return "CANCELLED";
    case Phase::kPairing:
      return "PAIRING";
    case Phase::kEncoding:
      return "ENCODING";
  }
  return "UNKNOWN";
}

bool HasEnded(Phase phase) {
  return phase == Phase::kDone || phase == Phase::kFailed || phase == Phase::kCancelled;
}

bool ComesBefore(Phase phase, Phase other) {
  auto place = [](Phase p) {
    switch (p) {
      case Phase::kEvaluating:
        return 0;
      case Phase::kIntersecting:
        return 1;
      case Phase::kConfirming:
        return 2;
      case Phase::kPairing:
        return 3;
      case Phase::kEncoding:
        return 4;
      case Phase::kMatching:
        return 5;
      case Phase::kReferencing:
        return 6;
      case Phase::kDone:
      case Phase::kFailed:
      case Phase::kCancelled:
        return 7;
    }
    return 7;
  };
  return place(phase) < place(other);
}

RunStatus NewRun(int agencies, std::size_t types, bool links_blocks) {
  RunStatus status;
  status.agencies = agencies;
  status.links_blocks = links_blocks;
  status.tags_in.assign(types, 0);
  return status;
}

std::string_view WorkName(Work work) {
  switch (work) {
    case Work::kIntersect:
      return "intersect";
    case Work::kPair:
      return "pair";
    case Work::kMatch:
      return "match";
    case Work::kBuildReport:
      return "report";
    case Work::kErase:
      return "erase";
  }
  return "unknown";
}

std::optional<Work> PendingWork(const RunStatus& status) {
  switch (status.phase) {
    case Phase::kIntersecting:
      return Work::kIntersect;
    case Phase::kPairing:
      return Work::kPair;
    case Phase::kMatching:
      return Work::kMatch;
    case Phase::kReferencing:
      if (status.references_in == Everybody(status)) return Work::kBuildReport;
      return std::nullopt;
    case Phase::kDone:
    case Phase::kFailed:
    case Phase::kCancelled:
      if (!status.erased) return Work::kErase;
      return std::nullopt;
    case Phase::kEvaluating:
    case Phase::kConfirming:
    case Phase::kEncoding:
      return std::nullopt;
  }
  return std::nullopt;
}

absl::StatusOr<Transition> Apply(const RunStatus& status, const RunRules& rules,
                                 const Event& event) {
  Transition transition{.status = status, .work = {}, .dropped_agency = {}, .announce = false};
  Step step(transition.status, rules);
  if (absl::Status result = std::visit(step, event); !result.ok()) return result;
  transition.dropped_agency = step.dropped;
  const std::optional<Work> work = PendingWork(transition.status);
  if (work != PendingWork(status)) transition.work = work;
  transition.announce = transition.status.phase != status.phase || step.dropped.has_value();
  return transition;
}

}  // namespace raakvlak::matcher
