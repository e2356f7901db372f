// The audit log: who did what, written and synced before it happens, each line bound to the line
// before, so that altering, removing or reordering lines shows.
//
// Format: one JSON object a line:
//   {"seq":1,"time":"2026-11-25T22:00:00.000Z","event":"call.refused","actor":"uri:...",
//    "outcome":"denied","fields":{"method":"/..."},"previous":"<hex SHA-512 of the line before>"}
// The first line's `previous` is 128 zeros. Cutting lines off the end shows only against a head
// kept elsewhere (head()).
#ifndef RAAKVLAK_SERVER_COMMON_AUDIT_H_
#define RAAKVLAK_SERVER_COMMON_AUDIT_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/base/hash.h"
#include "server/common/clock.h"
#include "server/common/fs.h"

namespace raakvlak::common {

// Never put a secret, an identifier or a tag in an entry: the log is read by people.
struct AuditEntry {
  std::string event;    // "evaluation.granted", "call.refused"; lower case, dots
  std::string actor;    // agency id, certificate identity, or "self"
  std::string outcome;  // "allowed", "denied", "done", "failed"
  std::vector<std::pair<std::string, std::string>> fields;
};

// Where a log stands: pin it elsewhere to show later that nothing was cut off.
struct AuditHead {
  uint64_t sequence = 0;  // of the last line; 0 for an empty log
  crypto::Digest hash{};  // SHA-512 of the last line without its newline
};

// What components take, so that tests can pass a recording one.
class AuditSink {
 public:
  virtual ~AuditSink() = default;
  // If this fails, what was to be audited must not happen. Thread-safe.
  virtual absl::Status Append(const AuditEntry& entry) = 0;
};

// Thread-safe.
class AuditLog : public AuditSink {
 public:
  // Verifies the log as far as it goes (DataLoss, with the line number, if it was tampered with).
  // An unfinished last line, left by a crash before it counted, is cut off and the cut is logged.
  static absl::StatusOr<std::unique_ptr<AuditLog>> Open(FileSystem& fs, const std::string& path,
                                                        const Clock& clock);

  // On disk once it returns OK. After a failure to write, every later call fails too until the log
  // is opened anew, since the file's end is unknown.
  absl::Status Append(const AuditEntry& entry) override;
  AuditHead head() const;

 private:
  AuditLog(FileSystem& fs, std::string path, const Clock& clock)
      : fs_(fs), path_(std::move(path)), clock_(clock) {}

  FileSystem& fs_;
  const std::string path_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::unique_ptr<WritableFile> file_;
  AuditHead head_;
  absl::Status broken_;
};

// Checks a whole log: sequence numbers, chain, form. DataLoss names the first bad line.
absl::StatusOr<AuditHead> VerifyAuditLog(FileSystem& fs, const std::string& path);

}  // namespace raakvlak::common

#endif  // RAAKVLAK_SERVER_COMMON_AUDIT_H_
