// State of an opening: openings first, then reveals, each checked as it comes in.
#include "server/node/mesh/run_opening.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crypto/base/aead.h"
#include "crypto/base/bytes.h"
#include "server/node/mesh/blame.h"
#include "server/node/mesh/signed_payload.h"

namespace raakvlak::node {
namespace {

using crypto::AsBytes;
using crypto::ByteReader;
using crypto::ByteWriter;
using crypto::Digest;
using crypto::Secret;
using crypto::SecretAccess;

constexpr uint8_t kSnapshotVersion = 1;

template <size_t N>
bool CopyExact(const std::string& from, std::array<uint8_t, N>& to) {
  if (from.size() != N) return false;
  std::copy(from.begin(), from.end(), to.begin());
  return true;
}

void WriteMessage(ByteWriter& writer, const std::optional<v1::SignedPayload>& message) {
  writer.U8(message.has_value() ? 1 : 0);
  if (!message.has_value()) return;
  writer.Lp32(AsBytes(message->payload())).Lp(AsBytes(message->signature()));
}

std::optional<v1::SignedPayload> ReadMessage(ByteReader& reader, const std::string& signer) {
  if (reader.U8() == 0) return std::nullopt;
  v1::SignedPayload message;
  message.set_signer(signer);
  message.set_payload(crypto::ToString(reader.Lp32(kMaxSignedPayload)));
  message.set_signature(crypto::ToString(reader.Lp()));
  return message;
}

// What a sealed r_i is bound to besides its key.
crypto::Bytes RevealAssociatedData(const Digest& manifest_hash, const Digest& openings_hash) {
  ByteWriter writer;
  writer.Raw(kRunRevealContext).Raw(manifest_hash).Raw(openings_hash);
  return writer.Take();
}

}  // namespace

absl::Status RunOpening::Check(const Parameters& parameters) {
  if (parameters.signing_key == nullptr || parameters.random == nullptr) {
    return absl::InvalidArgumentError("an opening needs a signing key and randomness");
  }
  if (parameters.members.size() < 2) {
    return absl::InvalidArgumentError("an opening needs at least two members");
  }
  bool own = false;
  for (size_t i = 0; i < parameters.members.size(); ++i) {
    own = own || parameters.members[i].agency_id == parameters.own_id;
    if (i > 0 && parameters.members[i - 1].agency_id == parameters.members[i].agency_id) {
      return absl::InvalidArgumentError("a member twice in one opening");
    }
  }
  if (!own) return absl::InvalidArgumentError("own agency is not a member of the run");
  return absl::OkStatus();
}

RunOpening::RunOpening(Parameters parameters, crypto::ExchangeKey ephemeral, Secret<32> value)
    : parameters_(std::move(parameters)),
      ephemeral_(std::move(ephemeral)),
      value_(std::move(value)),
      own_commitment_(crypto::GroupCommitment(value_)) {
  v1::RunOpening opening;
  opening.set_manifest_hash(crypto::ToString(parameters_.manifest_hash));
  opening.set_ephemeral_key(crypto::ToString(ephemeral_.public_key()));
  opening.set_commitment(crypto::ToString(own_commitment_));
  own_opening_ = SignPayload(*parameters_.signing_key, parameters_.own_id, kRunOpeningContext,
                             opening.SerializeAsString());
  for (const RunMember& member : parameters_.members) {
    if (member.agency_id == parameters_.own_id) continue;
    peers_[member.agency_id].roster_key = member.roster_key;
  }
}

absl::StatusOr<std::unique_ptr<RunOpening>> RunOpening::Begin(Parameters parameters) {
  std::sort(parameters.members.begin(), parameters.members.end(),
            [](const RunMember& a, const RunMember& b) { return a.agency_id < b.agency_id; });
  if (absl::Status status = Check(parameters); !status.ok()) return status;
  crypto::Random& random = *parameters.random;
  crypto::ExchangeKey ephemeral = crypto::ExchangeKey::Generate(random);
  Secret<32> value = random.NewSecret<32>();
  return std::unique_ptr<RunOpening>(
      new RunOpening(std::move(parameters), std::move(ephemeral), std::move(value)));
}

absl::StatusOr<std::unique_ptr<RunOpening>> RunOpening::Restore(
    Parameters parameters, const crypto::SecretBytes& snapshot) {
  std::sort(parameters.members.begin(), parameters.members.end(),
            [](const RunMember& a, const RunMember& b) { return a.agency_id < b.agency_id; });
  if (absl::Status status = Check(parameters); !status.ok()) return status;
  ByteReader reader(snapshot.Reveal(SecretAccess{}));
  if (reader.U8() != kSnapshotVersion) {
    return absl::DataLossError("snapshot of a run opening in another format");
  }
  const Secret<32> ephemeral(std::span<const uint8_t, 32>(reader.Array<32>()));
  Secret<32> value(std::span<const uint8_t, 32>(reader.Array<32>()));
  std::unique_ptr<RunOpening> opening(new RunOpening(
      std::move(parameters), crypto::ExchangeKey::FromSecret(ephemeral), std::move(value)));
  const uint16_t peers = reader.U16();
  std::vector<std::pair<std::string, v1::SignedPayload>> reveals;
  for (uint16_t i = 0; i < peers && reader.ok(); ++i) {
    const std::string peer = crypto::ToString(reader.Lp());
    const std::optional<v1::SignedPayload> first = ReadMessage(reader, peer);
    const std::optional<v1::SignedPayload> second = ReadMessage(reader, peer);
    if (!reader.ok()) break;
    if (first.has_value()) {
      if (absl::Status status = opening->AddOpening(peer, *first); !status.ok()) return status;
    }
    if (second.has_value()) reveals.emplace_back(peer, *second);
  }
  if (absl::Status status = reader.Finish("snapshot of a run opening"); !status.ok()) {
    return absl::DataLossError(status.message());
  }
  for (const auto& [peer, reveal] : reveals) {
    if (absl::Status status = opening->AddReveal(peer, reveal); !status.ok()) return status;
  }
  return opening;
}

crypto::SecretBytes RunOpening::Snapshot() const {
  const std::lock_guard lock(mutex_);
  ByteWriter writer;
  writer.U8(kSnapshotVersion);
  writer.Raw(ephemeral_.PrivateKey(SecretAccess{}).Reveal(SecretAccess{}));
  writer.Raw(value_.Reveal(SecretAccess{}));
  writer.U16(static_cast<uint16_t>(peers_.size()));
  for (const auto& [id, peer] : peers_) {
    writer.Lp(id);
    WriteMessage(writer, peer.opening);
    WriteMessage(writer, peer.reveal);
  }
  return crypto::SecretBytes(writer.Take());
}

absl::Status RunOpening::FailLocked(absl::Status status) {
  if (failure_.ok()) failure_ = status;
  return status;
}

absl::Status RunOpening::AddOpening(std::string_view from, const v1::SignedPayload& message) {
  const std::lock_guard lock(mutex_);
  return AddOpeningLocked(from, message);
}

absl::Status RunOpening::AddOpeningLocked(std::string_view from, const v1::SignedPayload& message) {
  if (!failure_.ok()) return failure_;
  const auto found = peers_.find(from);
  if (found == peers_.end()) {
    return BlamedError(absl::StatusCode::kPermissionDenied, from, "is not a member of the run");
  }
  Peer& peer = found->second;
  // A bad signature refuses the message, not the run: it proves nothing about `from`.
  if (absl::Status status = VerifyPayload(peer.roster_key, from, kRunOpeningContext, message);
      !status.ok()) {
    return status;
  }
  if (peer.opening.has_value()) {
    if (peer.opening->payload() == message.payload()) return absl::OkStatus();
    return FailLocked(BlamedError(absl::StatusCode::kPermissionDenied, from,
                                  "signed two different openings of one run"));
  }
  v1::RunOpening opening;
  Digest manifest_hash;
  crypto::ExchangePublicKey ephemeral;
  Digest commitment;
  if (!opening.ParseFromString(message.payload()) ||
      !CopyExact(opening.manifest_hash(), manifest_hash) ||
      !CopyExact(opening.ephemeral_key(), ephemeral) ||
      !CopyExact(opening.commitment(), commitment)) {
    return FailLocked(
        BlamedError(absl::StatusCode::kInvalidArgument, from, "malformed opening of the run"));
  }
  if (manifest_hash != parameters_.manifest_hash) {
    return FailLocked(BlamedError(absl::StatusCode::kFailedPrecondition, from,
                                  "opened the run with another manifest"));
  }
  bool copied = ephemeral == ephemeral_.public_key() || commitment == own_commitment_;
  for (const auto& [id, other] : peers_) {
    if (!other.opening.has_value()) continue;
    copied = copied || other.ephemeral == ephemeral || other.commitment == commitment;
  }
  if (copied) {
    return FailLocked(BlamedError(absl::StatusCode::kPermissionDenied, from,
                                  "copied another member's key or commitment"));
  }
  absl::StatusOr<crypto::PairKey> pair_key = crypto::DerivePairKey(
      ephemeral_, ephemeral, parameters_.manifest_hash, parameters_.own_id, from);
  if (!pair_key.ok()) return FailLocked(WithBlame(pair_key.status(), from));
  peer.ephemeral = ephemeral;
  peer.commitment = commitment;
  peer.pair_key = std::move(*pair_key);
  peer.opening = message;
  return absl::OkStatus();
}

bool RunOpening::HasAllOpeningsLocked() const {
  return std::all_of(peers_.begin(), peers_.end(),
                     [](const auto& entry) { return entry.second.opening.has_value(); });
}

bool RunOpening::has_all_openings() const {
  const std::lock_guard lock(mutex_);
  return HasAllOpeningsLocked();
}

// SHA-512 over lp(payload) of every member in order of agency id.
Digest RunOpening::OpeningsHashLocked() const {
  crypto::Sha512Hasher hasher;
  for (const RunMember& member : parameters_.members) {
    const auto found = peers_.find(member.agency_id);
    const v1::SignedPayload& message =
        found == peers_.end() ? own_opening_ : *found->second.opening;
    hasher.Update(crypto::Lp(message.payload()));
  }
  return hasher.Finish();
}

absl::StatusOr<v1::SignedPayload> RunOpening::RevealTo(std::string_view peer_id) {
  const std::lock_guard lock(mutex_);
  if (!failure_.ok()) return failure_;
  const auto found = peers_.find(peer_id);
  if (found == peers_.end()) {
    return BlamedError(absl::StatusCode::kPermissionDenied, peer_id, "is not a member of the run");
  }
  if (!HasAllOpeningsLocked()) return absl::UnavailableError("not all openings are in yet");
  Peer& peer = found->second;
  if (!peer.own_reveal.has_value()) {
    const Digest openings_hash = OpeningsHashLocked();
    const Secret<32> key = crypto::DeriveSealKey(*peer.pair_key, parameters_.own_id, peer_id);
    v1::RunReveal reveal;
    reveal.set_manifest_hash(crypto::ToString(parameters_.manifest_hash));
    reveal.set_openings_hash(crypto::ToString(openings_hash));
    reveal.set_recipient(std::string(peer_id));
    reveal.set_sealed_random(crypto::ToString(
        crypto::Seal(key, RevealAssociatedData(parameters_.manifest_hash, openings_hash),
                     value_.Reveal(SecretAccess{}), *parameters_.random)));
    peer.own_reveal = SignPayload(*parameters_.signing_key, parameters_.own_id, kRunRevealContext,
                                  reveal.SerializeAsString());
  }
  return *peer.own_reveal;
}

absl::Status RunOpening::AddReveal(std::string_view from, const v1::SignedPayload& message) {
  const std::lock_guard lock(mutex_);
  if (!failure_.ok()) return failure_;
  const auto found = peers_.find(from);
  if (found == peers_.end()) {
    return BlamedError(absl::StatusCode::kPermissionDenied, from, "is not a member of the run");
  }
  Peer& peer = found->second;
  if (absl::Status status = VerifyPayload(peer.roster_key, from, kRunRevealContext, message);
      !status.ok()) {
    return status;
  }
  if (!HasAllOpeningsLocked()) return absl::UnavailableError("not all openings are in yet");
  v1::RunReveal reveal;
  Digest manifest_hash;
  Digest openings_hash;
  if (!reveal.ParseFromString(message.payload()) ||
      !CopyExact(reveal.manifest_hash(), manifest_hash) ||
      !CopyExact(reveal.openings_hash(), openings_hash)) {
    return FailLocked(
        BlamedError(absl::StatusCode::kInvalidArgument, from, "malformed reveal of the run"));
  }
  // Signed for another run or another recipient: a replay, by whoever carried it.
  if (manifest_hash != parameters_.manifest_hash || reveal.recipient() != parameters_.own_id) {
    return BlamedError(absl::StatusCode::kPermissionDenied, from,
                       "sent a reveal made for another run or member");
  }
  if (openings_hash != OpeningsHashLocked()) {
    return FailLocked(BlamedError(absl::StatusCode::kFailedPrecondition, from,
                                  "holds other openings of the run than this node: it, or a member "
                                  "that showed it another opening, equivocates"));
  }
  const Secret<32> key = crypto::DeriveSealKey(*peer.pair_key, from, parameters_.own_id);
  absl::StatusOr<crypto::SecretBytes> opened = crypto::Open(
      key, RevealAssociatedData(manifest_hash, openings_hash), AsBytes(reveal.sealed_random()));
  if (!opened.ok() || opened->size() != 32) {
    return FailLocked(BlamedError(absl::StatusCode::kPermissionDenied, from,
                                  "sealed random value of the run does not open"));
  }
  Secret<32> value(opened->Reveal(SecretAccess{}).first<32>());
  if (crypto::GroupCommitment(value) != peer.commitment) {
    return FailLocked(BlamedError(absl::StatusCode::kPermissionDenied, from,
                                  "random value of the run does not match its commitment"));
  }
  if (!peer.revealed.has_value()) {
    peer.revealed = std::move(value);
    peer.reveal = message;
  }
  return absl::OkStatus();
}

bool RunOpening::complete() const {
  const std::lock_guard lock(mutex_);
  return failure_.ok() && std::all_of(peers_.begin(), peers_.end(), [](const auto& entry) {
           return entry.second.revealed.has_value();
         });
}

absl::StatusOr<RunKeys> RunOpening::Keys() const {
  const std::lock_guard lock(mutex_);
  if (!failure_.ok()) return failure_;
  std::vector<crypto::GroupContribution> contributions;
  contributions.push_back({parameters_.own_id, value_.Clone(SecretAccess{})});
  RunKeys keys;
  for (const auto& [id, peer] : peers_) {
    if (!peer.revealed.has_value()) {
      return BlamedError(absl::StatusCode::kUnavailable, id, "has not opened the run yet");
    }
    contributions.push_back({id, peer.revealed->Clone(SecretAccess{})});
    keys.pair_keys.emplace(id, peer.pair_key->Clone(SecretAccess{}));
  }
  absl::StatusOr<crypto::GroupKey> group =
      crypto::DeriveGroupKey(parameters_.manifest_hash, contributions);
  if (!group.ok()) return group.status();
  keys.group_key = std::move(*group);
  return keys;
}

std::vector<std::string> RunOpening::Missing() const {
  const std::lock_guard lock(mutex_);
  const bool openings = !HasAllOpeningsLocked();
  std::vector<std::string> missing;
  for (const auto& [id, peer] : peers_) {
    if (openings ? !peer.opening.has_value() : !peer.revealed.has_value()) missing.push_back(id);
  }
  return missing;
}

absl::Status RunOpening::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void RunOpening::Fail(const absl::Status& reason) {
  const std::lock_guard lock(mutex_);
  if (!reason.ok()) static_cast<void>(FailLocked(reason));
}

}  // namespace raakvlak::node
