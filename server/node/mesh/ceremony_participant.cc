// Steps in order, each answered once; certificates last.
#include "server/node/mesh/ceremony_participant.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/node/mesh/blame.h"
#include "server/node/mesh/signed_payload.h"

namespace raakvlak::node {

using crypto::Bytes;

struct CeremonyParticipant::Session {
  v1::CeremonySession session;
  std::optional<crypto::DkgCeremony> ceremony;
  // Per step, once answered.
  std::array<std::optional<v1::CeremonyMessage>, 4> answers;
  std::array<crypto::Digest, 4> requests{};
  std::chrono::steady_clock::time_point last_step;
};

namespace {

constexpr size_t kMaxReasonBytes = 512;
constexpr absl::Duration kConsentLasts = absl::Hours(1);

crypto::Digest HashOf(const google::protobuf::MessageLite& message) {
  return crypto::Sha512(crypto::AsBytes(message.SerializeAsString()));
}

}  // namespace

CeremonyParticipant::CeremonyParticipant(Dependencies dependencies)
    : dependencies_(std::move(dependencies)) {}
CeremonyParticipant::~CeremonyParticipant() = default;

std::string_view CeremonyParticipant::NameOf(Step step) {
  switch (step) {
    case Step::kBegin:
      return "begin";
    case Step::kReveal:
      return "reveal";
    case Step::kDeal:
      return "deal";
    case Step::kFinish:
      return "finish";
  }
  return "";
}

v1::CeremonyMessage CeremonyParticipant::Sign(Step step, const Bytes& payload) const {
  v1::CeremonyMessage message;
  *message.mutable_message() =
      SignPayload(dependencies_.roster_key, dependencies_.own_id, CeremonyContext(NameOf(step)),
                  crypto::ToString(payload));
  return message;
}

absl::Status CeremonyParticipant::Audit(const std::string& event, const std::string& actor,
                                        const std::string& outcome,
                                        const v1::CeremonySession& session,
                                        const std::string& reason) const {
  common::AuditEntry entry{
      .event = event,
      .actor = actor,
      .outcome = outcome,
      .fields = {{"session", crypto::ToHex(crypto::AsBytes(session.session_id()))},
                 {"epoch", absl::StrCat(session.epoch())}}};
  if (!reason.empty()) entry.fields.emplace_back("reason", reason);
  return dependencies_.audit.Append(entry);
}

absl::Status CeremonyParticipant::BlameOf(const crypto::Blame& blame,
                                          std::string_view relay) const {
  const auto& members = dependencies_.roster.body().members();
  std::string culprit(relay);
  std::string reason = blame.reason;
  if (blame.culprit >= 1 && blame.culprit <= members.size()) {
    culprit = members.Get(blame.culprit - 1).agency_id();
    if (!blame.proven && culprit != relay) {
      absl::StrAppend(&reason, " (or ", std::string(relay), ", which relayed)");
    }
  }
  return BlamedError(absl::StatusCode::kAborted, culprit, reason);
}

absl::StatusOr<uint64_t> CeremonyParticipant::Consent(const std::string& steward,
                                                      std::string_view reason) {
  if (reason.empty() || reason.size() > kMaxReasonBytes) {
    return absl::InvalidArgumentError("a reason of 1 to 512 characters is needed");
  }
  const std::lock_guard lock(mutex_);
  const std::shared_ptr<const EpochKeys> active = dependencies_.key_store.active();
  if (active == nullptr) {
    return absl::FailedPreconditionError(
        "no epoch is active, so there is nothing to consent to: the first ceremony needs none");
  }
  if (absl::Status status =
          Audit("ceremony.consented", steward, "allowed", active->session, std::string(reason));
      !status.ok()) {
    return status;
  }
  consented_epoch_ = active->epoch();
  consented_until_ = dependencies_.clock.Monotonic() + absl::ToChronoNanoseconds(kConsentLasts);
  return active->epoch();
}

absl::Status CeremonyParticipant::CheckAge(const v1::CeremonySession& session) const {
  const std::shared_ptr<const EpochKeys> active = dependencies_.key_store.active();
  if (active == nullptr || active->session.roster_hash() != session.roster_hash()) {
    return absl::OkStatus();
  }
  const absl::Duration age =
      absl::Seconds(dependencies_.clock.UnixSeconds() - active->activated_at);
  if (age >= dependencies_.minimum_epoch_age) return absl::OkStatus();
  if (consented_epoch_ == active->epoch() && dependencies_.clock.Monotonic() < consented_until_) {
    return absl::OkStatus();
  }
  const std::string reason = absl::StrCat(
      "epoch ", active->epoch(), " is younger than ",
      absl::FormatDuration(dependencies_.minimum_epoch_age), " at ", dependencies_.own_id,
      ", and the roster is the same; a steward there can consent with `raak keys consent`");
  if (absl::Status status = Audit("ceremony.refused", session.leader(), "denied", session, reason);
      !status.ok()) {
    return status;
  }
  return absl::FailedPreconditionError(reason);
}

absl::StatusOr<v1::CeremonyMessage> CeremonyParticipant::Begin(
    std::string_view caller, const v1::BeginCeremonyRequest& request) {
  const v1::CeremonySession& session = request.session();
  if (caller != session.leader()) {
    return BlamedError(absl::StatusCode::kPermissionDenied, caller,
                       "begins a ceremony that another is said to lead");
  }
  absl::StatusOr<crypto::DkgConfig> config = CeremonyConfig(dependencies_.roster, session);
  if (!config.ok()) return config.status();
  if (absl::Status status = dependencies_.roster.CheckValidAt(dependencies_.clock.UnixSeconds());
      !status.ok()) {
    return status;
  }
  const std::optional<v1::CeremonySession> pending = dependencies_.key_store.pending_session();
  if (pending.has_value() && pending->session_id() != session.session_id() &&
      dependencies_.settle_pending != nullptr) {
    // Not under the lock: it asks peers, which may be asking this node.
    if (absl::Status status = dependencies_.settle_pending(); !status.ok()) return status;
  }

  const std::lock_guard lock(mutex_);
  if (session_ != nullptr && HashOf(session_->session) == HashOf(session)) {
    return *session_->answers[0];
  }
  if (session_ != nullptr && session_->session.leader() != session.leader() &&
      dependencies_.clock.Monotonic() - session_->last_step <
          absl::ToChronoNanoseconds(dependencies_.step_timeout)) {
    return absl::FailedPreconditionError(
        absl::StrCat("a ceremony led by ", session_->session.leader(), " is under way"));
  }
  session_.reset();
  if (pending.has_value() && pending->session_id() == session.session_id()) {
    return absl::FailedPreconditionError("this session has been certified here already");
  }
  const uint64_t active = dependencies_.key_store.active_epoch();
  if (session.epoch() != active + 1) {
    return absl::FailedPreconditionError(
        absl::StrCat("a ceremony for epoch ", session.epoch(), " cannot follow epoch ", active,
                     ", which is active at ", dependencies_.own_id));
  }
  if (absl::Status status = CheckAge(session); !status.ok()) return status;
  crypto::ShareIndex own_index = 0;
  for (size_t i = 0; i < config->participants.size(); ++i) {
    if (config->participants[i].agency_id == dependencies_.own_id) {
      own_index = static_cast<crypto::ShareIndex>(i + 1);
    }
  }
  absl::StatusOr<crypto::DkgCeremony> ceremony = crypto::DkgCeremony::Begin(
      *std::move(config), own_index, dependencies_.roster_key, dependencies_.random);
  if (!ceremony.ok()) return ceremony.status();
  if (absl::Status status = Audit("ceremony.begun", session.leader(), "allowed", session, "");
      !status.ok()) {
    return status;
  }
  auto begun = std::make_unique<Session>();
  begun->session = session;
  begun->ceremony = *std::move(ceremony);
  begun->answers[0] = Sign(Step::kBegin, begun->ceremony->hash_message());
  begun->last_step = dependencies_.clock.Monotonic();
  session_ = std::move(begun);
  return *session_->answers[0];
}

absl::StatusOr<v1::CeremonyMessage> CeremonyParticipant::Reveal(
    std::string_view caller, const v1::CeremonyStepRequest& request) {
  return Advance(Step::kReveal, caller, request);
}
absl::StatusOr<v1::CeremonyMessage> CeremonyParticipant::Deal(
    std::string_view caller, const v1::CeremonyStepRequest& request) {
  return Advance(Step::kDeal, caller, request);
}
absl::StatusOr<v1::CeremonyMessage> CeremonyParticipant::Finish(
    std::string_view caller, const v1::CeremonyStepRequest& request) {
  return Advance(Step::kFinish, caller, request);
}

absl::StatusOr<std::vector<Bytes>> CeremonyParticipant::Payloads(
    std::string_view answered_in, std::string_view relay,
    const v1::CeremonyStepRequest& request) const {
  const auto& members = dependencies_.roster.body().members();
  if (request.messages_size() != members.size()) {
    return BlamedError(absl::StatusCode::kInvalidArgument, relay,
                       absl::StrCat("relayed ", request.messages_size(), " messages of ",
                                    members.size(), " participants"));
  }
  const std::string context = CeremonyContext(answered_in);
  std::vector<Bytes> payloads;
  for (int i = 0; i < members.size(); ++i) {
    const std::string& id = members.Get(i).agency_id();
    const v1::SignedPayload& message = request.messages(i);
    if (absl::Status status =
            VerifyPayload(dependencies_.roster.RosterKey(id), id, context, message);
        !status.ok()) {
      // Nothing shows that it came from its author.
      return BlamedError(absl::StatusCode::kPermissionDenied, relay,
                         absl::StrCat("relayed a message that ", id, " did not sign"));
    }
    const crypto::ByteView payload = crypto::AsBytes(message.payload());
    payloads.emplace_back(payload.begin(), payload.end());
  }
  return payloads;
}

absl::StatusOr<v1::CeremonyMessage> CeremonyParticipant::Advance(
    Step step, std::string_view caller, const v1::CeremonyStepRequest& request) {
  const std::lock_guard lock(mutex_);
  const size_t place = static_cast<size_t>(step);
  if (session_ == nullptr || session_->session.session_id() != request.session_id()) {
    // Restarted after Finish: the certificate is on disk.
    if (step == Step::kFinish) {
      absl::StatusOr<PendingCeremony> pending =
          dependencies_.key_store.LoadPending(dependencies_.roster);
      if (pending.ok() && pending->session.session_id() == request.session_id() &&
          pending->session.leader() == caller) {
        return Sign(Step::kFinish, pending->keys.certify_message());
      }
    }
    return absl::FailedPreconditionError(
        absl::StrCat(dependencies_.own_id, " is not in this ceremony (any more)"));
  }
  Session& session = *session_;
  if (session.session.leader() != caller) {
    return BlamedError(absl::StatusCode::kPermissionDenied, caller,
                       "takes a step of a ceremony that it does not lead");
  }
  const crypto::Digest hash = HashOf(request);
  if (session.answers[place].has_value()) {
    if (session.requests[place] == hash) return *session.answers[place];
    const absl::Status status =
        BlamedError(absl::StatusCode::kAborted, caller,
                    absl::StrCat("asked for the step ", std::string(NameOf(step)),
                                 " twice with different messages"));
    static_cast<void>(Audit("ceremony.failed", dependencies_.own_id, "failed", session.session,
                            std::string(status.message())));
    session_.reset();
    return status;
  }
  if (!session.answers[place - 1].has_value()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the step ", std::string(NameOf(step)), " came out of order"));
  }
  absl::StatusOr<std::vector<Bytes>> payloads =
      Payloads(NameOf(static_cast<Step>(place - 1)), caller, request);
  absl::StatusOr<Bytes> answer =
      payloads.ok() ? Compute(step, *payloads) : absl::StatusOr<Bytes>(payloads.status());
  if (!answer.ok()) {
    // Any refusal ends the ceremony here; what was secret in it goes with it.
    static_cast<void>(Audit("ceremony.failed", dependencies_.own_id, "failed", session.session,
                            std::string(answer.status().message())));
    session_.reset();
    return answer.status();
  }
  session.requests[place] = hash;
  session.answers[place] = Sign(step, *answer);
  session.last_step = dependencies_.clock.Monotonic();
  return *session.answers[place];
}

absl::StatusOr<Bytes> CeremonyParticipant::Compute(Step step, const std::vector<Bytes>& messages) {
  Session& session = *session_;
  const std::string& leader = session.session.leader();
  if (step == Step::kReveal || step == Step::kDeal) {
    crypto::OrBlame<Bytes> answer = step == Step::kReveal ? session.ceremony->Reveal(messages)
                                                          : session.ceremony->Deal(messages);
    if (!answer.ok()) return BlameOf(answer.blame(), leader);
    return std::move(answer.value());
  }
  crypto::OrBlame<crypto::PendingKeys> pending = session.ceremony->Certify(messages);
  if (!pending.ok()) return BlameOf(pending.blame(), leader);
  // An epoch that became active meanwhile is not to be certified again.
  if (session.session.epoch() != dependencies_.key_store.active_epoch() + 1) {
    return absl::FailedPreconditionError("another ceremony has become active meanwhile");
  }
  // On disk, and in the log, before the certificate leaves: from here on the session can become
  // active.
  if (absl::Status status =
          Audit("ceremony.certified", dependencies_.own_id, "done", session.session, "");
      !status.ok()) {
    return status;
  }
  if (absl::Status status = dependencies_.key_store.SavePending(session.session, pending.value());
      !status.ok()) {
    return status;
  }
  session.ceremony.reset();
  return pending.value().certify_message();
}

absl::StatusOr<v1::ActivateCeremonyResponse> CeremonyParticipant::Activate(
    std::string_view caller, const v1::CeremonyStepRequest& request) {
  const std::lock_guard lock(mutex_);
  v1::ActivateCeremonyResponse response;
  const std::shared_ptr<const EpochKeys> active = dependencies_.key_store.active();
  if (active != nullptr && active->session.session_id() == request.session_id()) {
    response.set_epoch(active->epoch());
    return response;
  }
  absl::StatusOr<PendingCeremony> pending =
      dependencies_.key_store.LoadPending(dependencies_.roster);
  if (!pending.ok() && !absl::IsNotFound(pending.status())) return pending.status();
  if (!pending.ok() || pending->session.session_id() != request.session_id()) {
    return absl::FailedPreconditionError(
        absl::StrCat(dependencies_.own_id, " has not certified this ceremony"));
  }
  const v1::CeremonySession session = pending->session;
  absl::StatusOr<std::vector<Bytes>> certificates =
      Payloads(NameOf(Step::kFinish), caller, request);
  if (!certificates.ok()) return certificates.status();
  crypto::OrBlame<crypto::DkgKeys> keys = pending->keys.Finish(*certificates);
  if (!keys.ok()) {
    const absl::Status status = BlameOf(keys.blame(), caller);
    static_cast<void>(Audit("ceremony.failed", dependencies_.own_id, "failed", session,
                            std::string(status.message())));
    return status;
  }
  if (absl::Status status = Audit("ceremony.activated", std::string(caller), "done", session, "");
      !status.ok()) {
    return status;
  }
  if (absl::Status status = dependencies_.key_store.Activate(
          session, std::move(keys.value()), request, dependencies_.clock.UnixSeconds());
      !status.ok()) {
    return status;
  }
  session_.reset();
  if (dependencies_.on_activated != nullptr) dependencies_.on_activated(session.epoch());
  response.set_epoch(session.epoch());
  return response;
}

absl::Status CeremonyParticipant::Abort(std::string_view caller,
                                        const v1::AbortCeremonyRequest& request) {
  const std::lock_guard lock(mutex_);
  if (session_ == nullptr || session_->session.session_id() != request.session_id()) {
    return absl::OkStatus();
  }
  if (session_->session.leader() != caller) {
    return BlamedError(absl::StatusCode::kPermissionDenied, caller,
                       "aborts a ceremony that it does not lead");
  }
  absl::Status status = Audit("ceremony.aborted", std::string(caller), "failed", session_->session,
                              absl::StrCat(request.blamed(), request.blamed().empty() ? "" : ": ",
                                           request.reason().substr(0, 512)));
  session_.reset();
  return status;
}

absl::StatusOr<v1::CeremonyStepRequest> CeremonyParticipant::FetchTranscripts(
    const v1::FetchTranscriptsRequest& request) {
  const std::lock_guard lock(mutex_);
  absl::StatusOr<std::optional<v1::CeremonyStepRequest>> transcripts =
      dependencies_.key_store.TranscriptsOf(request.session_id());
  if (!transcripts.ok()) return transcripts.status();
  if (transcripts->has_value()) return **std::move(transcripts);
  absl::StatusOr<PendingCeremony> pending =
      dependencies_.key_store.LoadPending(dependencies_.roster);
  if (!pending.ok() && !absl::IsNotFound(pending.status()) &&
      !absl::IsFailedPrecondition(pending.status())) {
    return pending.status();
  }
  if (pending.ok() && pending->session.session_id() == request.session_id()) {
    v1::CeremonyStepRequest own;
    own.set_session_id(request.session_id());
    *own.add_messages() = Sign(Step::kFinish, pending->keys.certify_message()).message();
    return own;
  }
  if (session_ != nullptr && session_->session.session_id() == request.session_id()) {
    return absl::UnavailableError("the ceremony is under way");
  }
  return absl::NotFoundError(
      absl::StrCat(dependencies_.own_id, " has not certified this ceremony and will not"));
}

}  // namespace raakvlak::node
