// The journal of the matcher: purposes, runs and their attempts, what was uploaded, reports, and
// when a reference was first and last seen. Tags, records and pairs are never in here; they are
// files of the run directory (run_directory.h).
#ifndef RAAKVLAK_SERVER_MATCHER_RUN_JOURNAL_H_
#define RAAKVLAK_SERVER_MATCHER_RUN_JOURNAL_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/base/bytes.h"
#include "raakvlak/v1/authority.pb.h"
#include "server/common/sqlite.h"
#include "server/matcher/run_machine.h"

namespace raakvlak::matcher {

// An agency of the purpose that has no part in the run's attempt.
struct LeftOut {
  std::string agency_id;
  // The attempt after which it was left out; 0 when it was not there as the run started.
  std::uint32_t after_attempt = 0;
  // For people; one line.
  std::string reason;

  friend bool operator==(const LeftOut&, const LeftOut&) = default;
};
// One sentence for people.
std::string Describe(const LeftOut& agency);

// The schema, for Database::Open.
std::span<const char* const> JournalMigrations();

struct RunRow {
  std::string run_id;
  std::string purpose_id;
  std::uint64_t counter = 0;
  // "coordinator" or "schedule".
  std::string started_by;
  std::int64_t started_at = 0;
  std::int64_t ended_at = 0;
  // The signed purpose as it was when the run started.
  std::string purpose_document;
  std::string manifest;
  std::string manifest_hash;
  RunStatus status;
  // In the order they were left out.
  std::vector<LeftOut> left_out;
  // For the report: values that were skipped and the like.
  std::vector<std::string> warnings;
};

// An attempt that is over, though its run may go on.
struct AttemptRow {
  std::string run_id;
  std::string manifest;
  std::string manifest_hash;
  std::string purpose_document;
  Phase phase = Phase::kFailed;
  std::string reason;
  std::int64_t ended_at = 0;
};

// What an agency handed in, so that the same again is recognised.
struct UploadRow {
  std::string manifest_hash;
  std::string agency_id;
  // "tags:<type>", "records", "encodings", "references".
  std::string what;
  std::uint64_t count = 0;
  std::string digest;
};

struct UnconfirmedRow {
  std::string agency_id;
  std::string counterpart;
  std::string identifier_type;
};

struct PurposeRow {
  std::string purpose_id;
  std::uint64_t version = 0;
  std::int64_t not_after = 0;
  std::string document;
};

struct SeenTimes {
  std::int64_t first_seen = 0;
  std::int64_t last_seen = 0;
};

// A thin layer over the database; thread-safe as that is. Wrap several calls in a Transaction.
class RunJournal {
 public:
  explicit RunJournal(common::Database& database) : db_(database) {}

  common::Database& database() { return db_; }

  absl::Status PutPurpose(const PurposeRow& purpose);
  absl::StatusOr<std::vector<PurposeRow>> Purposes();

  // One more than the largest of the purpose's runs so far.
  absl::StatusOr<std::uint64_t> NextCounter(std::string_view purpose_id);
  absl::Status InsertRun(const RunRow& run);
  // Everything but what never changes.
  absl::Status UpdateRun(const RunRow& run);
  absl::StatusOr<std::optional<RunRow>> GetRun(std::string_view run_id);
  // Newest first.
  absl::StatusOr<std::vector<RunRow>> ListRuns(std::uint32_t limit);
  // Runs that have not ended, or whose files have not been erased.
  absl::StatusOr<std::vector<RunRow>> UnfinishedRuns();

  absl::Status InsertAttempt(const AttemptRow& attempt);
  absl::StatusOr<std::vector<AttemptRow>> AttemptsEndedSince(std::int64_t time);

  absl::Status InsertUpload(const UploadRow& upload);
  absl::StatusOr<std::optional<UploadRow>> FindUpload(std::string_view manifest_hash,
                                                      std::string_view agency_id,
                                                      std::string_view what);
  absl::Status InsertUnconfirmed(std::string_view manifest_hash, const UnconfirmedRow& row);
  absl::StatusOr<std::vector<UnconfirmedRow>> Unconfirmed(std::string_view manifest_hash);

  // A report is a header and chunks of matches, each a serialised v1::ReportChunk.
  absl::Status InsertReportChunk(std::string_view run_id, std::uint64_t number,
                                 crypto::ByteView chunk);
  absl::StatusOr<std::uint64_t> ReportChunks(std::string_view run_id);
  absl::StatusOr<std::string> ReportChunk(std::string_view run_id, std::uint64_t number);
  absl::Status EraseReport(std::string_view run_id);

  // One for each reference; looked up together, since each look-up alone locks the file and reads
  // whether it was changed.
  absl::StatusOr<std::vector<std::optional<SeenTimes>>> Seen(
      std::string_view purpose_id, std::span<const std::string_view> references);
  // Keeps the first time when the reference was seen before.
  absl::Status MarkSeen(std::string_view purpose_id, std::string_view reference, std::int64_t time);
  // Reports and references of a purpose that has expired. True if there was anything.
  absl::StatusOr<bool> EraseOfPurpose(std::string_view purpose_id);

  // When a schedule entry last started (or gave up) a run; 0 for never.
  absl::StatusOr<std::int64_t> ScheduleMark(std::string_view name);
  absl::Status SetScheduleMark(std::string_view name, std::int64_t time);

 private:
  absl::StatusOr<std::vector<RunRow>> Select(std::string_view where, std::int64_t parameter);

  common::Database& db_;
};

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_RUN_JOURNAL_H_
