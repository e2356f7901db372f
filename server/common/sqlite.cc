#include "server/common/sqlite.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"

namespace raakvlak::common {
namespace {

// How many prepared statements are kept for another use.
constexpr size_t kMaxIdleStatements = 64;

// How long a lock of another process is waited for.
constexpr int kBusyTimeoutMs = 5000;

absl::StatusCode CodeOf(int code) {
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
      return code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
                     code == SQLITE_CONSTRAINT_ROWID
                 ? absl::StatusCode::kAlreadyExists
                 : absl::StatusCode::kFailedPrecondition;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::StatusCode::kUnavailable;
    case SQLITE_FULL:
      return absl::StatusCode::kResourceExhausted;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::StatusCode::kDataLoss;
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return absl::StatusCode::kPermissionDenied;
    case SQLITE_CANTOPEN:
      return absl::StatusCode::kNotFound;
    case SQLITE_ERROR:
    case SQLITE_RANGE:
    case SQLITE_MISMATCH:
      return absl::StatusCode::kInvalidArgument;
    case SQLITE_TOOBIG:
      return absl::StatusCode::kOutOfRange;
    default:
      return absl::StatusCode::kInternal;
  }
}

}  // namespace

Statement::Statement(Database* database, std::string sql, sqlite3_stmt* statement)
    : database_(database), sql_(std::move(sql)), statement_(statement) {
  database_->mutex_.lock();
}

Statement::Statement(Statement&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)),
      sql_(std::move(other.sql_)),
      statement_(std::exchange(other.statement_, nullptr)) {}

Statement::~Statement() {
  if (database_ == nullptr) return;
  Database* const database = database_;
  database->GiveBack(std::move(sql_), statement_);
  database->mutex_.unlock();
}

absl::Status Statement::BindInteger(int index, int64_t value) {
  const int code = sqlite3_bind_int64(statement_, index + 1, value);
  return code == SQLITE_OK ? absl::OkStatus() : database_->Error(code, sql_);
}

absl::Status Statement::Bind(int index, std::nullopt_t) {
  const int code = sqlite3_bind_null(statement_, index + 1);
  return code == SQLITE_OK ? absl::OkStatus() : database_->Error(code, sql_);
}

absl::Status Statement::Bind(int index, std::string_view text) {
  // An empty view may have a null pointer, which SQLite would take for NULL.
  const char* data = text.data() == nullptr ? "" : text.data();
  const int code =
      sqlite3_bind_text64(statement_, index + 1, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  return code == SQLITE_OK ? absl::OkStatus() : database_->Error(code, sql_);
}

absl::Status Statement::Bind(int index, std::span<const uint8_t> blob) {
  const int code = blob.empty() ? sqlite3_bind_zeroblob(statement_, index + 1, 0)
                                : sqlite3_bind_blob64(statement_, index + 1, blob.data(),
                                                      blob.size(), SQLITE_TRANSIENT);
  return code == SQLITE_OK ? absl::OkStatus() : database_->Error(code, sql_);
}

absl::Status Statement::Bind(int index, double value) {
  const int code = sqlite3_bind_double(statement_, index + 1, value);
  return code == SQLITE_OK ? absl::OkStatus() : database_->Error(code, sql_);
}

absl::StatusOr<bool> Statement::Step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  absl::Status status = database_->Error(code, sql_);
  sqlite3_reset(statement_);
  return status;
}

absl::Status Statement::Run() {
  absl::StatusOr<bool> row = Step();
  if (!row.ok()) return row.status();
  Reset();
  if (*row) {
    return absl::InvalidArgumentError(absl::StrCat("SQL gives rows that nobody reads: ", sql_));
  }
  return absl::OkStatus();
}

void Statement::Reset() { sqlite3_reset(statement_); }

int64_t Statement::Integer(int column) const { return sqlite3_column_int64(statement_, column); }

double Statement::Real(int column) const { return sqlite3_column_double(statement_, column); }

std::string Statement::Text(int column) const {
  const unsigned char* text = sqlite3_column_text(statement_, column);
  if (text == nullptr) return "";
  return std::string(reinterpret_cast<const char*>(text),
                     static_cast<size_t>(sqlite3_column_bytes(statement_, column)));
}

std::string Statement::Blob(int column) const {
  const void* blob = sqlite3_column_blob(statement_, column);
  if (blob == nullptr) return "";
  return std::string(static_cast<const char*>(blob),
                     static_cast<size_t>(sqlite3_column_bytes(statement_, column)));
}

std::vector<uint8_t> Statement::Bytes(int column) const {
  const uint8_t* blob = static_cast<const uint8_t*>(sqlite3_column_blob(statement_, column));
  if (blob == nullptr) return {};
  return std::vector<uint8_t>(blob, blob + sqlite3_column_bytes(statement_, column));
}

bool Statement::IsNull(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const std::string& path,
                                                         std::span<const char* const> migrations) {
  if (path != ":memory:") {
    // SQLite would make the file as the umask allows; its -wal and -shm files take its mode over.
    const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
      return absl::PermissionDeniedError(absl::StrCat("cannot open the database ", path,
                                                      " for writing (errno ", errno,
                                                      "); check its directory and owner"));
    }
    close(fd);
  }
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &handle,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, nullptr);
  std::unique_ptr<Database> database(new Database(handle));
  if (code != SQLITE_OK) return database->Error(code, absl::StrCat("opening ", path));
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  for (const char* pragma :
       {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON",
        "PRAGMA secure_delete=ON", "PRAGMA trusted_schema=OFF",
        // Intermediate results in memory: temporary files would lie outside the data directory.
        "PRAGMA temp_store=MEMORY"}) {
    if (absl::Status status = database->Execute(pragma); !status.ok()) return status;
  }
  if (absl::Status status = database->Migrate(migrations); !status.ok()) {
    return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
  }
  return database;
}

Database::~Database() {
  for (auto& [sql, statement] : idle_) sqlite3_finalize(statement);
  sqlite3_close_v2(handle_);
}

absl::Status Database::Error(int code, std::string_view doing) const {
  // Deliberately not sqlite3_errmsg alone: it never holds bound values, and neither does the SQL.
  return absl::Status(
      CodeOf(code),
      absl::StrCat(
          "database: ", handle_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle_), " (",
          std::string(doing), ")"));
}

absl::Status Database::Migrate(std::span<const char* const> migrations) {
  int64_t version = 0;
  {
    absl::StatusOr<Statement> statement = Prepare("PRAGMA user_version");
    if (!statement.ok()) return statement.status();
    if (absl::StatusOr<bool> row = statement->Step(); !row.ok()) return row.status();
    version = statement->Integer(0);
  }
  if (version > static_cast<int64_t>(migrations.size())) {
    return absl::FailedPreconditionError(
        absl::StrCat("schema version ", version, " is newer than this program knows (",
                     migrations.size(), "); run the newer program"));
  }
  for (size_t next = static_cast<size_t>(version); next < migrations.size(); ++next) {
    Transaction transaction(*this);
    if (absl::Status status = Execute(migrations[next]); !status.ok()) return status;
    if (absl::Status status = Execute(absl::StrCat("PRAGMA user_version=", next + 1));
        !status.ok()) {
      return status;
    }
    if (absl::Status status = transaction.Commit(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<Statement> Database::Prepare(std::string_view sql) {
  std::lock_guard lock(mutex_);
  if (auto idle = idle_.find(sql); idle != idle_.end()) {
    sqlite3_stmt* const statement = idle->second;
    idle_.erase(idle);
    return Statement(this, std::string(sql), statement);
  }
  sqlite3_stmt* statement = nullptr;
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, &rest);
  if (code != SQLITE_OK) return Error(code, sql);
  if (statement == nullptr ||
      sql.find_first_not_of("; \n\t", static_cast<size_t>(rest - sql.data())) !=
          std::string_view::npos) {
    sqlite3_finalize(statement);
    return absl::InvalidArgumentError(
        absl::StrCat("not exactly one SQL statement: ", std::string(sql)));
  }
  return Statement(this, std::string(sql), statement);
}

void Database::GiveBack(std::string sql, sqlite3_stmt* statement) {
  sqlite3_reset(statement);
  // Bound values may be secret; they must not linger.
  sqlite3_clear_bindings(statement);
  if (idle_.size() >= kMaxIdleStatements) {
    sqlite3_finalize(statement);
    return;
  }
  idle_.emplace(std::move(sql), statement);
}

absl::Status Database::Execute(const std::string& sql) {
  std::lock_guard lock(mutex_);
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : Error(code, sql);
}

int64_t Database::changes() {
  std::lock_guard lock(mutex_);
  return sqlite3_changes64(handle_);
}

int64_t Database::last_insert_rowid() {
  std::lock_guard lock(mutex_);
  return sqlite3_last_insert_rowid(handle_);
}

absl::Status Database::Checkpoint() {
  std::lock_guard lock(mutex_);
  const int code =
      sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : Error(code, "checkpoint");
}

Transaction::Transaction(Database& database)
    : database_(database), lock_(database.mutex_), depth_(database.transaction_depth_) {
  begun_ =
      database_.Execute(depth_ == 0 ? "BEGIN IMMEDIATE" : absl::StrCat("SAVEPOINT nested", depth_));
  open_ = begun_.ok();
  if (open_) ++database_.transaction_depth_;
}

Transaction::~Transaction() {
  if (!open_) return;
  --database_.transaction_depth_;
  if (depth_ == 0) {
    // SQLite may have rolled back by itself (disk full); a second time does no harm.
    database_.Execute("ROLLBACK").IgnoreError();
  } else {
    database_.Execute(absl::StrCat("ROLLBACK TO nested", depth_, "; RELEASE nested", depth_))
        .IgnoreError();
  }
}

absl::Status Transaction::Commit() {
  if (!begun_.ok()) return begun_;
  if (!open_) return absl::FailedPreconditionError("the transaction was already committed");
  absl::Status status =
      database_.Execute(depth_ == 0 ? "COMMIT" : absl::StrCat("RELEASE nested", depth_));
  if (status.ok()) {
    open_ = false;
    --database_.transaction_depth_;
  }
  return status;
}

}  // namespace raakvlak::common
