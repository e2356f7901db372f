// The ledger's tables: chunks by number, sums per run and per epoch, refused double uses.
#include "server/node/mesh/budget.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/node/mesh/blame.h"

namespace raakvlak::node {
namespace {

using common::Database;
using common::Statement;
using common::Transaction;
using crypto::ByteView;

constexpr const char* kMigrations[] = {
    "CREATE TABLE chunks("
    " manifest_hash BLOB NOT NULL, identifier_type TEXT NOT NULL, requester TEXT NOT NULL,"
    " chunk_number BLOB NOT NULL, digest BLOB NOT NULL, count INTEGER NOT NULL,"
    " PRIMARY KEY (manifest_hash, identifier_type, requester, chunk_number)) WITHOUT ROWID;"
    "CREATE TABLE run_spent("
    " manifest_hash BLOB NOT NULL, identifier_type TEXT NOT NULL, requester TEXT NOT NULL,"
    " spent INTEGER NOT NULL,"
    " PRIMARY KEY (manifest_hash, identifier_type, requester)) WITHOUT ROWID;"
    "CREATE TABLE epoch_spent("
    " epoch INTEGER NOT NULL, identifier_type TEXT NOT NULL, requester TEXT NOT NULL,"
    " spent INTEGER NOT NULL,"
    " PRIMARY KEY (epoch, identifier_type, requester)) WITHOUT ROWID;"
    "CREATE TABLE double_use("
    " id INTEGER PRIMARY KEY, manifest_hash BLOB NOT NULL, identifier_type TEXT NOT NULL,"
    " requester TEXT NOT NULL, chunk_number BLOB NOT NULL, charged_digest BLOB NOT NULL,"
    " refused_digest BLOB NOT NULL, signed_header BLOB NOT NULL,"
    " UNIQUE (manifest_hash, identifier_type, requester, chunk_number, refused_digest));",
};
// A requester that double-uses numbers in a loop fills no disk: that many proofs of it are enough.
constexpr int64_t kMaxEvidenceOfOneRun = 64;

// Chunk numbers are 64 bits on the wire, integers of SQLite 63: stored big-endian.
crypto::Bytes NumberKey(uint64_t number) {
  crypto::ByteWriter writer;
  writer.U64(number);
  return writer.Take();
}
uint64_t NumberOf(const std::vector<uint8_t>& key) {
  crypto::ByteReader reader(key);
  return reader.U64();
}

crypto::Digest DigestOf(const std::vector<uint8_t>& bytes) {
  crypto::Digest digest{};
  std::copy_n(bytes.begin(), std::min(bytes.size(), digest.size()), digest.begin());
  return digest;
}

// The first column of the only row, 0 for none.
absl::StatusOr<uint64_t> SumOf(absl::StatusOr<Statement> statement) {
  if (!statement.ok()) return statement.status();
  const absl::StatusOr<bool> found = statement->Step();
  if (!found.ok()) return found.status();
  return *found ? static_cast<uint64_t>(statement->Integer(0)) : 0;
}

absl::StatusOr<uint64_t> RunSpent(Database& database, const crypto::Digest& manifest_hash,
                                  std::string_view identifier_type, std::string_view requester) {
  return SumOf(
      database.Query("SELECT spent FROM run_spent"
                     " WHERE manifest_hash = ? AND identifier_type = ? AND requester = ?",
                     ByteView(manifest_hash), identifier_type, requester));
}

// Whether `spent` + `count` stays within `limit`, without overflow.
bool Fits(uint64_t spent, uint64_t count, uint64_t limit) {
  return spent <= limit && count <= limit - spent;
}

}  // namespace

BudgetLedger::BudgetLedger(std::unique_ptr<Database> database, std::unique_ptr<Database> reader)
    : database_(std::move(database)), reader_(std::move(reader)) {}

absl::StatusOr<std::unique_ptr<BudgetLedger>> BudgetLedger::Open(const std::string& path) {
  auto database = Database::Open(path, kMigrations);
  if (!database.ok()) return database.status();
  auto reader = Database::Open(path, kMigrations);
  if (!reader.ok()) return reader.status();
  return std::unique_ptr<BudgetLedger>(new BudgetLedger(*std::move(database), *std::move(reader)));
}

absl::StatusOr<DebitOutcome> BudgetLedger::Debit(const BudgetDebit& debit) {
  if (debit.count == 0) {
    return BlamedError(absl::StatusCode::kInvalidArgument, debit.requester,
                       "sent a chunk without elements");
  }
  Database& database = *database_;
  const crypto::Bytes number = NumberKey(debit.chunk_number);
  Transaction transaction(database);

  std::optional<std::vector<uint8_t>> charged;
  {
    auto row = database.Query(
        "SELECT digest FROM chunks WHERE manifest_hash = ? AND identifier_type = ?"
        " AND requester = ? AND chunk_number = ?",
        ByteView(debit.manifest_hash), debit.identifier_type, debit.requester, ByteView(number));
    if (!row.ok()) return row.status();
    const absl::StatusOr<bool> found = row->Step();
    if (!found.ok()) return found.status();
    if (*found) charged = row->Bytes(0);
  }
  if (charged.has_value()) {
    if (DigestOf(*charged) == debit.elements_digest) return DebitOutcome::kAlreadyCharged;
    const absl::StatusOr<uint64_t> kept = SumOf(
        database.Query("SELECT COUNT(*) FROM double_use WHERE manifest_hash = ? AND requester = ?",
                       ByteView(debit.manifest_hash), debit.requester));
    if (!kept.ok()) return kept.status();
    if (*kept < kMaxEvidenceOfOneRun) {
      absl::Status status = database.Run(
          "INSERT OR IGNORE INTO double_use(manifest_hash, identifier_type, requester,"
          " chunk_number, charged_digest, refused_digest, signed_header)"
          " VALUES (?, ?, ?, ?, ?, ?, ?)",
          ByteView(debit.manifest_hash), debit.identifier_type, debit.requester, ByteView(number),
          ByteView(*charged), ByteView(debit.elements_digest),
          crypto::AsBytes(debit.signed_header));
      if (status.ok()) status = transaction.Commit();
      if (!status.ok()) return status;
    }
    return BlamedError(
        absl::StatusCode::kPermissionDenied, debit.requester,
        absl::StrCat("used chunk number ", debit.chunk_number, " for two different chunks"));
  }

  const absl::StatusOr<uint64_t> run_spent =
      RunSpent(database, debit.manifest_hash, debit.identifier_type, debit.requester);
  if (!run_spent.ok()) return run_spent.status();
  if (!Fits(*run_spent, debit.count, debit.run_grant)) {
    return BlamedError(absl::StatusCode::kResourceExhausted, debit.requester,
                       absl::StrCat("asks ", debit.count, " more evaluations of ",
                                    debit.identifier_type, " than its grant of ", debit.run_grant,
                                    " for this run leaves after ", *run_spent));
  }
  const absl::StatusOr<uint64_t> epoch_spent = SumOf(database.Query(
      "SELECT spent FROM epoch_spent WHERE epoch = ? AND identifier_type = ? AND requester = ?",
      debit.epoch, debit.identifier_type, debit.requester));
  if (!epoch_spent.ok()) return epoch_spent.status();
  if (!Fits(*epoch_spent, debit.count, debit.epoch_ceiling)) {
    return BlamedError(
        absl::StatusCode::kResourceExhausted, debit.requester,
        absl::StrCat("asks ", debit.count, " more evaluations of ", debit.identifier_type,
                     " than its ceiling of ", debit.epoch_ceiling, " for this epoch leaves after ",
                     *epoch_spent));
  }
  for (const absl::Status& status :
       {database.Run("INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?)", ByteView(debit.manifest_hash),
                     debit.identifier_type, debit.requester, ByteView(number),
                     ByteView(debit.elements_digest), debit.count),
        database.Run("INSERT INTO run_spent VALUES (?, ?, ?, ?)"
                     " ON CONFLICT DO UPDATE SET spent = spent + excluded.spent",
                     ByteView(debit.manifest_hash), debit.identifier_type, debit.requester,
                     debit.count),
        database.Run("INSERT INTO epoch_spent VALUES (?, ?, ?, ?)"
                     " ON CONFLICT DO UPDATE SET spent = spent + excluded.spent",
                     debit.epoch, debit.identifier_type, debit.requester, debit.count)}) {
    if (!status.ok()) return status;
  }
  if (absl::Status status = transaction.Commit(); !status.ok()) return status;
  return DebitOutcome::kCharged;
}

absl::StatusOr<std::vector<BudgetSpent>> BudgetLedger::SpentIn(uint64_t epoch) const {
  auto rows = reader_->Query(
      "SELECT identifier_type, requester, spent FROM epoch_spent WHERE epoch = ?"
      " ORDER BY identifier_type, requester",
      epoch);
  if (!rows.ok()) return rows.status();
  std::vector<BudgetSpent> out;
  while (true) {
    const absl::StatusOr<bool> more = rows->Step();
    if (!more.ok()) return more.status();
    if (!*more) return out;
    out.push_back({rows->Text(1), rows->Text(0), epoch, static_cast<uint64_t>(rows->Integer(2))});
  }
}

absl::StatusOr<uint64_t> BudgetLedger::SpentInRun(const crypto::Digest& manifest_hash,
                                                  std::string_view identifier_type,
                                                  std::string_view requester) const {
  return RunSpent(*reader_, manifest_hash, identifier_type, requester);
}

absl::StatusOr<std::vector<BudgetEvidence>> BudgetLedger::Evidence() const {
  auto rows = reader_->Query(
      "SELECT requester, identifier_type, manifest_hash, chunk_number, charged_digest,"
      " refused_digest, signed_header FROM double_use ORDER BY id");
  if (!rows.ok()) return rows.status();
  std::vector<BudgetEvidence> out;
  while (true) {
    const absl::StatusOr<bool> more = rows->Step();
    if (!more.ok()) return more.status();
    if (!*more) return out;
    out.push_back({rows->Text(0), rows->Text(1), DigestOf(rows->Bytes(2)), NumberOf(rows->Bytes(3)),
                   DigestOf(rows->Bytes(4)), DigestOf(rows->Bytes(5)), rows->Blob(6)});
  }
}

absl::Status BudgetLedger::ForgetChunks(const crypto::Digest& manifest_hash) {
  return database_->Run("DELETE FROM chunks WHERE manifest_hash = ?", ByteView(manifest_hash));
}

}  // namespace raakvlak::node
