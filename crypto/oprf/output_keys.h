// What nodes make of an OPRF output Y (protocol.md, "From output to tag" and "Linkage"): run tags,
// confirmations, match references, keys of fuzzy blocks.
#ifndef RAAKVLAK_CRYPTO_OPRF_OUTPUT_KEYS_H_
#define RAAKVLAK_CRYPTO_OPRF_OUTPUT_KEYS_H_

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "crypto/base/hash.h"
#include "crypto/base/linkage_keys.h"
#include "crypto/base/secret.h"
#include "crypto/batch/kernels.h"

namespace raakvlak::crypto {

using OprfOutputView = std::span<const uint8_t, 64>;
// L = Y[32..63].
using BlockSecretView = std::span<const uint8_t, 32>;
inline BlockSecretView BlockSecretOf(OprfOutputView output) { return output.last<32>(); }

// Run tags of one type: HMAC-SHA512(HKDF-Expand(G, "raakvlak/v1 tag" || lp(type)),
// Y[0..31])[0..15]. Thread-safe.
class RunTagger {
 public:
  RunTagger(const GroupKey& group_key, std::string_view identifier_type);
  RunTag Tag(OprfOutputView output) const;
  // The tags of many outputs, hashed side by side: `outputs` holds 64 bytes for each of `tags`
  // (InvalidArgument else).
  absl::Status Tags(const Kernels& kernels, ByteView outputs, std::span<RunTag> tags) const;

 private:
  Secret<64> key_;
};

using ConfirmationTag = std::array<uint8_t, 32>;

// Confirms a shared list with one counterpart: add the block secrets in tag order, then ask for
// the two directions. HMAC-SHA512(K_AB, "raakvlak/v1 confirm" || HM || lp(type) || lp(from) ||
// lp(to) || u64(k) || SHA-512(L_1 || .. || L_k))[0..31], u64 big-endian. Not thread-safe.
class Confirmation {
 public:
  void Add(BlockSecretView block_secret);
  uint64_t count() const { return count_; }
  // What `from` sends to `to`. May be called for both directions.
  ConfirmationTag Tag(const PairKey& pair_key, const Digest& manifest_hash,
                      std::string_view identifier_type, std::string_view from,
                      std::string_view to) const;

 private:
  Sha512Hasher hasher_;
  uint64_t count_ = 0;
};
// Constant time.
bool EqualConfirmation(const ConfirmationTag& a, const ConfirmationTag& b);

// The reference of a match, 16 characters of Base32: the first 10 bytes of HMAC-SHA512(P_AB,
// "raakvlak/v1 ref" || lp(purpose) || lp(u64(epoch)) || L*). P_AB is the ceremony's pair key.
std::string MatchReference(const Secret<64>& match_pair_key, std::string_view purpose,
                           uint64_t epoch, BlockSecretView block_secret);

// The key of a shared fuzzy block: HMAC-SHA512(K_AB, "raakvlak/v1 block" || lp(type) || L).
Secret<64> DeriveBlockKey(const PairKey& pair_key, std::string_view identifier_type,
                          BlockSecretView block_secret);
// The key of one field's encodings in a block: HMAC-SHA512(block key, "field" || u16(field)),
// u16 big-endian.
Secret<64> DeriveFieldKey(const Secret<64>& block_key, uint16_t field);

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_OPRF_OUTPUT_KEYS_H_
