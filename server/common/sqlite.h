// SQLite with the settings this system needs (WAL, synchronous=FULL, foreign keys, secure_delete),
// typed binding, transactions that roll back unless committed, and numbered migrations.
//
//   ASSIGN db = Database::Open(path, kMigrations);
//   Transaction transaction(*db);               // takes the database for this thread
//   db->Run("INSERT INTO budget VALUES (?, ?)", agency, count);
//   transaction.Commit();
//
// Thread safety: a Database may be used from any thread. A Statement or Transaction holds the
// database (a recursive lock) from its making to its end, so keep them short-lived, and use and
// destroy them on the thread that made them.
#ifndef RAAKVLAK_SERVER_COMMON_SQLITE_H_
#define RAAKVLAK_SERVER_COMMON_SQLITE_H_

#include <concepts>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct sqlite3;
struct sqlite3_stmt;

namespace raakvlak::common {

class Database;

// A prepared statement with its parameters; gives rows one at a time. Parameters and columns are
// counted from 0. Error codes as at Database.
class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  Statement(const Statement&) = delete;
  ~Statement();

  // Values are copied.
  absl::Status Bind(int index, std::nullopt_t);
  absl::Status Bind(int index, std::string_view text);
  absl::Status Bind(int index, const char* text) { return Bind(index, std::string_view(text)); }
  absl::Status Bind(int index, const std::string& text) {
    return Bind(index, std::string_view(text));
  }
  // Stored as a BLOB; use crypto::AsBytes for a std::string of bytes.
  absl::Status Bind(int index, std::span<const uint8_t> blob);
  absl::Status Bind(int index, double value);
  // SQLite's integers are signed: an unsigned value over 2^63 - 1 is OutOfRange.
  template <std::integral T>
  absl::Status Bind(int index, T value) {
    if (!std::in_range<int64_t>(value)) {
      return absl::OutOfRangeError("an integer over 2^63 - 1 cannot be stored");
    }
    return BindInteger(index, static_cast<int64_t>(value));
  }
  absl::Status Bind(int index, bool value) { return BindInteger(index, value ? 1 : 0); }
  template <typename T>
  absl::Status Bind(int index, const std::optional<T>& value) {
    return value.has_value() ? Bind(index, *value) : Bind(index, std::nullopt);
  }
  template <typename... Args>
  absl::Status BindAll(const Args&... args) {
    absl::Status status;
    int index = 0;
    ((status.ok() ? status = Bind(index++, args) : status), ...);
    return status;
  }

  // True if there is a (next) row.
  absl::StatusOr<bool> Step();
  // Executes a statement that gives no rows, and makes it ready for other parameters.
  absl::Status Run();
  // Makes the statement ready to be executed again; the parameters stay.
  void Reset();

  // The row of the last Step() that gave true. A value of another type is converted as SQLite
  // does; NULL gives 0 or the empty string.
  int64_t Integer(int column) const;
  double Real(int column) const;
  std::string Text(int column) const;
  // Bytes of a BLOB, as a string (for protobuf) or a vector.
  std::string Blob(int column) const;
  std::vector<uint8_t> Bytes(int column) const;
  bool IsNull(int column) const;

 private:
  friend class Database;
  Statement(Database* database, std::string sql, sqlite3_stmt* statement);
  absl::Status BindInteger(int index, int64_t value);

  Database* database_;
  std::string sql_;
  sqlite3_stmt* statement_;
};

// Error codes: AlreadyExists (a unique key is taken), FailedPrecondition (another constraint),
// Unavailable (locked by another process), ResourceExhausted (disk full), DataLoss (file damaged),
// InvalidArgument (bad SQL or a wrong number of parameters), else Internal. Messages hold the SQL
// text, never the values.
class Database {
 public:
  // Opens or makes the file (mode 0600) and brings it to the schema of `migrations`: element i is
  // the SQL from version i to i + 1, run in a transaction together with the new version number
  // (PRAGMA user_version). FailedPrecondition if the file is of a newer version than we know.
  // ":memory:" gives a database for tests.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& path,
                                                        std::span<const char* const> migrations);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // One statement. Prepared statements are kept, so asking again is cheap.
  absl::StatusOr<Statement> Prepare(std::string_view sql);
  // Prepare and bind, to be stepped through.
  template <typename... Args>
  absl::StatusOr<Statement> Query(std::string_view sql, const Args&... args) {
    absl::StatusOr<Statement> statement = Prepare(sql);
    if (!statement.ok()) return statement;
    if (absl::Status status = statement->BindAll(args...); !status.ok()) return status;
    return statement;
  }
  // Prepare, bind and execute, for a statement without rows.
  template <typename... Args>
  absl::Status Run(std::string_view sql, const Args&... args) {
    absl::StatusOr<Statement> statement = Prepare(sql);
    if (!statement.ok()) return statement.status();
    if (absl::Status status = statement->BindAll(args...); !status.ok()) return status;
    return statement->Run();
  }
  // Several statements without parameters.
  absl::Status Execute(const std::string& sql);

  // Of the last INSERT, UPDATE or DELETE; meaningful inside a transaction of the caller's.
  int64_t changes();
  int64_t last_insert_rowid();

  // Writes what the WAL holds into the file and empties it, so that nothing deleted stays there.
  // Call it after erasing keys or tags. Unavailable if a reader is in the way.
  absl::Status Checkpoint();

 private:
  friend class Statement;
  friend class Transaction;
  explicit Database(sqlite3* handle) : handle_(handle) {}
  absl::Status Error(int code, std::string_view doing) const;
  absl::Status Migrate(std::span<const char* const> migrations);
  void GiveBack(std::string sql, sqlite3_stmt* statement);

  std::recursive_mutex mutex_;
  sqlite3* handle_;
  int transaction_depth_ = 0;
  std::multimap<std::string, sqlite3_stmt*, std::less<>> idle_;
};

// BEGIN IMMEDIATE ... COMMIT, or ROLLBACK when it goes away uncommitted. Inside another
// transaction of the same thread it is a savepoint.
class Transaction {
 public:
  // A failure to begin shows at Commit().
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // Durable once it returns OK (for the outermost one). At most once.
  absl::Status Commit();

 private:
  Database& database_;
  std::unique_lock<std::recursive_mutex> lock_;
  int depth_;
  absl::Status begun_;
  bool open_ = false;
};

}  // namespace raakvlak::common

#endif  // RAAKVLAK_SERVER_COMMON_SQLITE_H_
