// Messages of a key ceremony: byte forms, envelope, proofs of knowledge.
#include "crypto/oprf/dkg_messages.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"

namespace raakvlak::crypto {
namespace {

constexpr size_t kMaxName = 255;
constexpr std::string_view kSignatureContext = "key ceremony message";

Bytes Copy(ByteView view) { return Bytes(view.begin(), view.end()); }

// What a message's signature covers beside the context of signing.h.
Bytes SignedPart(const Digest& config_hash, DkgRound round, ShareIndex sender,
                 const Digest& digest) {
  ByteWriter writer;
  writer.Raw(config_hash).U8(static_cast<uint8_t>(round)).U16(sender).Raw(digest);
  return writer.Take();
}

Element ReadElement(ByteReader& reader) {
  absl::StatusOr<Element> element = Element::Parse(reader.Raw(kElementSize));
  if (element.ok()) return *element;
  reader.Fail();
  return Element::Generator();
}

Scalar ReadScalar(ByteReader& reader) {
  absl::StatusOr<Scalar> scalar = Scalar::Parse(reader.Raw(kScalarSize));
  if (scalar.ok()) return *scalar;
  reader.Fail();
  return Scalar();
}

void WriteProofs(ByteWriter& writer, const std::vector<MessageProof>& proofs) {
  writer.U16(static_cast<uint16_t>(proofs.size()));
  for (const MessageProof& proof : proofs) writer.Raw(proof.digest).Raw(proof.signature);
}

std::vector<MessageProof> ReadProofs(ByteReader& reader) {
  const size_t count = reader.U16();
  std::vector<MessageProof> out;
  if (count > kMaxParticipants) reader.Fail();
  for (size_t i = 0; i < count && reader.ok(); ++i) {
    MessageProof proof;
    proof.digest = reader.Array<kDigestSize>();
    proof.signature = reader.Array<kSignatureSize>();
    out.push_back(proof);
  }
  return out;
}

}  // namespace

absl::Status DkgConfig::Check() const {
  if (participants.size() > kMaxParticipants) {
    return absl::InvalidArgumentError(
        absl::StrCat("a ceremony has at most ", kMaxParticipants, " participants"));
  }
  if (threshold < 2 || threshold > participants.size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "threshold ", threshold, " of ", participants.size(), " participants is not possible"));
  }
  std::set<VerifyKey> keys;
  for (size_t i = 0; i < participants.size(); ++i) {
    const std::string& id = participants[i].agency_id;
    if (id.empty() || id.size() > kMaxName) {
      return absl::InvalidArgumentError("an agency id has 1 to 255 bytes");
    }
    if (i > 0 && participants[i - 1].agency_id >= id) {
      return absl::InvalidArgumentError("participants not in ascending order of agency id");
    }
    if (!keys.insert(participants[i].roster_key).second) {
      return absl::InvalidArgumentError("two participants with one roster key");
    }
  }
  if (key_names.empty() || key_names.size() > kMaxDkgKeys) {
    return absl::InvalidArgumentError(absl::StrCat("a ceremony makes 1 to ", kMaxDkgKeys, " keys"));
  }
  std::set<std::string> names;
  for (const std::string& name : key_names) {
    if (name.empty() || name.size() > kMaxName) {
      return absl::InvalidArgumentError("a key name has 1 to 255 bytes");
    }
    if (!names.insert(name).second) return absl::InvalidArgumentError("two keys of one name");
  }
  return absl::OkStatus();
}

Digest DkgConfig::Hash() const {
  TranscriptBuilder transcript;
  transcript.Raw("raakvlak/v1 ceremony")
      .Raw(session)
      .Raw(roster)
      .U64(epoch)
      .U16(static_cast<uint16_t>(threshold))
      .U16(static_cast<uint16_t>(key_names.size()));
  for (const std::string& name : key_names) transcript.Lp(name);
  transcript.U16(static_cast<uint16_t>(participants.size()));
  for (const DkgParticipant& p : participants) {
    transcript.Lp(p.agency_id).Raw(p.roster_key.bytes());
  }
  return Sha512(transcript.view());
}

SignedMessage SignedMessage::Make(const Digest& config_hash, DkgRound round, ShareIndex sender,
                                  Bytes body, const SigningKey& key) {
  SignedMessage out;
  out.round = round;
  out.sender = sender;
  out.body = std::move(body);
  out.signature =
      key.Sign(kSignatureContext, SignedPart(config_hash, round, sender, Sha512(out.body)));
  return out;
}

MessageProof SignedMessage::Proof() const { return {Sha512(body), signature}; }

Bytes SignedMessage::Serialize() const {
  ByteWriter writer;
  writer.U8(static_cast<uint8_t>(round)).U16(sender).Raw(signature).Lp32(body);
  return writer.Take();
}

absl::StatusOr<SignedMessage> SignedMessage::Parse(ByteView bytes) {
  ByteReader reader(bytes);
  SignedMessage out;
  const uint8_t round = reader.U8();
  if (round < 1 || round > 4) reader.Fail();
  out.round = static_cast<DkgRound>(round);
  out.sender = reader.U16();
  if (out.sender == 0 || out.sender > kMaxParticipants) reader.Fail();
  out.signature = reader.Array<kSignatureSize>();
  out.body = Copy(reader.Lp32(kMaxDkgMessage));
  if (absl::Status s = reader.Finish("ceremony message"); !s.ok()) return s;
  return out;
}

bool VerifyMessageProof(const Digest& config_hash, DkgRound round, ShareIndex sender,
                        const VerifyKey& key, const MessageProof& proof) {
  return VerifySignature(key, kSignatureContext,
                         SignedPart(config_hash, round, sender, proof.digest), proof.signature)
      .ok();
}

Scalar KnowledgeChallenge(ByteView prefix, ShareIndex index, const Element& commitment,
                          const Element& r) {
  TranscriptBuilder input;
  input.Raw(prefix).Raw(Scalar::FromUint(index).bytes()).Raw(commitment.bytes()).Raw(r.bytes());
  return Scalar::FromUniform(Sha512(input.view()));
}

KnowledgeProof ProveKnowledge(ByteView prefix, ShareIndex index, const SecretScalar& secret,
                              Random& random) {
  // The nonce hangs on the secret too, against a generator that repeats itself.
  const Secret<64> fresh = random.NewSecret<64>();
  TranscriptBuilder input;
  input.Raw("raakvlak/v1 knowledge nonce")
      .Raw(secret.Reveal(SecretAccess{}))
      .Raw(fresh.Reveal(SecretAccess{}))
      .U16(index)
      .Raw(prefix);
  Digest wide = Sha512(input.view());
  const SecretScalar nonce = SecretScalar::FromUniform(wide);
  sodium_memzero(wide.data(), wide.size());
  KnowledgeProof proof;
  proof.r = Element::MultiplyBase(nonce);
  const Scalar c = KnowledgeChallenge(prefix, index, Element::MultiplyBase(secret), proof.r);
  proof.mu = nonce.Plus(secret.Times(c)).Publish(SecretAccess{});
  return proof;
}

bool VerifyKnowledge(ByteView prefix, ShareIndex index, const Element& commitment,
                     const KnowledgeProof& proof) {
  const Scalar c = KnowledgeChallenge(prefix, index, commitment, proof.r);
  return Element::MultiplyBase(proof.mu) == proof.r + commitment.Multiply(c);
}

Bytes HashBody::Serialize() const { return Bytes(reveal_hash.begin(), reveal_hash.end()); }

absl::StatusOr<HashBody> HashBody::Parse(ByteView bytes) {
  ByteReader reader(bytes);
  HashBody out;
  out.reveal_hash = reader.Array<kDigestSize>();
  if (absl::Status s = reader.Finish("hash message"); !s.ok()) return s;
  return out;
}

Bytes RevealContents::Serialize() const {
  ByteWriter writer;
  writer.Raw(exchange_key).U16(static_cast<uint16_t>(keys.size()));
  for (const KeyCommitment& key : keys) {
    writer.U16(static_cast<uint16_t>(key.commitments.size()));
    for (const Element& c : key.commitments) writer.Raw(c.bytes());
    writer.Raw(key.proof.r.bytes()).Raw(key.proof.mu.bytes());
  }
  return writer.Take();
}

absl::StatusOr<RevealContents> RevealContents::Parse(ByteView bytes) {
  ByteReader reader(bytes);
  RevealContents out;
  out.exchange_key = reader.Array<32>();
  const size_t keys = reader.U16();
  if (keys > kMaxDkgKeys) reader.Fail();
  for (size_t k = 0; k < keys && reader.ok(); ++k) {
    KeyCommitment key;
    const size_t commitments = reader.U16();
    if (commitments > kMaxParticipants + 1) reader.Fail();
    for (size_t i = 0; i < commitments && reader.ok(); ++i) {
      key.commitments.push_back(ReadElement(reader));
    }
    key.proof.r = ReadElement(reader);
    key.proof.mu = ReadScalar(reader);
    out.keys.push_back(std::move(key));
  }
  if (absl::Status s = reader.Finish("reveal"); !s.ok()) return s;
  return out;
}

Bytes RevealBody::Serialize() const {
  ByteWriter writer;
  writer.Lp32(reveal);
  WriteProofs(writer, hashes);
  return writer.Take();
}

absl::StatusOr<RevealBody> RevealBody::Parse(ByteView bytes) {
  ByteReader reader(bytes);
  RevealBody out;
  out.reveal = Copy(reader.Lp32(kMaxDkgMessage));
  out.hashes = ReadProofs(reader);
  if (absl::Status s = reader.Finish("reveal message"); !s.ok()) return s;
  return out;
}

Bytes DealBody::Serialize() const {
  ByteWriter writer;
  writer.U16(static_cast<uint16_t>(boxes.size()));
  for (const Bytes& box : boxes) writer.Lp32(box);
  return writer.Take();
}

absl::StatusOr<DealBody> DealBody::Parse(ByteView bytes) {
  ByteReader reader(bytes);
  DealBody out;
  const size_t boxes = reader.U16();
  if (boxes > kMaxParticipants) reader.Fail();
  for (size_t i = 0; i < boxes && reader.ok(); ++i) {
    out.boxes.push_back(Copy(reader.Lp32(kMaxDkgKeys * kScalarSize + 64)));
  }
  if (absl::Status s = reader.Finish("deal message"); !s.ok()) return s;
  return out;
}

Bytes CertifyBody::Serialize() const {
  ByteWriter writer;
  writer.Raw(transcript).U16(static_cast<uint16_t>(evaluations.size()));
  for (const TestEvaluation& e : evaluations) writer.Raw(e.value.bytes()).Raw(e.proof.Serialize());
  WriteProofs(writer, deals);
  return writer.Take();
}

absl::StatusOr<CertifyBody> CertifyBody::Parse(ByteView bytes) {
  ByteReader reader(bytes);
  CertifyBody out;
  out.transcript = reader.Array<kDigestSize>();
  const size_t evaluations = reader.U16();
  if (evaluations > kMaxDkgKeys) reader.Fail();
  for (size_t i = 0; i < evaluations && reader.ok(); ++i) {
    TestEvaluation e;
    e.value = ReadElement(reader);
    e.proof.c = ReadScalar(reader);
    e.proof.s = ReadScalar(reader);
    out.evaluations.push_back(e);
  }
  out.deals = ReadProofs(reader);
  if (absl::Status s = reader.Finish("certify message"); !s.ok()) return s;
  return out;
}

}  // namespace raakvlak::crypto
