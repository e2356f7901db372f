// The end of a key ceremony: from everybody's certificate to active keys.
#include <algorithm>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "crypto/batch/kernels.h"
#include "crypto/oprf/dkg.h"
#include "crypto/oprf/dkg_internal.h"
#include "crypto/oprf/dleq.h"

namespace raakvlak::crypto {

using dkg_internal::CompareSeen;
using dkg_internal::IndexAt;

namespace {

constexpr uint8_t kPendingVersion = 1;

// Why `body` of `sender` is refused, if it is.
std::optional<Blame> CheckCertify(const DkgKeys& keys, ShareIndex sender, const CertifyBody& body) {
  if (body.transcript != keys.transcript) {
    return Blame{sender, true, "signed another transcript"};
  }
  if (body.evaluations.size() != keys.keys.size()) {
    return Blame{sender, true, "test evaluations of another number of keys"};
  }
  for (size_t k = 0; k < keys.keys.size(); ++k) {
    const DkgKey& key = keys.keys[k];
    const Element element = dkg_internal::TestElement(keys.transcript, key.name);
    const TestEvaluation& evaluation = body.evaluations[k];
    const absl::Status holds = VerifyProof(
        DefaultKernels(), OprfMode::kVoprf, key.public_shares[sender - 1u], {&element.bytes(), 1},
        {&evaluation.value.bytes(), 1}, evaluation.proof.Serialize());
    if (!holds.ok()) {
      return Blame{sender, true,
                   absl::StrCat("its test evaluation of key ", key.name, " is not good")};
    }
  }
  return std::nullopt;
}

// The first and the last `threshold` participants must combine to the same value, and their public
// shares to the group public key.
std::optional<Blame> CheckCombination(const DkgKeys& keys, const std::vector<CertifyBody>& bodies) {
  const size_t n = keys.participants.size();
  for (size_t k = 0; k < keys.keys.size(); ++k) {
    std::optional<Element> first;
    for (const size_t start : {size_t{0}, n - keys.threshold}) {
      std::vector<ShareIndex> indices(keys.threshold);
      std::iota(indices.begin(), indices.end(), IndexAt(start));
      std::vector<Element> values, shares;
      for (ShareIndex i : indices) {
        values.push_back(bodies[i - 1u].evaluations[k].value);
        shares.push_back(keys.keys[k].public_shares[i - 1u]);
      }
      absl::StatusOr<Element> value = InterpolateAtZero(indices, values);
      absl::StatusOr<Element> group = InterpolateAtZero(indices, shares);
      if (!value.ok() || !group.ok() || *group != keys.keys[k].group_public_key) {
        return Blame{0, false, "the public shares do not interpolate to the group public key"};
      }
      if (first && *first != *value) {
        return Blame{0, false, "two sets of participants combine to different values"};
      }
      first = *value;
    }
  }
  return std::nullopt;
}

}  // namespace

OrBlame<DkgKeys> PendingKeys::Finish(std::span<const Bytes> certify_messages) const {
  const Digest config_hash = config_.Hash();
  auto messages = dkg_internal::Collect(config_, config_hash, DkgRound::kCertify, certify_messages,
                                        keys_.own_index, certify_message_);
  if (!messages.ok()) return messages.blame();
  std::vector<CertifyBody> bodies;
  for (const SignedMessage& message : messages.value()) {
    absl::StatusOr<CertifyBody> body = CertifyBody::Parse(message.body);
    if (!body.ok()) return Blame{message.sender, true, std::string(body.status().message())};
    if (auto blame = CompareSeen(config_, config_hash, DkgRound::kDeal, message.sender, body->deals,
                                 deals_)) {
      return *blame;
    }
    if (auto blame = CheckCertify(keys_, message.sender, *body)) return *blame;
    bodies.push_back(*std::move(body));
  }
  if (auto blame = CheckCombination(keys_, bodies)) return *blame;

  DkgKeys out = dkg_internal::CloneKeys(keys_);
  ByteWriter certificate;
  certificate.U16(static_cast<uint16_t>(certify_messages.size()));
  for (const Bytes& message : certify_messages) certificate.Lp32(message);
  out.certificate = certificate.Take();
  return out;
}

OrBlame<DkgKeys> PendingKeys::FinishFromCertificate(ByteView certificate) const {
  ByteReader reader(certificate);
  const size_t count = reader.U16();
  if (count > kMaxParticipants) reader.Fail();
  std::vector<Bytes> messages;
  for (size_t i = 0; i < count && reader.ok(); ++i) {
    const ByteView message = reader.Lp32(kMaxDkgMessage);
    messages.emplace_back(message.begin(), message.end());
  }
  if (absl::Status status = reader.Finish("ceremony certificate"); !status.ok()) {
    return Blame{0, false, std::string(status.message())};
  }
  return Finish(messages);
}

SecretBytes PendingKeys::Serialize(SecretAccess token) const {
  const SecretBytes keys = keys_.Serialize(token);
  ByteWriter writer;
  writer.U8(kPendingVersion).Raw(config_.Hash()).Lp32(keys.Reveal(token));
  writer.U16(static_cast<uint16_t>(deals_.size()));
  for (const MessageProof& deal : deals_) writer.Raw(deal.digest).Raw(deal.signature);
  writer.Lp32(certify_message_);
  return SecretBytes(writer.Take());
}

absl::StatusOr<PendingKeys> PendingKeys::Parse(const DkgConfig& config, ByteView bytes) {
  if (absl::Status status = config.Check(); !status.ok()) return status;
  ByteReader reader(bytes);
  if (reader.U8() != kPendingVersion) reader.Fail();
  const Digest config_hash = reader.Array<kDigestSize>();
  const ByteView keys = reader.Lp32(2 * kMaxDkgMessage);
  const size_t deals = reader.U16();
  if (deals != config.participants.size()) reader.Fail();
  PendingKeys out(config);
  for (size_t i = 0; i < deals && reader.ok(); ++i) {
    MessageProof proof;
    proof.digest = reader.Array<kDigestSize>();
    proof.signature = reader.Array<kSignatureSize>();
    out.deals_.push_back(proof);
  }
  const ByteView message = reader.Lp32(kMaxDkgMessage);
  out.certify_message_.assign(message.begin(), message.end());
  if (absl::Status status = reader.Finish("pending ceremony"); !status.ok()) return status;
  if (config_hash != config.Hash()) {
    return absl::InvalidArgumentError("pending ceremony: of another configuration");
  }
  absl::StatusOr<DkgKeys> parsed = DkgKeys::Parse(keys);
  if (!parsed.ok()) return parsed.status();
  bool same = parsed->threshold == config.threshold &&
              parsed->participants.size() == config.participants.size() &&
              parsed->keys.size() == config.key_names.size();
  for (size_t i = 0; same && i < config.participants.size(); ++i) {
    same = parsed->participants[i] == config.participants[i].agency_id;
  }
  for (size_t k = 0; same && k < config.key_names.size(); ++k) {
    same = parsed->keys[k].name == config.key_names[k];
  }
  if (!same) return absl::InvalidArgumentError("pending ceremony: of another configuration");
  out.keys_ = *std::move(parsed);
  return out;
}

}  // namespace raakvlak::crypto
