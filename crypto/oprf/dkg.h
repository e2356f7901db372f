// Distributed key generation with no dealer, for a vector of keys at once (Pedersen's DKG with
// proofs of knowledge as in FROST, RFC 9591 and its paper; the untrusted relay and the certificate
// as in ChillDKG). Sans-IO: each step takes the messages of all participants of the round before
// and gives this participant's next one.
//
//   round 1  hash     H(reveal): nobody can choose a contribution after seeing another's
//   round 2  reveal   per key t commitments and a proof of knowledge bound to (session,
//                     participant, key), an ephemeral X25519 key; all round-1 digests as seen
//   round 3  deal     shares, sealed for each recipient
//   round 4  certify  a signature on the transcript, a test evaluation per key with its proof;
//                     all round-3 digests as seen
// The round-4 messages of all participants are the certificate: whoever holds them and its
// own saved state can finish, so that a node killed after Certify() loses nothing, and one that
// was killed before never signed and no other side can be active.
//
// Every message is signed with the sender's roster key. A step that refuses names the culprit; any
// refusal ends the ceremony. Messages may travel over an untrusted relay, which can stop a
// ceremony but neither learn nor change a key.
#ifndef RAAKVLAK_CRYPTO_OPRF_DKG_H_
#define RAAKVLAK_CRYPTO_OPRF_DKG_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/base/bytes.h"
#include "crypto/base/hash.h"
#include "crypto/base/key_exchange.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"
#include "crypto/base/signing.h"
#include "crypto/oprf/dkg_messages.h"
#include "crypto/oprf/element.h"
#include "crypto/oprf/scalar.h"
#include "crypto/oprf/shamir.h"

namespace raakvlak::crypto {

// Why a ceremony ended.
struct Blame {
  // 0: the relay or somebody unknown.
  ShareIndex culprit = 0;
  // Whether messages signed by the culprit show it. Otherwise the relay may be to blame.
  bool proven = false;
  std::string reason;
};

// A value, or the blame for there being none.
template <typename T>
class OrBlame {
 public:
  OrBlame(T value) : value_(std::move(value)) {}      // NOLINT: implicit as in StatusOr
  OrBlame(Blame blame) : value_(std::move(blame)) {}  // NOLINT
  bool ok() const { return value_.index() == 0; }
  T& value() { return std::get<0>(value_); }
  const T& value() const { return std::get<0>(value_); }
  const Blame& blame() const { return std::get<1>(value_); }
  // Aborted, with culprit and reason in the message.
  absl::Status status() const;

 private:
  std::variant<T, Blame> value_;
};

absl::Status BlameStatus(const Blame& blame);
template <typename T>
absl::Status OrBlame<T>::status() const {
  return ok() ? absl::OkStatus() : BlameStatus(blame());
}

// One key of the outcome.
struct DkgKey {
  std::string name;
  Element group_public_key;
  std::vector<Element> public_shares;  // of participant i at place i - 1
  SecretScalar signing_share;
};

// The outcome: active, certified by all participants.
struct DkgKeys {
  ShareIndex own_index = 0;
  size_t threshold = 0;
  std::vector<std::string> participants;  // agency ids, in order of index
  Digest transcript{};
  std::vector<DkgKey> keys;  // in the order of the configuration
  // P_AB per participant: HKDF(salt = transcript, ikm = X25519 of the ceremony keys,
  // info = "raakvlak/v1 pair-match" || lp(lower id) || lp(higher id)); all zeros at the own place.
  std::vector<Secret<64>> match_pair_keys;
  // All round-4 messages, for a participant that has lost them. Public.
  Bytes certificate;

  // NotFound for an unknown name.
  absl::StatusOr<const DkgKey*> Find(std::string_view name) const;
  // For the node's encrypted store.
  SecretBytes Serialize(SecretAccess) const;
  // InvalidArgument for anything that Serialize did not write; checks that the own shares belong
  // to the public shares.
  static absl::StatusOr<DkgKeys> Parse(ByteView bytes);
};

// After Certify: everything is computed, the certificate is missing. The keys are not yet active.
class PendingKeys {
 public:
  PendingKeys(PendingKeys&&) = default;
  PendingKeys& operator=(PendingKeys&&) = default;

  // This participant's round-4 message, to be sent again after a restart.
  const Bytes& certify_message() const { return certify_message_; }
  // Round 4 of all participants, in order of index; an empty message is an absent one. Checks all
  // signatures on the transcript and all test evaluations, that two different sets of `threshold`
  // evaluations combine to the same value, and that the public shares interpolate to the group
  // public key. May be called again with other messages after a refusal.
  OrBlame<DkgKeys> Finish(std::span<const Bytes> certify_messages) const;
  // The same from another participant's DkgKeys::certificate.
  OrBlame<DkgKeys> FinishFromCertificate(ByteView certificate) const;

  // For the node's encrypted store: save before certify_message() is sent.
  SecretBytes Serialize(SecretAccess) const;
  static absl::StatusOr<PendingKeys> Parse(const DkgConfig& config, ByteView bytes);

 private:
  friend class DkgCeremony;
  explicit PendingKeys(DkgConfig config) : config_(std::move(config)) {}

  DkgConfig config_;
  DkgKeys keys_;
  std::vector<MessageProof> deals_;  // round-3 messages as seen
  Bytes certify_message_;
};

// A participant's side of one ceremony, up to Certify. Steps are called in order, each once (a
// second call or a wrong order is a blame of nobody). Not thread-safe. What it holds is erased with
// it; a participant killed in here starts a new ceremony, with a new session.
class DkgCeremony {
 public:
  // InvalidArgument for a configuration that DkgConfig::Check refuses, an index that is not in it
  // or a signing key that is not that participant's. The key and the randomness must outlive the
  // ceremony.
  static absl::StatusOr<DkgCeremony> Begin(DkgConfig config, ShareIndex own_index,
                                           const SigningKey& signing_key, Random& random);
  ~DkgCeremony();
  DkgCeremony(DkgCeremony&&) noexcept;
  DkgCeremony& operator=(DkgCeremony&&) noexcept;

  // Round 1.
  const Bytes& hash_message() const;
  // `messages`: of all participants in order of index, the own one included; empty = absent.
  OrBlame<Bytes> Reveal(std::span<const Bytes> hash_messages);
  OrBlame<Bytes> Deal(std::span<const Bytes> reveal_messages);
  OrBlame<PendingKeys> Certify(std::span<const Bytes> deal_messages);

 private:
  struct State;
  explicit DkgCeremony(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_OPRF_DKG_H_
