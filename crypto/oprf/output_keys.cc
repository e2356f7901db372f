// Run tags, confirmations, match references and block keys.
#include "crypto/oprf/output_keys.h"

#include <sodium.h>

#include <algorithm>

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
    : key_(DeriveRunTagKey(group_key, identifier_type).Reveal(SecretAccess{})) {}

RunTag RunTagger::Tag(OprfOutputView output) const {
  const Digest mac = key_.Mac(output.first<32>());
  RunTag tag;
  std::copy_n(mac.begin(), tag.size(), tag.begin());
  return tag;
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
