// One row an attempt, for good.
#include "server/node/mesh/seen_runs.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace raakvlak::node {
namespace {

constexpr const char* kMigrations[] = {
    "CREATE TABLE seen_runs("
    " purpose_id TEXT NOT NULL, run_counter INTEGER NOT NULL, attempt INTEGER NOT NULL,"
    " manifest_hash BLOB NOT NULL UNIQUE, ended INTEGER NOT NULL DEFAULT 0,"
    " PRIMARY KEY (purpose_id, run_counter, attempt)) WITHOUT ROWID;",
    "CREATE TABLE seen_purposes("
    " purpose_id TEXT PRIMARY KEY, version INTEGER NOT NULL, hash BLOB NOT NULL) WITHOUT ROWID;",
};

struct SeenAttempt {
  crypto::Digest manifest_hash{};
  bool ended = false;
};

absl::StatusOr<std::optional<SeenAttempt>> FindAttempt(common::Database& database,
                                                       std::string_view purpose_id,
                                                       uint64_t run_counter, uint32_t attempt) {
  auto row = database.Query(
      "SELECT manifest_hash, ended FROM seen_runs"
      " WHERE purpose_id = ? AND run_counter = ? AND attempt = ?",
      purpose_id, run_counter, attempt);
  if (!row.ok()) return row.status();
  const absl::StatusOr<bool> found = row->Step();
  if (!found.ok()) return found.status();
  if (!*found) return std::nullopt;
  SeenAttempt seen;
  const std::vector<uint8_t> hash = row->Bytes(0);
  if (hash.size() != seen.manifest_hash.size()) {
    return absl::DataLossError("a manifest hash of a wrong size");
  }
  std::copy(hash.begin(), hash.end(), seen.manifest_hash.begin());
  seen.ended = row->Integer(1) != 0;
  return seen;
}

}  // namespace

SeenRunStore::SeenRunStore(std::unique_ptr<common::Database> database)
    : database_(std::move(database)) {}

absl::StatusOr<std::unique_ptr<SeenRunStore>> SeenRunStore::Open(const std::string& path) {
  auto database = common::Database::Open(path, kMigrations);
  if (!database.ok()) return database.status();
  return std::unique_ptr<SeenRunStore>(new SeenRunStore(*std::move(database)));
}

absl::StatusOr<SeenRuns> SeenRunStore::Look(std::string_view purpose_id, uint64_t run_counter,
                                            uint32_t attempt) const {
  SeenRuns seen;
  {
    auto highest = database_->Query(
        "SELECT run_counter, attempt FROM seen_runs WHERE purpose_id = ?"
        " ORDER BY run_counter DESC, attempt DESC LIMIT 1",
        purpose_id);
    if (!highest.ok()) return highest.status();
    const absl::StatusOr<bool> found = highest->Step();
    if (!found.ok()) return found.status();
    if (*found) {
      seen.highest_counter = static_cast<uint64_t>(highest->Integer(0));
      seen.highest_attempt = static_cast<uint32_t>(highest->Integer(1));
    }
  }
  absl::StatusOr<std::optional<SeenAttempt>> same =
      FindAttempt(*database_, purpose_id, run_counter, attempt);
  if (!same.ok()) return same.status();
  if (same->has_value()) {
    seen.same_attempt = (*same)->manifest_hash;
    seen.ended = (*same)->ended;
  }
  return seen;
}

absl::Status SeenRunStore::Record(std::string_view purpose_id, uint64_t run_counter,
                                  uint32_t attempt, const crypto::Digest& manifest_hash) {
  common::Transaction transaction(*database_);
  const absl::StatusOr<std::optional<SeenAttempt>> same =
      FindAttempt(*database_, purpose_id, run_counter, attempt);
  if (!same.ok()) return same.status();
  if (same->has_value()) {
    return (*same)->manifest_hash == manifest_hash
               ? absl::OkStatus()
               : absl::AlreadyExistsError(
                     "another manifest was seen under this counter and attempt");
  }
  if (absl::Status status =
          database_->Run("INSERT INTO seen_runs(purpose_id, run_counter, attempt, manifest_hash)"
                         " VALUES (?, ?, ?, ?)",
                         purpose_id, run_counter, attempt, crypto::ByteView(manifest_hash));
      !status.ok()) {
    return status;
  }
  return transaction.Commit();
}

absl::Status SeenRunStore::LookPurpose(std::string_view purpose_id, SeenRuns& seen) const {
  auto row =
      database_->Query("SELECT version, hash FROM seen_purposes WHERE purpose_id = ?", purpose_id);
  if (!row.ok()) return row.status();
  const absl::StatusOr<bool> found = row->Step();
  if (!found.ok()) return found.status();
  if (!*found) return absl::OkStatus();
  const std::vector<uint8_t> hash = row->Bytes(1);
  if (hash.size() != seen.purpose_hash.size()) {
    return absl::DataLossError("a purpose hash of a wrong size");
  }
  seen.purpose_version = static_cast<uint64_t>(row->Integer(0));
  std::copy(hash.begin(), hash.end(), seen.purpose_hash.begin());
  return absl::OkStatus();
}

absl::Status SeenRunStore::RecordPurpose(std::string_view purpose_id, uint64_t version,
                                         const crypto::Digest& hash) {
  return database_->Run(
      "INSERT INTO seen_purposes VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET"
      " version = excluded.version, hash = excluded.hash WHERE excluded.version > version",
      purpose_id, version, crypto::ByteView(hash));
}

absl::Status SeenRunStore::MarkEnded(const crypto::Digest& manifest_hash) {
  return database_->Run("UPDATE seen_runs SET ended = 1 WHERE manifest_hash = ?",
                        crypto::ByteView(manifest_hash));
}

absl::StatusOr<bool> SeenRunStore::HasEnded(const crypto::Digest& manifest_hash) const {
  auto row = database_->Query("SELECT ended FROM seen_runs WHERE manifest_hash = ?",
                              crypto::ByteView(manifest_hash));
  if (!row.ok()) return row.status();
  const absl::StatusOr<bool> found = row->Step();
  if (!found.ok()) return found.status();
  return *found && row->Integer(0) != 0;
}

}  // namespace raakvlak::node
