// Run tags, confirmations, match references and block keys.
#include "crypto/oprf/output_keys.h"

#include <sodium.h>

#include <algorithm>
#include <vector>

#include "crypto/base/bytes.h"

namespace raakvlak::crypto {
namespace {

// Makes a secret of a MAC and wipes the MAC.
Secret<64> TakeSecret(Digest mac) {
  Secret<64> out(mac);
  sodium_memzero(mac.data(), mac.size());
  return out;
}

}  // namespace

RunTagger::RunTagger(const GroupKey& group_key, std::string_view identifier_type)
    : key_(DeriveRunTagKey(group_key, identifier_type)) {}

RunTag RunTagger::Tag(OprfOutputView output) const {
  const Digest mac = HmacSha512(key_.Reveal(SecretAccess{}), output.first<32>());
  RunTag tag;
  std::copy_n(mac.begin(), tag.size(), tag.begin());
  return tag;
}

absl::Status RunTagger::Tags(const Kernels& kernels, ByteView outputs,
                             std::span<RunTag> tags) const {
  // HMAC (RFC 2104): SHA-512 after a block of the padded key, twice.
  constexpr size_t kBlock = 128;
  constexpr size_t kMessage = 32;
  constexpr size_t kTogether = 64;
  if (outputs.size() != tags.size() * 64) {
    return absl::InvalidArgumentError("as many outputs as tags are wanted");
  }
  SecretBytes pads(2 * kBlock);
  const ByteView key = key_.Reveal(SecretAccess{});
  for (size_t k = 0; k < kBlock; ++k) {
    const uint8_t byte = k < key.size() ? key[k] : 0;
    pads.Mutable(SecretAccess{})[k] = byte ^ 0x36;
    pads.Mutable(SecretAccess{})[kBlock + k] = byte ^ 0x5c;
  }
  const ByteView inner_pad = pads.Reveal(SecretAccess{}).first(kBlock);
  const ByteView outer_pad = pads.Reveal(SecretAccess{}).last(kBlock);
  std::vector<UniformBytes> digests(kTogether);
  std::vector<UniformBytes> macs(kTogether);
  std::vector<ByteView> views(kTogether);
  absl::Status status;
  for (size_t at = 0; at < tags.size() && status.ok(); at += kTogether) {
    const size_t n = std::min(kTogether, tags.size() - at);
    for (size_t i = 0; i < n; ++i) views[i] = outputs.subspan((at + i) * 64, kMessage);
    status = kernels.HashAfter(inner_pad, std::span(views).first(n), std::span(digests).first(n));
    if (!status.ok()) break;
    for (size_t i = 0; i < n; ++i) views[i] = digests[i];
    status = kernels.HashAfter(outer_pad, std::span(views).first(n), std::span(macs).first(n));
    for (size_t i = 0; status.ok() && i < n; ++i) {
      std::copy_n(macs[i].begin(), tags[at + i].size(), tags[at + i].begin());
    }
  }
  sodium_memzero(digests.data(), digests.size() * sizeof(UniformBytes));
  sodium_memzero(macs.data(), macs.size() * sizeof(UniformBytes));
  return status;
}

void Confirmation::Add(BlockSecretView block_secret) {
  hasher_.Update(block_secret);
  ++count_;
}

ConfirmationTag Confirmation::Tag(const PairKey& pair_key, const Digest& manifest_hash,
                                  std::string_view identifier_type, std::string_view from,
                                  std::string_view to) const {
  const Digest list = Sha512Hasher(hasher_).Finish();
  ByteWriter message;
  message.Raw("raakvlak/v1 confirm")
      .Raw(manifest_hash)
      .Lp(identifier_type)
      .Lp(from)
      .Lp(to)
      .U64(count_)
      .Raw(list);
  const Digest mac = HmacSha512(pair_key.Reveal(SecretAccess{}), message.view());
  ConfirmationTag tag;
  std::copy_n(mac.begin(), tag.size(), tag.begin());
  return tag;
}

bool EqualConfirmation(const ConfirmationTag& a, const ConfirmationTag& b) {
  return sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string MatchReference(const Secret<64>& match_pair_key, std::string_view purpose,
                           uint64_t epoch, BlockSecretView block_secret) {
  ByteWriter epoch_bytes;
  epoch_bytes.U64(epoch);
  ByteWriter message;
  message.Raw("raakvlak/v1 ref").Lp(purpose).Lp(epoch_bytes.view()).Raw(block_secret);
  const Digest mac = HmacSha512(match_pair_key.Reveal(SecretAccess{}), message.view());
  return ToBase32(ByteView(mac).first(10));
}

Secret<64> DeriveBlockKey(const PairKey& pair_key, std::string_view identifier_type,
                          BlockSecretView block_secret) {
  ByteWriter message;
  message.Raw("raakvlak/v1 block").Lp(identifier_type).Raw(block_secret);
  return TakeSecret(HmacSha512(pair_key.Reveal(SecretAccess{}), message.view()));
}

Secret<64> DeriveFieldKey(const Secret<64>& block_key, uint16_t field) {
  ByteWriter message;
  message.Raw("field").U16(field);
  return TakeSecret(HmacSha512(block_key.Reveal(SecretAccess{}), message.view()));
}

}  // namespace raakvlak::crypto
