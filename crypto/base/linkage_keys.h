// The keys of one run that nodes derive alike (protocol.md, "Authority" and "From output to tag").
// All derived keys have 64 bytes. Agency ids are at most 65,535 bytes, compared bytewise.
#ifndef RAAKVLAK_CRYPTO_BASE_LINKAGE_KEYS_H_
#define RAAKVLAK_CRYPTO_BASE_LINKAGE_KEYS_H_

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "crypto/base/hash.h"
#include "crypto/base/key_exchange.h"
#include "crypto/base/secret.h"

namespace raakvlak::crypto {

inline constexpr size_t kRunTagSize = 16;
// What the matcher compares: worthless after its run.
using RunTag = std::array<uint8_t, kRunTagSize>;

using PairKey = Secret<64>;
using GroupKey = Secret<64>;

// K_AB = HKDF(salt = HM, ikm = X25519(a, b), info = "raakvlak/v1 pair" || lp(lower) || lp(higher)).
// Both sides get the same whichever id they put first. InvalidArgument for equal ids or a peer key
// of small order.
absl::StatusOr<PairKey> DerivePairKey(const ExchangeKey& own, const ExchangePublicKey& peer,
                                      const Digest& manifest_hash, std::string_view own_id,
                                      std::string_view peer_id);

// A member's 32 random bytes r_i of a run's opening.
struct GroupContribution {
  std::string agency_id;
  Secret<32> value;
};
// SHA-512(r_i), sent before r_i is opened.
Digest GroupCommitment(const Secret<32>& value);
// G = HKDF(salt = HM, ikm = r_1 || .. || r_m in order of agency id, info = "raakvlak/v1 group").
// The contributions may come in any order; a duplicate id or fewer than two is InvalidArgument.
absl::StatusOr<GroupKey> DeriveGroupKey(const Digest& manifest_hash,
                                        std::span<const GroupContribution> contributions);

// HKDF-Expand(G, "raakvlak/v1 tag" || lp(type)).
Secret<64> DeriveRunTagKey(const GroupKey& group_key, std::string_view identifier_type);

// Key for what `from` seals to `to` within the run: HKDF-Expand(K_AB, "raakvlak/v1 seal" ||
// lp(from) || lp(to)), 32 bytes for aead.h.
Secret<32> DeriveSealKey(const PairKey& pair_key, std::string_view from, std::string_view to);

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BASE_LINKAGE_KEYS_H_
