// Answers given to mutations, kept by request id, so that a retry gets the same answer and the
// mutation happens once.
#ifndef RAAKVLAK_SERVER_COMMON_REQUEST_IDS_H_
#define RAAKVLAK_SERVER_COMMON_REQUEST_IDS_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "crypto/base/bytes.h"
#include "server/common/clock.h"
#include "server/common/sqlite.h"

namespace raakvlak::common {

// Put this among the migrations of the database that holds them.
inline constexpr char kRequestIdsMigration[] =
    "CREATE TABLE request_ids("
    " caller TEXT NOT NULL, method TEXT NOT NULL, request_id BLOB NOT NULL,"
    " request_hash BLOB NOT NULL, response BLOB NOT NULL, expires_at INTEGER NOT NULL,"
    " PRIMARY KEY (caller, method, request_id)) WITHOUT ROWID;"
    "CREATE INDEX request_ids_expires ON request_ids(expires_at);";

// Thread-safe. Use it inside the transaction that does the mutation:
//   Transaction t(db); auto before = ids.Find(...); if (*before) return **before;
//   mutate; ids.Keep(...); t.Commit();
class RequestIds {
 public:
  RequestIds(Database& database, const Clock& clock, absl::Duration keep = absl::Hours(24 * 7))
      : database_(database), clock_(clock), keep_(keep) {}

  // The answer given before, if any. InvalidArgument unless the id is 16 to 64 bytes;
  // AlreadyExists if the id was used for another request.
  absl::StatusOr<std::optional<std::string>> Find(std::string_view caller, std::string_view method,
                                                  std::string_view request_id,
                                                  crypto::ByteView request);
  absl::Status Keep(std::string_view caller, std::string_view method, std::string_view request_id,
                    crypto::ByteView request, std::string_view response);
  // Drops what has expired.
  absl::Status Sweep();

 private:
  Database& database_;
  const Clock& clock_;
  const absl::Duration keep_;
};

}  // namespace raakvlak::common

#endif  // RAAKVLAK_SERVER_COMMON_REQUEST_IDS_H_
