// The messages of a key ceremony as plain structs, with one strict byte form each, and the signed
// envelope they travel in. What they mean: dkg.h.
#ifndef RAAKVLAK_CRYPTO_OPRF_DKG_MESSAGES_H_
#define RAAKVLAK_CRYPTO_OPRF_DKG_MESSAGES_H_

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/base/bytes.h"
#include "crypto/base/hash.h"
#include "crypto/base/key_exchange.h"
#include "crypto/base/signing.h"
#include "crypto/oprf/dleq.h"
#include "crypto/oprf/element.h"
#include "crypto/oprf/scalar.h"
#include "crypto/oprf/shamir.h"

namespace raakvlak::crypto {

inline constexpr size_t kMaxDkgKeys = 256;
inline constexpr size_t kMaxDkgMessage = size_t{4} << 20;

struct DkgParticipant {
  std::string agency_id;
  VerifyKey roster_key;
};

// What all participants must agree on before they begin.
struct DkgConfig {
  Digest session{};  // fresh for each ceremony; never used twice
  Digest roster{};   // hash of the signed roster this ceremony is for
  uint64_t epoch = 0;
  size_t threshold = 0;
  std::vector<std::string> key_names;        // identifier types; not empty, no duplicates
  std::vector<DkgParticipant> participants;  // ascending by agency id; index = place + 1

  // InvalidArgument unless 2 <= threshold <= participants <= kMaxParticipants, ids ascending and
  // of 1 to 255 bytes, roster keys all different, 1 to kMaxDkgKeys names of 1 to 255 bytes.
  absl::Status Check() const;
  // Over everything above; part of every signature and proof of the ceremony.
  Digest Hash() const;
};

enum class DkgRound : uint8_t { kHash = 1, kReveal = 2, kDeal = 3, kCertify = 4 };

// That a participant signed a message with this digest in some round.
struct MessageProof {
  Digest digest{};  // SHA-512 of the body
  Signature signature{};
  friend bool operator==(const MessageProof&, const MessageProof&) = default;
};

// A message in its signed envelope.
struct SignedMessage {
  DkgRound round = DkgRound::kHash;
  ShareIndex sender = 0;
  Bytes body;
  Signature signature{};

  static SignedMessage Make(const Digest& config_hash, DkgRound round, ShareIndex sender,
                            Bytes body, const SigningKey& key);
  MessageProof Proof() const;
  Bytes Serialize() const;
  static absl::StatusOr<SignedMessage> Parse(ByteView bytes);
};

// Whether `proof` is `sender`'s signature of this round. The signature covers the configuration
// hash, round, sender and digest.
bool VerifyMessageProof(const Digest& config_hash, DkgRound round, ShareIndex sender,
                        const VerifyKey& key, const MessageProof& proof);

// A Schnorr proof of knowledge of a commitment's discrete logarithm: R and mu.
struct KnowledgeProof {
  Element r;
  Scalar mu;
};
// Challenge of FROST's key generation: HashToScalar-like reduction of SHA-512(prefix || index as a
// scalar || commitment || R).
Scalar KnowledgeChallenge(ByteView prefix, ShareIndex index, const Element& commitment,
                          const Element& r);
KnowledgeProof ProveKnowledge(ByteView prefix, ShareIndex index, const SecretScalar& secret,
                              Random& random);
bool VerifyKnowledge(ByteView prefix, ShareIndex index, const Element& commitment,
                     const KnowledgeProof& proof);

struct HashBody {
  Digest reveal_hash{};
  Bytes Serialize() const;
  static absl::StatusOr<HashBody> Parse(ByteView bytes);
};

struct KeyCommitment {
  std::vector<Element> commitments;  // constant term first; threshold of them
  KnowledgeProof proof;
};
// What round 1 is the hash of.
struct RevealContents {
  std::vector<KeyCommitment> keys;
  ExchangePublicKey exchange_key{};
  Bytes Serialize() const;
  // Takes any number of keys and commitments within bounds, so that a wrong number can be told
  // from a malformed message.
  static absl::StatusOr<RevealContents> Parse(ByteView bytes);
};
struct RevealBody {
  Bytes reveal;                      // RevealContents::Serialize()
  std::vector<MessageProof> hashes;  // round 1 as seen, in order of index
  Bytes Serialize() const;
  static absl::StatusOr<RevealBody> Parse(ByteView bytes);
};

struct DealBody {
  std::vector<Bytes> boxes;  // sealed shares for each participant, empty at the own place
  Bytes Serialize() const;
  static absl::StatusOr<DealBody> Parse(ByteView bytes);
};

struct TestEvaluation {
  Element value;
  DleqProof proof;
};
struct CertifyBody {
  Digest transcript{};
  std::vector<TestEvaluation> evaluations;  // one a key
  std::vector<MessageProof> deals;          // round 3 as seen, in order of index
  Bytes Serialize() const;
  static absl::StatusOr<CertifyBody> Parse(ByteView bytes);
};

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_OPRF_DKG_MESSAGES_H_
