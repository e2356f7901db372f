// The runs that this node has taken up, as its services know them. A run comes in through TakeUp(),
// which checks the manifest, and nothing answers for a run that is not in here.
#ifndef RAAKVLAK_SERVER_NODE_MESH_RUN_REGISTRY_H_
#define RAAKVLAK_SERVER_NODE_MESH_RUN_REGISTRY_H_

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "authority/manifest.h"
#include "authority/purpose.h"
#include "authority/roster.h"
#include "crypto/base/random.h"
#include "crypto/base/signing.h"
#include "crypto/oprf/output_keys.h"
#include "server/common/clock.h"
#include "server/node/mesh/key_store.h"
#include "server/node/mesh/run_opening.h"
#include "server/node/mesh/run_secret_store.h"
#include "server/node/mesh/seen_runs.h"

namespace raakvlak::node {

// Own confirmation values for one counterpart and type: what is sent, and what must come.
struct OwnConfirmation {
  uint64_t count = 0;
  crypto::ConfirmationTag sent{};      // from = own agency, to = counterpart
  crypto::ConfirmationTag expected{};  // from = counterpart, to = own agency
};

// One run. Thread-safe. Stays valid as long as somebody holds it; after End() its keys are gone and
// every use of it fails.
class RunContext {
 public:
  const authority::Manifest& manifest() const { return manifest_; }
  const authority::Purpose& purpose() const { return purpose_; }
  const crypto::Digest& manifest_hash() const { return manifest_.hash(); }
  std::string run_id() const { return manifest_.run_id(); }
  // The keys of the manifest's epoch.
  const EpochKeys& keys() const { return *keys_; }
  // Every member but the own agency, in order.
  const std::vector<std::string>& counterparts() const { return counterparts_; }
  // Share indices (roster) of the evaluators of a requester.
  std::vector<uint32_t> CommitteeOf(std::string_view requester) const;
  // Agencies of the evaluators of a requester, in order of agency id.
  std::vector<std::string> EvaluatorsOf(std::string_view requester) const;
  // The evaluators of a requester with their coefficients and keys. Made once per requester and
  // type. InvalidArgument for who is not a member or a type that is not in the run.
  absl::StatusOr<std::shared_ptr<const crypto::Committee>> CryptoCommittee(
      std::string_view requester, std::string_view identifier_type);

  // The opening; nullptr after End().
  std::shared_ptr<RunOpening> opening() const;
  // Takes over the keys of a complete opening, after its snapshot has been stored.
  absl::Status AdoptKeys();
  bool is_open() const;
  // K_AB and G. Unavailable before the run is open, FailedPrecondition after its end. Hold it for
  // a moment only: a holder keeps the keys from being erased.
  absl::StatusOr<std::shared_ptr<const RunKeys>> run_keys() const;

  void SetConfirmation(std::string_view counterpart, std::string_view identifier_type,
                       const OwnConfirmation& confirmation);
  std::optional<OwnConfirmation> FindConfirmation(std::string_view counterpart,
                                                  std::string_view identifier_type) const;

 private:
  friend class RunRegistry;
  RunContext(authority::Manifest manifest, authority::Purpose purpose,
             const authority::Roster& roster, std::shared_ptr<const EpochKeys> keys,
             std::string own_id, std::shared_ptr<RunOpening> opening);
  void End();

  const authority::Manifest manifest_;
  const authority::Purpose purpose_;
  const authority::Roster& roster_;
  const std::shared_ptr<const EpochKeys> keys_;
  const std::string own_id_;
  std::vector<std::string> counterparts_;

  mutable std::mutex mutex_;
  bool ended_ = false;
  std::shared_ptr<RunOpening> opening_;
  std::shared_ptr<const RunKeys> run_keys_;
  std::map<std::pair<std::string, std::string>, OwnConfirmation> confirmations_;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<const crypto::Committee>>
      committees_;
};

// Thread-safe.
class RunRegistry {
 public:
  // All must outlive the registry.
  struct Dependencies {
    const authority::Roster& roster;
    std::string own_id;
    std::string normaliser_version;
    const crypto::SigningKey& roster_key;
    KeyStore& key_store;
    RunSecretStore& secrets;
    SeenRunStore& seen;
    crypto::Random& random;
    const common::Clock& clock;
  };
  explicit RunRegistry(Dependencies dependencies);

  // Checks purpose and manifest (authority, manifest_policy.h), remembers the attempt, stores the
  // secrets of its opening (or takes them up again after a restart) and makes the run known to the
  // services. Idempotent. What it refuses is to be declined.
  absl::StatusOr<std::shared_ptr<RunContext>> TakeUp(std::string_view manifest_bytes,
                                                     const v1::SignedDocument& purpose);
  // From now on peers that open this run are told that this node declined, and why.
  void Decline(const crypto::Digest& manifest_hash, std::string_view reason);
  // The run is over here, however it went: keys and secrets are erased, peers are refused. OK for a
  // run that is not known (any more).
  absl::Status End(const crypto::Digest& manifest_hash);

  // Unavailable for a run this node has not (yet) taken up; FailedPrecondition for one it declined
  // or ended.
  absl::StatusOr<std::shared_ptr<RunContext>> Find(std::string_view manifest_hash) const;
  std::vector<std::shared_ptr<RunContext>> Runs() const;

  // Stores the opening's present state, to be resumed from.
  absl::Status SaveOpening(RunContext& run);

  // Ends every run of another epoch than the active one: its shares are retired.
  absl::Status EndRetired();

  // A peer opened a manifest that is unknown here. Remembered (the last one per peer), so that an
  // opening that times out can say that the two were shown different manifests.
  void NoteForeignOpening(std::string_view peer, std::string_view manifest_hash);
  void ForgetForeignOpening(std::string_view peer);
  // The manifest hash, if it is still unknown here.
  std::optional<std::string> ForeignOpeningOf(std::string_view peer) const;

  const Dependencies& dependencies() const { return dependencies_; }

 private:
  const Dependencies dependencies_;
  // Serialises TakeUp and End, which touch the stores.
  std::mutex change_mutex_;
  mutable std::mutex mutex_;
  std::map<crypto::Digest, std::shared_ptr<RunContext>> runs_;
  std::map<crypto::Digest, std::string> closed_;
  std::map<std::string, std::string, std::less<>> foreign_;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_MESH_RUN_REGISTRY_H_
