// Tables of the key store: the active epoch, the pending ceremony, the numbers of retired epochs.
#include "server/node/mesh/key_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/node/mesh/sealing.h"

namespace raakvlak::node {
namespace {

using crypto::AsBytes;
using crypto::ByteView;
using crypto::SecretAccess;

constexpr const char* kMigrations[] = {
    "CREATE TABLE active_epoch("
    " only INTEGER PRIMARY KEY CHECK (only = 1), epoch INTEGER NOT NULL,"
    " session BLOB NOT NULL, sealed BLOB NOT NULL, transcripts BLOB NOT NULL);"
    "CREATE TABLE pending_ceremony("
    " only INTEGER PRIMARY KEY CHECK (only = 1), session BLOB NOT NULL, sealed BLOB NOT NULL);",
    "ALTER TABLE active_epoch ADD COLUMN activated_at INTEGER NOT NULL DEFAULT 0;",
};

std::string NameOf(std::string_view what, const v1::CeremonySession& session) {
  return absl::StrCat(std::string(what), ":", session.epoch(), ":",
                      crypto::ToHex(AsBytes(session.session_id())));
}

absl::StatusOr<v1::CeremonySession> ParseSession(const std::string& bytes) {
  v1::CeremonySession session;
  if (!session.ParseFromString(bytes)) {
    return absl::DataLossError("the key store holds a ceremony session that cannot be read");
  }
  return session;
}

}  // namespace

absl::StatusOr<const crypto::DkgKey*> EpochKeys::KeyOf(std::string_view identifier_type) const {
  return dkg.Find(identifier_type);
}

crypto::ShareIndex EpochKeys::IndexOf(std::string_view agency_id) const {
  const auto found = std::find(dkg.participants.begin(), dkg.participants.end(), agency_id);
  if (found == dkg.participants.end()) return 0;
  return static_cast<crypto::ShareIndex>(found - dkg.participants.begin() + 1);
}

absl::StatusOr<const crypto::Secret<64>*> EpochKeys::MatchPairKey(
    std::string_view agency_id) const {
  const crypto::ShareIndex index = IndexOf(agency_id);
  if (index == 0 || index == dkg.own_index) {
    return absl::NotFoundError(
        absl::StrCat("no pair key with ", std::string(agency_id), " in this epoch"));
  }
  return &dkg.match_pair_keys[index - 1u];
}

absl::StatusOr<crypto::Committee> EpochKeys::CommitteeOf(
    const authority::Roster& roster, std::string_view identifier_type,
    std::span<const uint32_t> share_indices) const {
  absl::StatusOr<const crypto::DkgKey*> key = KeyOf(identifier_type);
  if (!key.ok()) return key.status();
  std::vector<crypto::ShareIndex> indices;
  uint32_t last = 0;
  for (const uint32_t share_index : share_indices) {
    if (share_index == 0 || share_index <= last) {
      return absl::InvalidArgumentError(
          "share indices of a committee are sorted, without duplicates, and never 0");
    }
    last = share_index;
    const v1::Member* member = roster.FindMemberByShareIndex(share_index);
    const crypto::ShareIndex index = member == nullptr ? 0 : IndexOf(member->agency_id());
    if (index == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("share index ", share_index, " is of nobody who holds a key share"));
    }
    indices.push_back(index);
  }
  // Places in the ceremony follow agency ids, which need not be the order of share indices.
  std::sort(indices.begin(), indices.end());
  return crypto::Committee::Create(dkg.threshold, indices, (*key)->public_shares,
                                   (*key)->group_public_key);
}

absl::StatusOr<crypto::DkgConfig> CeremonyConfig(const authority::Roster& roster,
                                                 const v1::CeremonySession& session) {
  if (session.session_id().size() != 32) {
    return absl::InvalidArgumentError("a ceremony's session id has 32 bytes");
  }
  if (session.roster_hash() != crypto::ToString(roster.hash())) {
    return absl::FailedPreconditionError("the ceremony is for another roster than this node's");
  }
  if (session.epoch() == 0 || roster.FindMember(session.leader()) == nullptr) {
    return absl::InvalidArgumentError(
        "a ceremony needs an epoch from 1 and a leader of the roster");
  }
  crypto::DkgConfig config;
  crypto::ByteWriter writer;
  writer.Raw("raakvlak/v1 ceremony session").Lp(session.session_id()).Lp(session.leader());
  config.session = crypto::Sha512(writer.view());
  config.roster = roster.hash();
  config.epoch = session.epoch();
  config.threshold = roster.threshold();
  for (const std::string& type : roster.body().identifier_types()) {
    config.key_names.push_back(type);
  }
  for (const v1::Member& member : roster.body().members()) {
    config.participants.push_back({member.agency_id(), roster.RosterKey(member.agency_id())});
  }
  return config;
}

KeyStore::KeyStore(std::unique_ptr<common::Database> database, crypto::Secret<32> key,
                   crypto::Random& random)
    : database_(std::move(database)), key_(std::move(key)), random_(random) {}

absl::StatusOr<std::unique_ptr<KeyStore>> KeyStore::Open(const std::string& path,
                                                         const crypto::Secret<32>& wrapping_key,
                                                         crypto::Random& random) {
  auto database = common::Database::Open(path, kMigrations);
  if (!database.ok()) return database.status();
  std::unique_ptr<KeyStore> store(
      new KeyStore(*std::move(database), DeriveStoreKey(wrapping_key, "key shares"), random));
  if (absl::Status status = store->LoadActive(); !status.ok()) return status;
  return store;
}

absl::Status KeyStore::LoadActive() {
  v1::CeremonySession session;
  std::vector<uint8_t> sealed;
  int64_t activated_at = 0;
  {
    auto row = database_->Query("SELECT session, sealed, activated_at FROM active_epoch");
    if (!row.ok()) return row.status();
    const absl::StatusOr<bool> found = row->Step();
    if (!found.ok()) return found.status();
    if (!*found) return absl::OkStatus();
    absl::StatusOr<v1::CeremonySession> parsed = ParseSession(row->Blob(0));
    if (!parsed.ok()) return parsed.status();
    session = *std::move(parsed);
    sealed = row->Bytes(1);
    activated_at = row->Integer(2);
  }
  absl::StatusOr<crypto::SecretBytes> opened =
      OpenValue(key_, NameOf("key share", session), sealed);
  if (!opened.ok()) return opened.status();
  absl::StatusOr<crypto::DkgKeys> keys = crypto::DkgKeys::Parse(opened->Reveal(SecretAccess{}));
  if (!keys.ok()) return absl::DataLossError(keys.status().message());
  active_ = std::make_shared<const EpochKeys>(
      EpochKeys{std::move(session), *std::move(keys), activated_at});
  return absl::OkStatus();
}

uint64_t KeyStore::active_epoch() const {
  const std::lock_guard lock(mutex_);
  return active_ == nullptr ? 0 : active_->epoch();
}

std::shared_ptr<const EpochKeys> KeyStore::active() const {
  const std::lock_guard lock(mutex_);
  return active_;
}

absl::StatusOr<std::shared_ptr<const EpochKeys>> KeyStore::ForEpoch(uint64_t epoch) const {
  const std::lock_guard lock(mutex_);
  if (active_ == nullptr) {
    return absl::FailedPreconditionError("this node holds no keys: no ceremony has been held");
  }
  if (epoch == active_->epoch()) return active_;
  return absl::FailedPreconditionError(absl::StrCat(
      "key epoch ", epoch,
      epoch < active_->epoch() ? " is retired: its shares are erased; " : " has not been made; ",
      "epoch ", active_->epoch(), " is active"));
}

absl::Status KeyStore::SavePending(const v1::CeremonySession& session,
                                   const crypto::PendingKeys& keys) {
  const crypto::Bytes sealed =
      SealValue(key_, NameOf("pending ceremony", session),
                keys.Serialize(SecretAccess{}).Reveal(SecretAccess{}), random_);
  const std::lock_guard lock(mutex_);
  return database_->Run("INSERT OR REPLACE INTO pending_ceremony VALUES (1, ?, ?)",
                        AsBytes(session.SerializeAsString()), ByteView(sealed));
}

std::optional<v1::CeremonySession> KeyStore::pending_session() const {
  auto row = database_->Query("SELECT session FROM pending_ceremony");
  if (!row.ok()) return std::nullopt;
  const absl::StatusOr<bool> found = row->Step();
  if (!found.ok() || !*found) return std::nullopt;
  absl::StatusOr<v1::CeremonySession> session = ParseSession(row->Blob(0));
  if (!session.ok()) return std::nullopt;
  return *std::move(session);
}

absl::StatusOr<PendingCeremony> KeyStore::LoadPending(const authority::Roster& roster) const {
  v1::CeremonySession session;
  std::vector<uint8_t> sealed;
  {
    auto row = database_->Query("SELECT session, sealed FROM pending_ceremony");
    if (!row.ok()) return row.status();
    const absl::StatusOr<bool> found = row->Step();
    if (!found.ok()) return found.status();
    if (!*found) return absl::NotFoundError("no ceremony is pending");
    absl::StatusOr<v1::CeremonySession> parsed = ParseSession(row->Blob(0));
    if (!parsed.ok()) return parsed.status();
    session = *std::move(parsed);
    sealed = row->Bytes(1);
  }
  absl::StatusOr<crypto::DkgConfig> config = CeremonyConfig(roster, session);
  if (!config.ok()) return config.status();
  absl::StatusOr<crypto::SecretBytes> opened =
      OpenValue(key_, NameOf("pending ceremony", session), sealed);
  if (!opened.ok()) return opened.status();
  absl::StatusOr<crypto::PendingKeys> keys =
      crypto::PendingKeys::Parse(*config, opened->Reveal(SecretAccess{}));
  if (!keys.ok()) return absl::DataLossError(keys.status().message());
  return PendingCeremony{std::move(session), *std::move(keys)};
}

absl::Status KeyStore::Activate(const v1::CeremonySession& session, crypto::DkgKeys keys,
                                const v1::CeremonyStepRequest& transcripts, int64_t now) {
  const std::lock_guard lock(mutex_);
  const uint64_t active = active_ == nullptr ? 0 : active_->epoch();
  if (active_ != nullptr && active_->session.session_id() == session.session_id()) {
    return absl::OkStatus();
  }
  if (session.epoch() != active + 1) {
    return absl::FailedPreconditionError(
        absl::StrCat("epoch ", session.epoch(), " cannot follow the active epoch ", active));
  }
  const crypto::Bytes sealed =
      SealValue(key_, NameOf("key share", session),
                keys.Serialize(SecretAccess{}).Reveal(SecretAccess{}), random_);
  {
    common::Transaction transaction(*database_);
    for (const absl::Status& status :
         {database_->Run("DELETE FROM active_epoch"),
          database_->Run("INSERT INTO active_epoch VALUES (1, ?, ?, ?, ?, ?)", session.epoch(),
                         AsBytes(session.SerializeAsString()), ByteView(sealed),
                         AsBytes(transcripts.SerializeAsString()), now),
          database_->Run("DELETE FROM pending_ceremony")}) {
      if (!status.ok()) return status;
    }
    if (absl::Status status = transaction.Commit(); !status.ok()) return status;
  }
  active_ = std::make_shared<const EpochKeys>(EpochKeys{session, std::move(keys), now});
  // The old shares are gone from the table; now from the log of it.
  return database_->Checkpoint();
}

absl::StatusOr<std::optional<v1::CeremonyStepRequest>> KeyStore::TranscriptsOf(
    std::string_view session_id) const {
  const std::shared_ptr<const EpochKeys> keys = active();
  if (keys == nullptr || keys->session.session_id() != session_id) {
    return std::optional<v1::CeremonyStepRequest>();
  }
  auto row =
      database_->Query("SELECT transcripts FROM active_epoch WHERE epoch = ?", keys->epoch());
  if (!row.ok()) return row.status();
  const absl::StatusOr<bool> found = row->Step();
  if (!found.ok()) return found.status();
  v1::CeremonyStepRequest transcripts;
  if (!*found || !transcripts.ParseFromString(row->Blob(0))) {
    return absl::DataLossError("the key store holds no transcripts of the active epoch");
  }
  return std::optional<v1::CeremonyStepRequest>(std::move(transcripts));
}

}  // namespace raakvlak::node
