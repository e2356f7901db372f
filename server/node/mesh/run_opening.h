// Opening a run among its members (protocol.md, "Authority"): who saw which manifest, and the keys
// K_AB and G that only nodes know. Sans-IO: signed messages in, signed messages out; the driver in
// run_opening_driver.h and the service carry them.
//
// Round 1: everybody's opening (HM, ephemeral X25519 key, commitment to r_i). Round 2: a signed
// hash over all openings and r_i, sealed to each recipient under the pair key. Any difference ends
// the opening for good and names who differs; nothing is evaluated then.
#ifndef RAAKVLAK_SERVER_NODE_MESH_RUN_OPENING_H_
#define RAAKVLAK_SERVER_NODE_MESH_RUN_OPENING_H_

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/base/hash.h"
#include "crypto/base/key_exchange.h"
#include "crypto/base/linkage_keys.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"
#include "crypto/base/signing.h"
#include "raakvlak/v1/evaluation.pb.h"

namespace raakvlak::node {

// A member of the run, with the key its messages are checked against.
struct RunMember {
  std::string agency_id;
  crypto::VerifyKey roster_key;
};

// The keys of one run. Move-only; zeroed when they go away.
struct RunKeys {
  // K_AB by counterpart.
  std::map<std::string, crypto::PairKey, std::less<>> pair_keys;
  // G.
  crypto::GroupKey group_key;
};

// One node's side of one opening. Thread-safe. All steps are idempotent.
class RunOpening {
 public:
  struct Parameters {
    std::string own_id;
    crypto::Digest manifest_hash;
    // All members, own_id among them; sorted here. At least two.
    std::vector<RunMember> members;
    // Must outlive the opening.
    const crypto::SigningKey* signing_key = nullptr;
    crypto::Random* random = nullptr;
  };

  // Draws the ephemeral key and r_i. Store Snapshot() before anything is sent: a node that came
  // back with another opening would be taken for an equivocator.
  static absl::StatusOr<std::unique_ptr<RunOpening>> Begin(Parameters parameters);
  // From a snapshot; every message in it is checked anew.
  static absl::StatusOr<std::unique_ptr<RunOpening>> Restore(Parameters parameters,
                                                             const crypto::SecretBytes& snapshot);
  // All that Restore() needs. Secret: to be sealed by the store.
  crypto::SecretBytes Snapshot() const;

  // Own message of round 1.
  v1::SignedPayload opening() const { return own_opening_; }
  // Takes in the opening of `from`. The same again is fine. Errors blame `from`; another opening
  // than before, another HM, or a copied key or commitment end the opening.
  absl::Status AddOpening(std::string_view from, const v1::SignedPayload& message);
  bool has_all_openings() const;

  // Own message of round 2 to `peer`. Unavailable until all openings are in; the opening's failure
  // once it has failed.
  absl::StatusOr<v1::SignedPayload> RevealTo(std::string_view peer);
  // Takes in the reveal of `from`. Unavailable until all openings are in. A wrong hash over the
  // openings, a box that does not open or a value that does not match its commitment end the
  // opening and blame `from`.
  absl::Status AddReveal(std::string_view from, const v1::SignedPayload& message);

  // All reveals are in.
  bool complete() const;
  // Unavailable (naming one absentee) until complete(); the failure if it failed.
  absl::StatusOr<RunKeys> Keys() const;
  // Members whose opening, or else whose reveal, is still awaited; own id never among them.
  std::vector<std::string> Missing() const;
  // OK, or why the opening has ended.
  absl::Status failure() const;
  // Ends it from outside: a timeout, a decline.
  void Fail(const absl::Status& reason);

 private:
  struct Peer {
    crypto::VerifyKey roster_key;
    std::optional<v1::SignedPayload> opening;
    crypto::ExchangePublicKey ephemeral{};
    crypto::Digest commitment{};
    std::optional<crypto::PairKey> pair_key;
    std::optional<crypto::Secret<32>> revealed;
    std::optional<v1::SignedPayload> reveal;
    std::optional<v1::SignedPayload> own_reveal;  // what we sent to it
  };

  RunOpening(Parameters parameters, crypto::ExchangeKey ephemeral, crypto::Secret<32> value);
  static absl::Status Check(const Parameters& parameters);
  absl::Status AddOpeningLocked(std::string_view from, const v1::SignedPayload& message);
  bool HasAllOpeningsLocked() const;
  crypto::Digest OpeningsHashLocked() const;
  absl::Status FailLocked(absl::Status status);

  const Parameters parameters_;
  const crypto::ExchangeKey ephemeral_;
  const crypto::Secret<32> value_;
  v1::SignedPayload own_opening_;
  crypto::Digest own_commitment_{};

  mutable std::mutex mutex_;
  std::map<std::string, Peer, std::less<>> peers_;  // without the own agency
  absl::Status failure_;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_MESH_RUN_OPENING_H_
