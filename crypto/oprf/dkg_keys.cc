// The outcome of a key ceremony and its stored form.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "crypto/oprf/dkg.h"
#include "crypto/oprf/dkg_internal.h"

namespace raakvlak::crypto {
namespace {

constexpr uint8_t kKeysVersion = 1;
constexpr size_t kMaxName = 255;

absl::StatusOr<DkgKey> ReadKey(ByteReader& reader, size_t participants, size_t threshold,
                               ShareIndex own_index) {
  DkgKey key;
  key.name = ToString(reader.Lp(kMaxName));
  absl::StatusOr<Element> group = Element::Parse(reader.Raw(kElementSize));
  if (!group.ok()) return group.status();
  key.group_public_key = *group;
  for (size_t i = 0; i < participants; ++i) {
    absl::StatusOr<Element> share = Element::Parse(reader.Raw(kElementSize));
    if (!share.ok()) return share.status();
    key.public_shares.push_back(*share);
  }
  absl::StatusOr<SecretScalar> share = SecretScalar::Parse(reader.Raw(kScalarSize));
  if (!share.ok()) return share.status();
  key.signing_share = *std::move(share);
  if (Element::MultiplyBase(key.signing_share) != key.public_shares[own_index - 1u]) {
    return absl::InvalidArgumentError(
        absl::StrCat("stored keys: the share of ", key.name, " is not its public share's"));
  }
  std::vector<ShareIndex> indices;
  indices.reserve(threshold);
  for (size_t i = 0; i < threshold; ++i) indices.push_back(dkg_internal::IndexAt(i));
  absl::StatusOr<Element> interpolated =
      InterpolateAtZero(indices, std::span(key.public_shares).first(threshold));
  if (!interpolated.ok() || *interpolated != key.group_public_key) {
    return absl::InvalidArgumentError(absl::StrCat("stored keys: the public shares of ", key.name,
                                                   " do not give the group public key"));
  }
  return key;
}

}  // namespace

namespace dkg_internal {

DkgKeys CloneKeys(const DkgKeys& keys) {
  DkgKeys out;
  out.own_index = keys.own_index;
  out.threshold = keys.threshold;
  out.participants = keys.participants;
  out.transcript = keys.transcript;
  out.certificate = keys.certificate;
  for (const DkgKey& key : keys.keys) {
    out.keys.push_back({key.name, key.group_public_key, key.public_shares,
                        key.signing_share.Clone(SecretAccess{})});
  }
  for (const Secret<64>& pair : keys.match_pair_keys) {
    out.match_pair_keys.push_back(pair.Clone(SecretAccess{}));
  }
  return out;
}

}  // namespace dkg_internal

absl::StatusOr<const DkgKey*> DkgKeys::Find(std::string_view name) const {
  for (const DkgKey& key : keys) {
    if (key.name == name) return &key;
  }
  return absl::NotFoundError(absl::StrCat("no key for ", std::string(name)));
}

SecretBytes DkgKeys::Serialize(SecretAccess token) const {
  ByteWriter writer;
  writer.U8(kKeysVersion)
      .U16(own_index)
      .U16(static_cast<uint16_t>(threshold))
      .Raw(transcript)
      .U16(static_cast<uint16_t>(participants.size()));
  for (const std::string& id : participants) writer.Lp(id);
  writer.U16(static_cast<uint16_t>(keys.size()));
  for (const DkgKey& key : keys) {
    writer.Lp(key.name).Raw(key.group_public_key.bytes());
    for (const Element& share : key.public_shares) writer.Raw(share.bytes());
    writer.Raw(key.signing_share.Reveal(token));
  }
  for (const Secret<64>& pair : match_pair_keys) writer.Raw(pair.Reveal(token));
  writer.Lp32(certificate);
  return SecretBytes(writer.Take());
}

absl::StatusOr<DkgKeys> DkgKeys::Parse(ByteView bytes) {
  ByteReader reader(bytes);
  DkgKeys out;
  if (reader.U8() != kKeysVersion) reader.Fail();
  out.own_index = reader.U16();
  out.threshold = reader.U16();
  out.transcript = reader.Array<kDigestSize>();
  const size_t participants = reader.U16();
  if (participants > kMaxParticipants || out.own_index == 0 || out.own_index > participants ||
      out.threshold < 2 || out.threshold > participants) {
    reader.Fail();
  }
  for (size_t i = 0; i < participants && reader.ok(); ++i) {
    out.participants.push_back(ToString(reader.Lp(kMaxName)));
  }
  const size_t keys = reader.U16();
  if (keys == 0 || keys > kMaxDkgKeys) reader.Fail();
  for (size_t k = 0; k < keys && reader.ok(); ++k) {
    absl::StatusOr<DkgKey> key = ReadKey(reader, participants, out.threshold, out.own_index);
    if (!key.ok()) return key.status();
    out.keys.push_back(*std::move(key));
  }
  for (size_t i = 0; i < participants && reader.ok(); ++i) {
    const ByteView pair = reader.Raw(64);
    if (reader.ok()) out.match_pair_keys.emplace_back(pair.first<64>());
  }
  const ByteView certificate = reader.Lp32(kMaxParticipants * kMaxDkgMessage);
  out.certificate.assign(certificate.begin(), certificate.end());
  if (absl::Status status = reader.Finish("stored keys"); !status.ok()) return status;
  return out;
}

}  // namespace raakvlak::crypto
