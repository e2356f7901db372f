#include "server/node/run_journal.h"

#include "crypto/base/bytes.h"
#include "server/node/status_macros.h"

namespace raakvlak::node {
namespace {

using crypto::AsBytes;

constexpr const char* kMigrations[] = {
    "CREATE TABLE run("
    " manifest_hash BLOB PRIMARY KEY, run_id TEXT NOT NULL, manifest BLOB NOT NULL,"
    " purpose BLOB NOT NULL, dataset_id TEXT NOT NULL, created_at INTEGER NOT NULL,"
    " step INTEGER NOT NULL, phase INTEGER NOT NULL, outcome INTEGER NOT NULL,"
    " reason TEXT NOT NULL, blamed TEXT NOT NULL, failures INTEGER NOT NULL,"
    " last_error TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX run_step ON run(step, created_at);"
    "CREATE TABLE chunk("
    " manifest_hash BLOB NOT NULL, identifier_type TEXT NOT NULL, next INTEGER NOT NULL,"
    " PRIMARY KEY(manifest_hash, identifier_type)) WITHOUT ROWID;"
    "CREATE TABLE statement("
    " manifest_hash BLOB NOT NULL, identifier_type TEXT NOT NULL, counterpart TEXT NOT NULL,"
    " signed BLOB NOT NULL,"
    " PRIMARY KEY(manifest_hash, identifier_type, counterpart)) WITHOUT ROWID;"
    "CREATE TABLE fetched("
    " manifest_hash BLOB NOT NULL, identifier_type TEXT NOT NULL,"
    " PRIMARY KEY(manifest_hash, identifier_type)) WITHOUT ROWID;"
    "CREATE TABLE confirmation("
    " manifest_hash BLOB NOT NULL, identifier_type TEXT NOT NULL, counterpart TEXT NOT NULL,"
    " equal INTEGER NOT NULL,"
    " PRIMARY KEY(manifest_hash, identifier_type, counterpart)) WITHOUT ROWID;"
    "CREATE TABLE finished("
    " sequence INTEGER PRIMARY KEY AUTOINCREMENT, manifest_hash BLOB NOT NULL UNIQUE,"
    " run_id TEXT NOT NULL, matches_path TEXT NOT NULL, finished_at INTEGER NOT NULL,"
    " keep_until INTEGER NOT NULL);"
    "CREATE TABLE ceremony(request_id BLOB PRIMARY KEY, epoch INTEGER NOT NULL) WITHOUT ROWID;",
    // The step and the phases of linking blocks come in between.
    "ALTER TABLE run ADD COLUMN links_blocks INTEGER NOT NULL DEFAULT 0;"
    "UPDATE run SET step = step + 1 WHERE step >= 6;"
    "UPDATE run SET phase = phase + 2 WHERE phase >= 4;"};

constexpr char kColumns[] =
    "SELECT manifest_hash, run_id, manifest, purpose, dataset_id, created_at, step, phase, outcome,"
    " reason, blamed, failures, last_error, expires_at, links_blocks FROM run ";

JournaledRun FromRow(const common::Statement& row) {
  JournaledRun run;
  run.record.manifest_hash = row.Blob(0);
  run.run_id = row.Text(1);
  run.manifest = row.Blob(2);
  run.purpose = row.Blob(3);
  run.dataset_id = row.Text(4);
  run.created_at = row.Integer(5);
  run.record.step = static_cast<RunStep>(row.Integer(6));
  run.record.phase = static_cast<MatcherPhase>(row.Integer(7));
  run.record.outcome = static_cast<RunOutcome>(row.Integer(8));
  run.record.reason = row.Text(9);
  run.record.blamed = row.Text(10);
  run.record.failures = static_cast<std::uint32_t>(row.Integer(11));
  run.record.last_error = row.Text(12);
  run.record.expires_at = row.Integer(13);
  run.record.links_blocks = row.Integer(14) != 0;
  return run;
}

}  // namespace

absl::StatusOr<std::unique_ptr<RunJournal>> RunJournal::Open(const std::string& path) {
  NODE_ASSIGN_OR_RETURN(auto database, common::Database::Open(path, kMigrations));
  return std::unique_ptr<RunJournal>(new RunJournal(std::move(database)));
}

absl::StatusOr<bool> RunJournal::Add(const JournaledRun& run) {
  const RunRecord& r = run.record;
  absl::Status status = database_->Run(
      "INSERT INTO run(manifest_hash, run_id, manifest, purpose, dataset_id, created_at, step,"
      " phase, outcome, reason, blamed, failures, last_error, expires_at, links_blocks)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      AsBytes(r.manifest_hash), run.run_id, AsBytes(run.manifest), AsBytes(run.purpose),
      run.dataset_id, run.created_at, static_cast<int>(r.step), static_cast<int>(r.phase),
      static_cast<int>(r.outcome), r.reason, r.blamed, r.failures, r.last_error, r.expires_at,
      r.links_blocks ? 1 : 0);
  if (absl::IsAlreadyExists(status)) return false;
  if (!status.ok()) return status;
  return true;
}

absl::Status RunJournal::Save(const RunRecord& r) {
  return database_->Run(
      "UPDATE run SET step = ?, phase = ?, outcome = ?, reason = ?, blamed = ?, failures = ?,"
      " last_error = ? WHERE manifest_hash = ?",
      static_cast<int>(r.step), static_cast<int>(r.phase), static_cast<int>(r.outcome), r.reason,
      r.blamed, r.failures, r.last_error, AsBytes(r.manifest_hash));
}

absl::Status RunJournal::SetDataset(std::string_view manifest_hash, std::string_view dataset_id) {
  return database_->Run("UPDATE run SET dataset_id = ? WHERE manifest_hash = ?", dataset_id,
                        AsBytes(manifest_hash));
}

absl::StatusOr<std::optional<JournaledRun>> RunJournal::Find(std::string_view manifest_hash) const {
  NODE_ASSIGN_OR_RETURN(
      auto row,
      database_->Query(std::string(kColumns) + "WHERE manifest_hash = ?", AsBytes(manifest_hash)));
  NODE_ASSIGN_OR_RETURN(bool found, row.Step());
  if (!found) return std::nullopt;
  return FromRow(row);
}

absl::StatusOr<std::vector<JournaledRun>> RunJournal::Open() const {
  NODE_ASSIGN_OR_RETURN(
      auto row,
      database_->Query(std::string(kColumns) + "WHERE step < ? ORDER BY created_at, manifest_hash",
                       static_cast<int>(RunStep::kEnded)));
  std::vector<JournaledRun> runs;
  while (true) {
    NODE_ASSIGN_OR_RETURN(bool more, row.Step());
    if (!more) return runs;
    runs.push_back(FromRow(row));
  }
}

absl::StatusOr<std::set<std::string>> RunJournal::DatasetsInUse() const {
  NODE_ASSIGN_OR_RETURN(std::vector<JournaledRun> runs, Open());
  std::set<std::string> ids;
  for (const JournaledRun& run : runs) {
    if (!run.dataset_id.empty()) ids.insert(run.dataset_id);
  }
  return ids;
}

absl::StatusOr<std::uint64_t> RunJournal::ReserveChunks(std::string_view manifest_hash,
                                                        std::string_view identifier_type,
                                                        std::uint64_t count) {
  common::Transaction transaction(*database_);
  std::int64_t next = 0;
  {
    NODE_ASSIGN_OR_RETURN(
        auto row,
        database_->Query("SELECT next FROM chunk WHERE manifest_hash = ? AND identifier_type = ?",
                         AsBytes(manifest_hash), identifier_type));
    NODE_ASSIGN_OR_RETURN(bool found, row.Step());
    if (found) next = row.Integer(0);
  }
  NODE_RETURN_IF_ERROR(database_->Run(
      "INSERT OR REPLACE INTO chunk(manifest_hash, identifier_type, next) VALUES (?, ?, ?)",
      AsBytes(manifest_hash), identifier_type, static_cast<std::uint64_t>(next) + count));
  NODE_RETURN_IF_ERROR(transaction.Commit());
  return static_cast<std::uint64_t>(next);
}

absl::Status RunJournal::KeepStatement(std::string_view manifest_hash,
                                       std::string_view identifier_type,
                                       std::string_view counterpart,
                                       const v1::SignedPayload& statement) {
  return database_->Run(
      "INSERT OR REPLACE INTO statement(manifest_hash, identifier_type, counterpart, signed)"
      " VALUES (?, ?, ?, ?)",
      AsBytes(manifest_hash), identifier_type, counterpart, AsBytes(statement.SerializeAsString()));
}

absl::Status RunJournal::MarkOverlapFetched(std::string_view manifest_hash,
                                            std::string_view identifier_type) {
  return database_->Run(
      "INSERT OR REPLACE INTO fetched(manifest_hash, identifier_type) VALUES (?, ?)",
      AsBytes(manifest_hash), identifier_type);
}

absl::StatusOr<bool> RunJournal::OverlapFetched(std::string_view manifest_hash,
                                                std::string_view identifier_type) const {
  NODE_ASSIGN_OR_RETURN(
      auto row,
      database_->Query("SELECT 1 FROM fetched WHERE manifest_hash = ? AND identifier_type = ?",
                       AsBytes(manifest_hash), identifier_type));
  return row.Step();
}

absl::Status RunJournal::SetConfirmation(std::string_view manifest_hash,
                                         std::string_view identifier_type,
                                         std::string_view counterpart, bool equal) {
  return database_->Run(
      "INSERT OR REPLACE INTO confirmation(manifest_hash, identifier_type, counterpart, equal)"
      " VALUES (?, ?, ?, ?)",
      AsBytes(manifest_hash), identifier_type, counterpart, equal);
}

absl::StatusOr<std::optional<bool>> RunJournal::Confirmation(std::string_view manifest_hash,
                                                             std::string_view identifier_type,
                                                             std::string_view counterpart) const {
  NODE_ASSIGN_OR_RETURN(
      auto row, database_->Query("SELECT equal FROM confirmation WHERE manifest_hash = ? AND"
                                 " identifier_type = ? AND counterpart = ?",
                                 AsBytes(manifest_hash), identifier_type, counterpart));
  NODE_ASSIGN_OR_RETURN(bool found, row.Step());
  if (!found) return std::nullopt;
  return row.Integer(0) != 0;
}

absl::Status RunJournal::AddFinished(const FinishedRun& run) {
  return database_->Run(
      "INSERT OR REPLACE INTO finished(manifest_hash, run_id, matches_path, finished_at,"
      " keep_until) VALUES (?, ?, ?, ?, ?)",
      AsBytes(run.manifest_hash), run.run_id, run.matches_path, run.finished_at, run.keep_until);
}

absl::StatusOr<std::vector<FinishedRun>> RunJournal::Finished() const {
  NODE_ASSIGN_OR_RETURN(auto row,
                        database_->Query("SELECT manifest_hash, run_id, matches_path, finished_at,"
                                         " keep_until FROM finished ORDER BY sequence DESC"));
  std::vector<FinishedRun> runs;
  while (true) {
    NODE_ASSIGN_OR_RETURN(bool more, row.Step());
    if (!more) return runs;
    FinishedRun run;
    run.manifest_hash = row.Blob(0);
    run.run_id = row.Text(1);
    run.matches_path = row.Text(2);
    run.finished_at = row.Integer(3);
    run.keep_until = row.Integer(4);
    runs.push_back(std::move(run));
  }
}

absl::Status RunJournal::RemoveFinished(std::string_view manifest_hash) {
  return database_->Run("DELETE FROM finished WHERE manifest_hash = ?", AsBytes(manifest_hash));
}

absl::StatusOr<std::optional<std::uint64_t>> RunJournal::CeremonyOf(
    std::string_view request_id) const {
  NODE_ASSIGN_OR_RETURN(
      auto row,
      database_->Query("SELECT epoch FROM ceremony WHERE request_id = ?", AsBytes(request_id)));
  NODE_ASSIGN_OR_RETURN(bool found, row.Step());
  if (!found) return std::nullopt;
  return static_cast<std::uint64_t>(row.Integer(0));
}

absl::Status RunJournal::KeepCeremony(std::string_view request_id, std::uint64_t epoch) {
  return database_->Run("INSERT OR REPLACE INTO ceremony(request_id, epoch) VALUES (?, ?)",
                        AsBytes(request_id), epoch);
}

}  // namespace raakvlak::node
