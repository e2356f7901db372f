#include "server/common/request_ids.h"

#include <algorithm>

#include "crypto/base/hash.h"

namespace raakvlak::common {

absl::StatusOr<std::optional<std::string>> RequestIds::Find(std::string_view caller,
                                                            std::string_view method,
                                                            std::string_view request_id,
                                                            crypto::ByteView request) {
  if (request_id.size() < 16 || request_id.size() > 64) {
    return absl::InvalidArgumentError("request_id must be 16 to 64 random bytes");
  }
  absl::StatusOr<Statement> row = database_.Query(
      "SELECT request_hash, response FROM request_ids"
      " WHERE caller = ? AND method = ? AND request_id = ? AND expires_at > ?",
      caller, method, crypto::AsBytes(request_id), clock_.UnixSeconds());
  if (!row.ok()) return row.status();
  absl::StatusOr<bool> found = row->Step();
  if (!found.ok()) return found.status();
  if (!*found) return std::optional<std::string>();
  const crypto::Digest hash = crypto::Sha512(request);
  const std::vector<uint8_t> kept = row->Bytes(0);
  if (!std::equal(hash.begin(), hash.end(), kept.begin(), kept.end())) {
    return absl::AlreadyExistsError("this request_id was used for another request");
  }
  return std::optional<std::string>(row->Blob(1));
}

absl::Status RequestIds::Keep(std::string_view caller, std::string_view method,
                              std::string_view request_id, crypto::ByteView request,
                              std::string_view response) {
  const crypto::Digest hash = crypto::Sha512(request);
  return database_.Run(
      "INSERT OR REPLACE INTO request_ids"
      "(caller, method, request_id, request_hash, response, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
      caller, method, crypto::AsBytes(request_id), std::span<const uint8_t>(hash),
      crypto::AsBytes(response), clock_.UnixSeconds() + absl::ToInt64Seconds(keep_));
}

absl::Status RequestIds::Sweep() {
  return database_.Run("DELETE FROM request_ids WHERE expires_at <= ?", clock_.UnixSeconds());
}

}  // namespace raakvlak::common
