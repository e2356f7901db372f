// One row a run.
#include "server/node/mesh/run_secret_store.h"

#include <utility>

#include "server/node/mesh/sealing.h"

namespace raakvlak::node {
namespace {

constexpr const char* kMigrations[] = {
    "CREATE TABLE run_secrets(manifest_hash BLOB PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID;",
};

std::string NameOf(const crypto::Digest& manifest_hash) {
  return "run secret:" + crypto::ToHex(manifest_hash);
}

}  // namespace

RunSecretStore::RunSecretStore(std::unique_ptr<common::Database> database, crypto::Secret<32> key,
                               crypto::Random& random)
    : database_(std::move(database)), key_(std::move(key)), random_(random) {}

absl::StatusOr<std::unique_ptr<RunSecretStore>> RunSecretStore::Open(
    const std::string& path, const crypto::Secret<32>& wrapping_key, crypto::Random& random) {
  auto database = common::Database::Open(path, kMigrations);
  if (!database.ok()) return database.status();
  return std::unique_ptr<RunSecretStore>(new RunSecretStore(
      *std::move(database), DeriveStoreKey(wrapping_key, "run secrets"), random));
}

absl::Status RunSecretStore::Put(const crypto::Digest& manifest_hash,
                                 const crypto::SecretBytes& secrets) {
  const crypto::Bytes sealed =
      SealValue(key_, NameOf(manifest_hash), secrets.Reveal(crypto::SecretAccess{}), random_);
  return database_->Run(
      "INSERT INTO run_secrets VALUES (?, ?)"
      " ON CONFLICT (manifest_hash) DO UPDATE SET sealed = excluded.sealed",
      crypto::ByteView(manifest_hash), crypto::ByteView(sealed));
}

absl::StatusOr<std::optional<crypto::SecretBytes>> RunSecretStore::Get(
    const crypto::Digest& manifest_hash) const {
  crypto::Bytes sealed;
  {
    auto row = database_->Query("SELECT sealed FROM run_secrets WHERE manifest_hash = ?",
                                crypto::ByteView(manifest_hash));
    if (!row.ok()) return row.status();
    const absl::StatusOr<bool> found = row->Step();
    if (!found.ok()) return found.status();
    if (!*found) return std::optional<crypto::SecretBytes>();
    sealed = row->Bytes(0);
  }
  absl::StatusOr<crypto::SecretBytes> opened = OpenValue(key_, NameOf(manifest_hash), sealed);
  if (!opened.ok()) return opened.status();
  return std::optional<crypto::SecretBytes>(*std::move(opened));
}

absl::Status RunSecretStore::Erase(const crypto::Digest& manifest_hash) {
  if (absl::Status status = database_->Run("DELETE FROM run_secrets WHERE manifest_hash = ?",
                                           crypto::ByteView(manifest_hash));
      !status.ok()) {
    return status;
  }
  return database_->Checkpoint();
}

}  // namespace raakvlak::node
