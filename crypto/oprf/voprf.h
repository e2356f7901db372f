// The verifiable OPRF of RFC 9497 (mode 0x01, ristretto255-SHA512) with a shared key, over whole
// chunks. One chunk goes through:
//   requester   Blind                       inputs -> blinded elements, blinds kept
//   evaluator   EvaluateChunk               blinded elements -> evaluated elements and one proof
//   requester   VerifyChunk, per evaluator  -> a VerifiedPartial, which nothing else can make
//               EvaluateOwnChunk          the own share, which needs no proof
//               CombineChunk                all partials of one committee -> sum
//               FinalizeChunk               unblinds and hashes -> 64 bytes an input
//
// Blinds are added, not multiplied by: A = H(x) + r G, and N = Z - r K for the group public key K.
// On the wire nothing differs, since a fresh uniform r makes A uniform and independent of x either
// way; outputs are those of RFC 9497; multiples of G and of K come from tables, at a fraction of a
// multiplication's price. Z - r K is right only if Z was made with the key behind K, which is what
// the proofs show: without them additive blinding would be unsafe (Jarecki, Krawczyk, Xu, "On the
// (in)security of the Diffie-Hellman oblivious PRF with multiplicative blinding", PKC 2021, where
// the group is written multiplicatively).
//
// The types carry the rules: only verified partials combine, only those of one committee and one
// chunk, and a chunk is used up when it is finalised.
//
// Functions are thread-safe for different chunks. Large chunks pay: see crypto/batch/kernels.h.
#ifndef RAAKVLAK_CRYPTO_OPRF_VOPRF_H_
#define RAAKVLAK_CRYPTO_OPRF_VOPRF_H_

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/base/bytes.h"
#include "crypto/base/hash.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"
#include "crypto/batch/kernels.h"
#include "crypto/oprf/committee.h"
#include "crypto/oprf/dleq.h"

namespace raakvlak::crypto {

inline constexpr size_t kMaxChunkElements = kMaxProofElements;
inline constexpr size_t kOprfOutputSize = 64;

// A requester's chunk on its way: what is sent, and the blinds, which stay. Move-only.
class BlindedChunk {
 public:
  size_t size() const { return encoded_.size(); }
  // To be sent, in this order.
  std::span<const EncodedElement> encoded() const { return encoded_; }
  // SHA-512 over the encodings, one after the other.
  const Digest& digest() const { return digest_; }

 private:
  friend class ChunkAccess;
  std::vector<EncodedElement> encoded_;
  PointVector points_;
  SecretBytes blinds_;  // 32 bytes each
  Digest digest_{};
};

// Hashes every input to the group and blinds it with a scalar of its own, fresh from `random`.
// InvalidArgument for no inputs, more than kMaxChunkElements, or an input over 65,535 bytes;
// Internal if `random` makes a blind of zero, which no working generator does.
absl::StatusOr<BlindedChunk> Blind(const Kernels& kernels, std::span<const ByteView> inputs,
                                   Random& random);

struct EvaluatedChunk {
  std::vector<EncodedElement> elements;
  std::array<uint8_t, kProofSize> proof;
};

// (lambda share) A_i for every element, with a proof against lambda times `public_share`.
// InvalidArgument for an empty or oversized chunk, a zero lambda or share, or an element that is
// not canonical or is the identity, whose place is then in `*bad_element` (if given).
// FailedPrecondition if `public_share` does not belong to `share`: a corrupt key store.
absl::StatusOr<EvaluatedChunk> EvaluateChunk(const Kernels& kernels,
                                             std::span<const EncodedElement> blinded,
                                             const SecretScalar& share, const Element& public_share,
                                             const Scalar& lambda, Random& random,
                                             size_t* bad_element = nullptr);

// One evaluator's answer that has passed its proof, or this node's own. Only VerifyChunk and
// EvaluateOwnChunk make one.
class VerifiedPartial {
 public:
  ShareIndex index() const { return index_; }

 private:
  friend class ChunkAccess;
  VerifiedPartial() = default;
  ShareIndex index_ = 0;
  Digest committee_{};
  Digest chunk_{};
  PointVector points_;
};

// Checks an evaluator's answer: number, every element, the proof against the committee's key of
// `evaluator`. InvalidArgument (malformed; `*bad_element` as above) or PermissionDenied (the proof
// does not hold): either way the answer is evidence against that evaluator.
absl::StatusOr<VerifiedPartial> VerifyChunk(const Kernels& kernels, const Committee& committee,
                                            ShareIndex evaluator, const BlindedChunk& chunk,
                                            std::span<const EncodedElement> evaluated,
                                            ByteView proof, size_t* bad_element = nullptr);

// This node's own partial of its own chunk, under its place `own` in the committee: (lambda share)
// A_i, in the form that is combined. There is nobody to prove it to: a proof binds an evaluator
// that holds another's elements, and here both are one. FailedPrecondition if `share` is not the
// one behind the committee's key of `own`: a corrupt key store.
absl::StatusOr<VerifiedPartial> EvaluateOwnChunk(const Kernels& kernels, const Committee& committee,
                                                 ShareIndex own, const BlindedChunk& chunk,
                                                 const SecretScalar& share);

// The sum of all partials: key times the blinded elements.
class CombinedChunk {
 private:
  friend class ChunkAccess;
  CombinedChunk() = default;
  Digest chunk_{};
  Element key_;  // the group public key
  PointVector points_;

 public:
  CombinedChunk(CombinedChunk&&) = default;
  CombinedChunk& operator=(CombinedChunk&&) = default;
};

// InvalidArgument unless there is exactly one partial of each member of `committee`, all made for
// this committee and this chunk.
absl::StatusOr<CombinedChunk> CombineChunk(const Kernels& kernels, const Committee& committee,
                                           const BlindedChunk& chunk,
                                           std::vector<VerifiedPartial> partials);

// Outputs of a chunk, in the order of its inputs. They are secret: run tags and block secrets come
// from them.
class OutputChunk {
 public:
  size_t size() const { return outputs_.size() / kOprfOutputSize; }
  std::span<const uint8_t, kOprfOutputSize> Output(size_t i, SecretAccess token) const {
    return outputs_.Reveal(token).subspan(i * kOprfOutputSize).first<kOprfOutputSize>();
  }

 private:
  friend class ChunkAccess;
  SecretBytes outputs_;
};

// Takes blinds away under one group public key: a table of its multiples, made once for many
// chunks. Immutable, thread-safe; public.
class Unblinder {
 public:
  // InvalidArgument for the identity.
  static absl::StatusOr<Unblinder> Create(const Kernels& kernels, const Element& group_public_key);

 private:
  friend class ChunkAccess;
  Unblinder(const Element& key, BaseTable table) : key_(key), table_(std::move(table)) {}
  Element key_;
  BaseTable table_;  // of its negative
};

// Unblinds, and hashes with the inputs the chunk was made of, in the same order (RFC 9497,
// Finalize). Uses the chunk up: its blinds are erased. InvalidArgument for other inputs, a
// combination of another chunk or under another key, or an input that maps to the identity.
absl::StatusOr<OutputChunk> FinalizeChunk(const Kernels& kernels, const Unblinder& unblinder,
                                          BlindedChunk chunk, CombinedChunk combined,
                                          std::span<const ByteView> inputs);

// What an input is hashed from (protocol.md, "From output to tag"): lp("raakvlak/v1") ||
// lp(group public key) || lp(identifier type) || lp(normaliser version) || lp(normalised value).
// Empty type, version or value, or a whole over 65,535 bytes, is InvalidArgument.
absl::StatusOr<SecretBytes> OprfInput(const Element& group_public_key,
                                      std::string_view identifier_type,
                                      std::string_view normaliser_version,
                                      std::string_view normalised_value);

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_OPRF_VOPRF_H_
