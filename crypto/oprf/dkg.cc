// The key ceremony up to the signed transcript: hash, reveal, deal, certify.
#include "crypto/oprf/dkg.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "crypto/base/aead.h"
#include "crypto/batch/kernels.h"
#include "crypto/oprf/dkg_internal.h"
#include "crypto/oprf/dleq.h"

namespace raakvlak::crypto {

using dkg_internal::Collect;
using dkg_internal::CompareSeen;
using dkg_internal::IndexAt;

absl::Status BlameStatus(const Blame& blame) {
  if (blame.culprit == 0) {
    return absl::AbortedError(absl::StrCat("key ceremony failed: ", blame.reason));
  }
  return absl::AbortedError(absl::StrCat("key ceremony failed, participant ", blame.culprit,
                                         blame.proven ? "" : " or the relay", ": ", blame.reason));
}

namespace dkg_internal {

OrBlame<std::vector<SignedMessage>> Collect(const DkgConfig& config, const Digest& config_hash,
                                            DkgRound round, std::span<const Bytes> messages,
                                            ShareIndex own_index, const Bytes& own_message) {
  if (messages.size() != config.participants.size()) {
    return Blame{0, false, "not one message a participant"};
  }
  std::vector<SignedMessage> out;
  for (size_t i = 0; i < messages.size(); ++i) {
    const ShareIndex index = IndexAt(i);
    if (messages[i].empty()) return Blame{index, false, "sent nothing"};
    absl::StatusOr<SignedMessage> message = SignedMessage::Parse(messages[i]);
    if (!message.ok()) return Blame{index, false, std::string(message.status().message())};
    if (message->round != round || message->sender != index) {
      return Blame{index, false, "a message of another round or sender"};
    }
    if (!VerifyMessageProof(config_hash, round, index, config.participants[i].roster_key,
                            message->Proof())) {
      return Blame{index, false, "its signature does not verify for this ceremony"};
    }
    if (index == own_index && messages[i] != own_message) {
      return Blame{0, false, "the own message came back altered"};
    }
    out.push_back(*std::move(message));
  }
  return out;
}

std::optional<Blame> CompareSeen(const DkgConfig& config, const Digest& config_hash, DkgRound round,
                                 ShareIndex sender, std::span<const MessageProof> theirs,
                                 std::span<const MessageProof> ours) {
  if (theirs.size() != ours.size()) {
    return Blame{sender, true, "reports the messages of another number of participants"};
  }
  for (size_t k = 0; k < ours.size(); ++k) {
    if (theirs[k].digest == ours[k].digest) continue;
    if (VerifyMessageProof(config_hash, round, IndexAt(k), config.participants[k].roster_key,
                           theirs[k])) {
      return Blame{IndexAt(k), true, "signed two different messages in one round"};
    }
    return Blame{sender, true,
                 absl::StrCat("reports a message of participant ", k + 1, " that it never signed")};
  }
  return std::nullopt;
}

Element TestElement(const Digest& transcript, std::string_view key_name) {
  ByteWriter input;
  input.Raw(transcript).Lp(key_name);
  return HashToGroup(input.view(), "raakvlak/v1 ceremony test");
}

}  // namespace dkg_internal

namespace {

enum class Stage { kReveal, kDeal, kCertify, kDone, kFailed };

// The prefix of the proofs of knowledge: bound to the session, with everything it stands for, and
// to the key; the participant's index follows in the challenge.
Bytes KnowledgePrefix(const Digest& config_hash, std::string_view key_name) {
  ByteWriter writer;
  writer.Raw("raakvlak/v1 ceremony proof").Raw(config_hash).Lp(key_name);
  return writer.Take();
}

Secret<32> ShareKey(const Digest& reveals, const Secret<32>& shared, ShareIndex from,
                    ShareIndex to) {
  ByteWriter info;
  info.Raw("raakvlak/v1 ceremony share").U16(from).U16(to);
  return HkdfSha512<32>(reveals, shared.Reveal(SecretAccess{}), info.view());
}

Bytes ShareContext(const Digest& config_hash, ShareIndex from, ShareIndex to) {
  ByteWriter writer;
  writer.Raw(config_hash).U16(from).U16(to);
  return writer.Take();
}

}  // namespace

struct DkgCeremony::State {
  State(DkgConfig c, ShareIndex own_index, const SigningKey& key, Random& r)
      : config(std::move(c)),
        config_hash(config.Hash()),
        own(own_index),
        signing_key(key),
        random(r),
        exchange_key(ExchangeKey::Generate(r)) {}

  size_t participants() const { return config.participants.size(); }
  // One failure ends it all.
  Blame Fail(Blame blame) {
    stage = Stage::kFailed;
    return blame;
  }
  Bytes Sign(DkgRound round, Bytes body) const {
    return SignedMessage::Make(config_hash, round, own, std::move(body), signing_key).Serialize();
  }
  // The reveal of participant `index`, or why it is refused.
  OrBlame<RevealContents> CheckReveal(ShareIndex index, ByteView bytes) const;
  // Opens what participant `index` dealt and checks it against its commitments.
  OrBlame<std::vector<SecretScalar>> CheckDeal(ShareIndex index, const Bytes& body) const;

  DkgConfig config;
  Digest config_hash;
  ShareIndex own;
  const SigningKey& signing_key;
  Random& random;
  Stage stage = Stage::kReveal;

  ExchangeKey exchange_key;
  std::vector<SecretPolynomial> polynomials;  // one a key
  Bytes reveal;
  Bytes hash_message, reveal_message, deal_message;
  std::vector<MessageProof> hashes;        // round 1
  std::vector<Digest> reveal_hashes;       // round 1, the contents
  std::vector<RevealContents> reveals;     // round 2
  Digest reveals_digest{};                 // over all of round 2
  std::vector<Secret<32>> shared_secrets;  // X25519 with each participant, zeros at the own place
};

DkgCeremony::DkgCeremony(std::unique_ptr<State> state) : state_(std::move(state)) {}
DkgCeremony::~DkgCeremony() = default;
DkgCeremony::DkgCeremony(DkgCeremony&&) noexcept = default;
DkgCeremony& DkgCeremony::operator=(DkgCeremony&&) noexcept = default;

absl::StatusOr<DkgCeremony> DkgCeremony::Begin(DkgConfig config, ShareIndex own_index,
                                               const SigningKey& signing_key, Random& random) {
  if (absl::Status status = config.Check(); !status.ok()) return status;
  if (own_index == 0 || own_index > config.participants.size()) {
    return absl::InvalidArgumentError("the own index is not in the ceremony");
  }
  if (config.participants[own_index - 1u].roster_key != signing_key.verify_key()) {
    return absl::InvalidArgumentError("the signing key is not that of the own roster entry");
  }
  auto state = std::make_unique<State>(std::move(config), own_index, signing_key, random);
  RevealContents reveal;
  reveal.exchange_key = state->exchange_key.public_key();
  for (const std::string& name : state->config.key_names) {
    state->polynomials.push_back(SecretPolynomial::Generate(state->config.threshold, random));
    KeyCommitment key;
    key.commitments = state->polynomials.back().Commitments();
    key.proof = ProveKnowledge(KnowledgePrefix(state->config_hash, name), own_index,
                               state->polynomials.back().constant_term(), random);
    reveal.keys.push_back(std::move(key));
  }
  state->reveal = reveal.Serialize();
  state->hash_message = state->Sign(DkgRound::kHash, HashBody{Sha512(state->reveal)}.Serialize());
  return DkgCeremony(std::move(state));
}

const Bytes& DkgCeremony::hash_message() const { return state_->hash_message; }

OrBlame<Bytes> DkgCeremony::Reveal(std::span<const Bytes> hash_messages) {
  State& s = *state_;
  if (s.stage != Stage::kReveal) return s.Fail({0, false, "a step out of order"});
  auto messages =
      Collect(s.config, s.config_hash, DkgRound::kHash, hash_messages, s.own, s.hash_message);
  if (!messages.ok()) return s.Fail(messages.blame());
  for (const SignedMessage& message : messages.value()) {
    absl::StatusOr<HashBody> body = HashBody::Parse(message.body);
    if (!body.ok()) {
      return s.Fail({message.sender, true, std::string(body.status().message())});
    }
    s.hashes.push_back(message.Proof());
    s.reveal_hashes.push_back(body->reveal_hash);
  }
  s.stage = Stage::kDeal;
  s.reveal_message = s.Sign(DkgRound::kReveal, RevealBody{s.reveal, s.hashes}.Serialize());
  return s.reveal_message;
}

OrBlame<RevealContents> DkgCeremony::State::CheckReveal(ShareIndex index, ByteView bytes) const {
  if (Sha512(bytes) != reveal_hashes[index - 1u]) {
    return Blame{index, true, "reveals something else than it hashed"};
  }
  absl::StatusOr<RevealContents> parsed = RevealContents::Parse(bytes);
  if (!parsed.ok()) return Blame{index, true, std::string(parsed.status().message())};
  if (parsed->keys.size() != config.key_names.size()) {
    return Blame{index, true,
                 absl::StrCat("commits to ", parsed->keys.size(), " keys instead of ",
                              config.key_names.size())};
  }
  for (size_t k = 0; k < parsed->keys.size(); ++k) {
    const KeyCommitment& key = parsed->keys[k];
    if (key.commitments.size() != config.threshold) {
      return Blame{index, true,
                   absl::StrCat(key.commitments.size(), " commitments instead of ",
                                config.threshold, " for key ", config.key_names[k])};
    }
    if (!VerifyKnowledge(KnowledgePrefix(config_hash, config.key_names[k]), index,
                         key.commitments[0], key.proof)) {
      return Blame{
          index, true,
          absl::StrCat("does not prove knowledge of its part of key ", config.key_names[k])};
    }
  }
  return *std::move(parsed);
}

OrBlame<Bytes> DkgCeremony::Deal(std::span<const Bytes> reveal_messages) {
  State& s = *state_;
  if (s.stage != Stage::kDeal) return s.Fail({0, false, "a step out of order"});
  auto messages =
      Collect(s.config, s.config_hash, DkgRound::kReveal, reveal_messages, s.own, s.reveal_message);
  if (!messages.ok()) return s.Fail(messages.blame());
  TranscriptBuilder all;
  all.Raw("raakvlak/v1 ceremony reveals").Raw(s.config_hash);
  for (const SignedMessage& message : messages.value()) {
    const ShareIndex index = message.sender;
    absl::StatusOr<RevealBody> body = RevealBody::Parse(message.body);
    if (!body.ok()) return s.Fail({index, true, std::string(body.status().message())});
    if (auto blame =
            CompareSeen(s.config, s.config_hash, DkgRound::kHash, index, body->hashes, s.hashes)) {
      return s.Fail(*blame);
    }
    auto reveal = s.CheckReveal(index, body->reveal);
    if (!reveal.ok()) return s.Fail(reveal.blame());
    Secret<32> shared;
    if (index != s.own) {
      absl::StatusOr<Secret<32>> agreed = s.exchange_key.Agree(reveal.value().exchange_key);
      if (!agreed.ok()) return s.Fail({index, true, std::string(agreed.status().message())});
      shared = *std::move(agreed);
    }
    s.shared_secrets.push_back(std::move(shared));
    s.reveals.push_back(std::move(reveal.value()));
    all.Raw(s.reveal_hashes[index - 1u]);
  }
  s.reveals_digest = Sha512(all.view());

  DealBody deal;
  for (size_t i = 0; i < s.participants(); ++i) {
    const ShareIndex to = IndexAt(i);
    if (to == s.own) {
      deal.boxes.emplace_back();
      continue;
    }
    ByteWriter shares;
    for (const SecretPolynomial& polynomial : s.polynomials) {
      shares.Raw(polynomial.ShareOf(to).Reveal(SecretAccess{}));
    }
    const Secret<32> key = ShareKey(s.reveals_digest, s.shared_secrets[i], s.own, to);
    deal.boxes.push_back(
        Seal(key, ShareContext(s.config_hash, s.own, to), shares.view(), s.random));
  }
  s.stage = Stage::kCertify;
  s.deal_message = s.Sign(DkgRound::kDeal, deal.Serialize());
  return s.deal_message;
}

OrBlame<std::vector<SecretScalar>> DkgCeremony::State::CheckDeal(ShareIndex index,
                                                                 const Bytes& body) const {
  absl::StatusOr<DealBody> deal = DealBody::Parse(body);
  if (!deal.ok()) return Blame{index, true, std::string(deal.status().message())};
  if (deal->boxes.size() != participants()) {
    return Blame{index, true, "deals to another number of participants"};
  }
  std::vector<SecretScalar> shares;
  if (index == own) {
    for (const SecretPolynomial& p : polynomials) shares.push_back(p.ShareOf(own));
    return shares;
  }
  const Secret<32> key = ShareKey(reveals_digest, shared_secrets[index - 1u], index, own);
  absl::StatusOr<SecretBytes> opened =
      Open(key, ShareContext(config_hash, index, own), deal->boxes[own - 1u]);
  if (!opened.ok() || opened->size() != config.key_names.size() * kScalarSize) {
    return Blame{index, true, "dealt a share that does not open"};
  }
  const ByteView bytes = opened->Reveal(SecretAccess{});
  for (size_t k = 0; k < config.key_names.size(); ++k) {
    absl::StatusOr<SecretScalar> share =
        SecretScalar::Parse(bytes.subspan(k * kScalarSize, kScalarSize));
    if (!share.ok() || !VerifyShare(reveals[index - 1u].keys[k].commitments, own, *share)) {
      return Blame{index, true,
                   absl::StrCat("dealt a share of key ", config.key_names[k],
                                " that is not what it committed to")};
    }
    shares.push_back(*std::move(share));
  }
  return shares;
}

OrBlame<PendingKeys> DkgCeremony::Certify(std::span<const Bytes> deal_messages) {
  State& s = *state_;
  if (s.stage != Stage::kCertify) return s.Fail({0, false, "a step out of order"});
  auto messages =
      Collect(s.config, s.config_hash, DkgRound::kDeal, deal_messages, s.own, s.deal_message);
  if (!messages.ok()) return s.Fail(messages.blame());

  const size_t key_count = s.config.key_names.size();
  std::vector<SecretScalar> signing_shares(key_count);
  PendingKeys pending(s.config);
  for (const SignedMessage& message : messages.value()) {
    auto shares = s.CheckDeal(message.sender, message.body);
    if (!shares.ok()) return s.Fail(shares.blame());
    for (size_t k = 0; k < key_count; ++k) {
      signing_shares[k] = signing_shares[k].Plus(shares.value()[k]);
    }
    pending.deals_.push_back(message.Proof());
  }

  DkgKeys& keys = pending.keys_;
  keys.own_index = s.own;
  keys.threshold = s.config.threshold;
  for (const DkgParticipant& p : s.config.participants) keys.participants.push_back(p.agency_id);
  TranscriptBuilder transcript;
  transcript.Raw("raakvlak/v1 ceremony transcript").Raw(s.config_hash);
  for (size_t i = 0; i < s.participants(); ++i) {
    transcript.Raw(s.hashes[i].digest).Raw(s.reveal_hashes[i]).Raw(pending.deals_[i].digest);
  }
  for (size_t k = 0; k < key_count; ++k) {
    // The sum of all polynomials, in the exponent.
    std::vector<Element> sum = s.reveals[0].keys[k].commitments;
    for (size_t i = 1; i < s.participants(); ++i) {
      for (size_t m = 0; m < sum.size(); ++m) sum[m] = sum[m] + s.reveals[i].keys[k].commitments[m];
    }
    if (sum[0].IsIdentity()) return s.Fail({0, false, "the parts of a key cancel out"});
    DkgKey key;
    key.name = s.config.key_names[k];
    key.group_public_key = sum[0];
    key.signing_share = std::move(signing_shares[k]);
    transcript.Lp(key.name).Raw(key.group_public_key.bytes());
    for (size_t i = 0; i < s.participants(); ++i) {
      key.public_shares.push_back(CommittedShare(sum, IndexAt(i)));
      if (key.public_shares.back().IsIdentity()) {
        return s.Fail({0, false, "a public share is the identity"});
      }
      transcript.Raw(key.public_shares.back().bytes());
    }
    if (Element::MultiplyBase(key.signing_share) != key.public_shares[s.own - 1u]) {
      return s.Fail({0, false, "the own share does not belong to its public share"});
    }
    keys.keys.push_back(std::move(key));
  }
  keys.transcript = Sha512(transcript.view());

  const std::string& own_id = s.config.participants[s.own - 1u].agency_id;
  for (size_t i = 0; i < s.participants(); ++i) {
    if (IndexAt(i) == s.own) {
      keys.match_pair_keys.emplace_back();
      continue;
    }
    const std::string& id = s.config.participants[i].agency_id;
    ByteWriter info;
    info.Raw("raakvlak/v1 pair-match").Lp(std::min(own_id, id)).Lp(std::max(own_id, id));
    keys.match_pair_keys.push_back(
        HkdfSha512<64>(keys.transcript, s.shared_secrets[i].Reveal(SecretAccess{}), info.view()));
  }

  CertifyBody body;
  body.transcript = keys.transcript;
  body.deals = pending.deals_;
  const Kernels& kernels = DefaultKernels();
  for (const DkgKey& key : keys.keys) {
    const Element element = dkg_internal::TestElement(keys.transcript, key.name);
    TestEvaluation evaluation;
    evaluation.value = element.Multiply(key.signing_share);
    absl::StatusOr<PointVector> points =
        kernels.Decode({&element.bytes(), 1}, IdentityRule::kRefuse);
    if (!points.ok()) return s.Fail({0, false, std::string(points.status().message())});
    absl::StatusOr<DleqProof> proof =
        GenerateProof(kernels, OprfMode::kVoprf, key.signing_share, key.public_shares[s.own - 1u],
                      {*points, {&element.bytes(), 1}}, {&evaluation.value.bytes(), 1}, s.random);
    if (!proof.ok()) return s.Fail({0, false, std::string(proof.status().message())});
    evaluation.proof = *proof;
    body.evaluations.push_back(evaluation);
  }
  pending.certify_message_ = s.Sign(DkgRound::kCertify, body.Serialize());
  s.stage = Stage::kDone;
  return pending;
}

}  // namespace raakvlak::crypto
