// The node's key shares at rest: one SQLite file whose secret columns are sealed under a key
// derived from the machine's wrapping key. Holds the active epoch, and ceremonies that this node
// certified but has not yet seen certified by all.
//
// Activating an epoch erases the shares of the one before: nothing brings a retired share back
// (secure_delete and an emptied write-ahead log; what a disk keeps beneath them is the disk's).
#ifndef RAAKVLAK_SERVER_NODE_MESH_KEY_STORE_H_
#define RAAKVLAK_SERVER_NODE_MESH_KEY_STORE_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "authority/roster.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"
#include "crypto/oprf/committee.h"
#include "crypto/oprf/dkg.h"
#include "raakvlak/v1/ceremony.pb.h"
#include "server/common/sqlite.h"

namespace raakvlak::node {

// The keys of one epoch, as the ceremony left them. Immutable, thread-safe.
struct EpochKeys {
  // What the ceremony was about.
  v1::CeremonySession session;
  crypto::DkgKeys dkg;
  // When it became active here; Unix seconds. 0 where an older version kept it without.
  int64_t activated_at = 0;

  uint64_t epoch() const { return session.epoch(); }
  // NotFound for a type without a key.
  absl::StatusOr<const crypto::DkgKey*> KeyOf(std::string_view identifier_type) const;
  // Place of an agency in the ceremony (1 for the first), which is its evaluation point in
  // crypto/oprf; 0 for who took no part. Not the roster's share_index: a committee on the wire
  // names share indices, CommitteeOf() translates.
  crypto::ShareIndex IndexOf(std::string_view agency_id) const;
  // P_AB, from which match references come. NotFound for a stranger or the own agency.
  absl::StatusOr<const crypto::Secret<64>*> MatchPairKey(std::string_view agency_id) const;
  // The evaluators S, given by the roster's share indices, for one type. InvalidArgument unless
  // they are sorted, without duplicates or 0, on the roster and exactly the threshold.
  absl::StatusOr<crypto::Committee> CommitteeOf(const authority::Roster& roster,
                                                std::string_view identifier_type,
                                                std::span<const uint32_t> share_indices) const;
};

// A ceremony that waits for everybody's certificate.
struct PendingCeremony {
  v1::CeremonySession session;
  crypto::PendingKeys keys;
};

// What all participants of a ceremony under this roster agree on before they begin.
// FailedPrecondition if the session is for another roster.
absl::StatusOr<crypto::DkgConfig> CeremonyConfig(const authority::Roster& roster,
                                                 const v1::CeremonySession& session);

// Thread-safe.
class KeyStore {
 public:
  // DataLoss if what is there does not open with this wrapping key. `random` must outlive the
  // store.
  static absl::StatusOr<std::unique_ptr<KeyStore>> Open(const std::string& path,
                                                        const crypto::Secret<32>& wrapping_key,
                                                        crypto::Random& random);

  // 0 before the first ceremony.
  uint64_t active_epoch() const;
  // nullptr before the first ceremony.
  std::shared_ptr<const EpochKeys> active() const;
  // FailedPrecondition for any other epoch than the active one; says whether it is retired, or no
  // key has been made yet.
  absl::StatusOr<std::shared_ptr<const EpochKeys>> ForEpoch(uint64_t epoch) const;

  // Durable once it returns OK; call it before the certify message is sent. Replaces whatever was
  // pending: certifying another session gives the earlier one up.
  absl::Status SavePending(const v1::CeremonySession& session, const crypto::PendingKeys& keys);
  // The session that is pending, if any.
  std::optional<v1::CeremonySession> pending_session() const;
  // FailedPrecondition if the roster is another one now; NotFound if nothing is pending.
  absl::StatusOr<PendingCeremony> LoadPending(const authority::Roster& roster) const;
  // Makes the pending ceremony's outcome the active epoch and erases all older shares and the
  // pending state, in one step. `transcripts`: everybody's certificates, for peers that missed
  // them; `now`: Unix seconds. Idempotent. FailedPrecondition unless the epoch is one more than the
  // active one.
  absl::Status Activate(const v1::CeremonySession& session, crypto::DkgKeys keys,
                        const v1::CeremonyStepRequest& transcripts, int64_t now);
  // The certificates of the active epoch, if it came from this session.
  absl::StatusOr<std::optional<v1::CeremonyStepRequest>> TranscriptsOf(
      std::string_view session_id) const;

 private:
  KeyStore(std::unique_ptr<common::Database> database, crypto::Secret<32> key,
           crypto::Random& random);
  absl::Status LoadActive();

  const std::unique_ptr<common::Database> database_;
  const crypto::Secret<32> key_;
  crypto::Random& random_;
  mutable std::mutex mutex_;
  std::shared_ptr<const EpochKeys> active_;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_MESH_KEY_STORE_H_
