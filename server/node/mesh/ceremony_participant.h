// This node's side of key ceremonies: answers each step of the leader, whom it trusts with nothing.
// Knows no gRPC.
//
// Before Finish, a ceremony lives in memory and a killed node simply is out of it: the ceremony
// fails for all. From Finish on, what this node needs is on disk before its certificate leaves it:
//   - it activates once it holds every participant's certificate, from Activate or from a peer;
//   - a peer that asks is given the full certificate if the epoch is active here, or this node's
//     own certificate while it waits;
//   - if any participant never certified, the session can never become active anywhere, and what
//     is kept of it goes when a later ceremony is certified.
// So after any kill, asking the peers (ResolvePending in ceremony_leader.h) brings all to one side.
#ifndef RAAKVLAK_SERVER_NODE_MESH_CEREMONY_PARTICIPANT_H_
#define RAAKVLAK_SERVER_NODE_MESH_CEREMONY_PARTICIPANT_H_

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "authority/roster.h"
#include "crypto/base/random.h"
#include "crypto/base/signing.h"
#include "crypto/oprf/dkg.h"
#include "raakvlak/v1/ceremony.pb.h"
#include "server/common/audit.h"
#include "server/common/clock.h"
#include "server/node/mesh/key_store.h"

namespace raakvlak::node {

// Thread-safe; steps are serialised. Each step is idempotent: the same request again has the same
// answer; another request for a step that was answered is refused.
class CeremonyParticipant {
 public:
  // All must outlive the participant.
  struct Dependencies {
    const authority::Roster& roster;
    std::string own_id;
    const crypto::SigningKey& roster_key;
    KeyStore& key_store;
    crypto::Random& random;
    const common::Clock& clock;
    common::AuditSink& audit;
    // A ceremony whose next step does not come for so long gives way to one of another leader.
    absl::Duration step_timeout = absl::Minutes(2);
    // Each epoch opens fresh ceilings, and any member may lead: a younger epoch gives way only to a
    // ceremony under another roster, or with a steward's consent (Consent()). Zero: no such rule.
    absl::Duration minimum_epoch_age = absl::ZeroDuration();
    // Settles a ceremony that is pending here before another one begins: ResolvePending. May be
    // empty where nothing can be pending.
    std::function<absl::Status()> settle_pending = nullptr;
    // Told of each new active epoch, before Activate() returns. May be empty.
    std::function<void(uint64_t epoch)> on_activated = nullptr;
  };
  explicit CeremonyParticipant(Dependencies dependencies);
  ~CeremonyParticipant();

  // A steward of this agency consents to a ceremony although the active epoch is young: for an
  // hour, and for one new epoch. Audited with its reason, which is 1 to 512 characters
  // (InvalidArgument). The epoch that may be replaced; FailedPrecondition if there is none. A
  // restart forgets it.
  absl::StatusOr<uint64_t> Consent(const std::string& steward, std::string_view reason);

  // Steps 1 to 4. `caller` must be the session's leader. Errors: FailedPrecondition (another
  // roster, an epoch that is not the next one, an active one that is too young, another ceremony
  // under way, a step out of order), or what the ceremony itself refuses, blaming the culprit
  // (blame.h); then the session is over here and its secrets are erased.
  absl::StatusOr<v1::CeremonyMessage> Begin(std::string_view caller,
                                            const v1::BeginCeremonyRequest& request);
  absl::StatusOr<v1::CeremonyMessage> Reveal(std::string_view caller,
                                             const v1::CeremonyStepRequest& request);
  absl::StatusOr<v1::CeremonyMessage> Deal(std::string_view caller,
                                           const v1::CeremonyStepRequest& request);
  absl::StatusOr<v1::CeremonyMessage> Finish(std::string_view caller,
                                             const v1::CeremonyStepRequest& request);
  // Step 5. From any member: the certificates speak for themselves. Idempotent.
  absl::StatusOr<v1::ActivateCeremonyResponse> Activate(std::string_view caller,
                                                        const v1::CeremonyStepRequest& request);
  // The leader gives up. What was certified stays pending until it is known to be dead.
  absl::Status Abort(std::string_view caller, const v1::AbortCeremonyRequest& request);
  // All certificates if the session is active here; only the own one while it waits; NotFound if
  // this node has not certified that session and never will; Unavailable while it is under way.
  absl::StatusOr<v1::CeremonyStepRequest> FetchTranscripts(
      const v1::FetchTranscriptsRequest& request);

 private:
  struct Session;
  // What is answered in each step; also the contexts of signatures.
  enum class Step { kBegin = 0, kReveal = 1, kDeal = 2, kFinish = 3 };
  static std::string_view NameOf(Step step);

  absl::StatusOr<v1::CeremonyMessage> Advance(Step step, std::string_view caller,
                                              const v1::CeremonyStepRequest& request);
  absl::StatusOr<crypto::Bytes> Compute(Step step, const std::vector<crypto::Bytes>& messages);
  // The payloads of the step before `step`, in order of participant; what `relay` garbled blames
  // it.
  absl::StatusOr<std::vector<crypto::Bytes>> Payloads(std::string_view answered_in,
                                                      std::string_view relay,
                                                      const v1::CeremonyStepRequest& request) const;
  // FailedPrecondition, audited, if the active epoch is too young to be replaced.
  absl::Status CheckAge(const v1::CeremonySession& session) const;
  v1::CeremonyMessage Sign(Step step, const crypto::Bytes& payload) const;
  absl::Status BlameOf(const crypto::Blame& blame, std::string_view relay) const;
  absl::Status Audit(const std::string& event, const std::string& actor, const std::string& outcome,
                     const v1::CeremonySession& session, const std::string& reason) const;

  const Dependencies dependencies_;
  std::mutex mutex_;
  std::unique_ptr<Session> session_;  // before Finish, in memory only
  // Which epoch a steward lets go of early, and until when.
  uint64_t consented_epoch_ = 0;
  std::chrono::steady_clock::time_point consented_until_{};
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_MESH_CEREMONY_PARTICIPANT_H_
