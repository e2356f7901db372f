// Pair, group, tag and seal keys of a run.
#include "crypto/base/linkage_keys.h"

#include <algorithm>
#include <vector>

namespace raakvlak::crypto {

absl::StatusOr<PairKey> DerivePairKey(const ExchangeKey& own, const ExchangePublicKey& peer,
                                      const Digest& manifest_hash, std::string_view own_id,
                                      std::string_view peer_id) {
  if (own_id == peer_id) return absl::InvalidArgumentError("a pair needs two different agencies");
  absl::StatusOr<Secret<32>> shared = own.Agree(peer);
  if (!shared.ok()) return shared.status();
  ByteWriter info;
  info.Raw("raakvlak/v1 pair").Lp(std::min(own_id, peer_id)).Lp(std::max(own_id, peer_id));
  return HkdfSha512<64>(manifest_hash, shared->Reveal(SecretAccess{}), info.view());
}

Digest GroupCommitment(const Secret<32>& value) { return Sha512(value.Reveal(SecretAccess{})); }

absl::StatusOr<GroupKey> DeriveGroupKey(const Digest& manifest_hash,
                                        std::span<const GroupContribution> contributions) {
  if (contributions.size() < 2) {
    return absl::InvalidArgumentError("a group key needs at least two members");
  }
  std::vector<const GroupContribution*> sorted;
  sorted.reserve(contributions.size());
  for (const GroupContribution& c : contributions) sorted.push_back(&c);
  std::sort(sorted.begin(), sorted.end(),
            [](const auto* a, const auto* b) { return a->agency_id < b->agency_id; });
  ByteWriter input;
  for (size_t i = 0; i < sorted.size(); ++i) {
    if (i > 0 && sorted[i - 1]->agency_id == sorted[i]->agency_id) {
      return absl::InvalidArgumentError("two contributions of one agency");
    }
    input.Raw(sorted[i]->value.Reveal(SecretAccess{}));
  }
  return HkdfSha512<64>(manifest_hash, input.view(), AsBytes("raakvlak/v1 group"));
}

Secret<64> DeriveRunTagKey(const GroupKey& group_key, std::string_view identifier_type) {
  ByteWriter info;
  info.Raw("raakvlak/v1 tag").Lp(identifier_type);
  Secret<64> out;
  HkdfSha512Expand(group_key.Reveal(SecretAccess{}), info.view(), out.Mutable(SecretAccess{}));
  return out;
}

Secret<32> DeriveSealKey(const PairKey& pair_key, std::string_view from, std::string_view to) {
  ByteWriter info;
  info.Raw("raakvlak/v1 seal").Lp(from).Lp(to);
  Secret<32> out;
  HkdfSha512Expand(pair_key.Reveal(SecretAccess{}), info.view(), out.Mutable(SecretAccess{}));
  return out;
}

}  // namespace raakvlak::crypto
