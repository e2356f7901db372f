// SQL of the journal.
#include "server/matcher/run_journal.h"

#include <array>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "crypto/base/bytes.h"
#include "server/common/request_ids.h"

namespace raakvlak::matcher {
namespace {

using common::Statement;
using crypto::AsBytes;

constexpr char kFirstSchema[] =
    "CREATE TABLE purposes("
    " purpose_id TEXT PRIMARY KEY, version INTEGER NOT NULL, not_after INTEGER NOT NULL,"
    " document BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE runs("
    " number INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE, purpose_id TEXT NOT NULL,"
    " counter INTEGER NOT NULL, started_by TEXT NOT NULL, started_at INTEGER NOT NULL,"
    " ended_at INTEGER NOT NULL, purpose_document BLOB NOT NULL, manifest BLOB NOT NULL,"
    " manifest_hash BLOB NOT NULL, phase INTEGER NOT NULL, attempt INTEGER NOT NULL,"
    " agencies INTEGER NOT NULL, tags_in TEXT NOT NULL, records_in INTEGER NOT NULL,"
    " references_in INTEGER NOT NULL, reason TEXT NOT NULL, erased INTEGER NOT NULL,"
    " warnings TEXT NOT NULL, UNIQUE (purpose_id, counter));"
    "CREATE TABLE attempts("
    " manifest_hash BLOB PRIMARY KEY, run_id TEXT NOT NULL, manifest BLOB NOT NULL,"
    " purpose_document BLOB NOT NULL, phase INTEGER NOT NULL, reason TEXT NOT NULL,"
    " ended_at INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX attempts_ended ON attempts(ended_at);"
    "CREATE TABLE uploads("
    " manifest_hash BLOB NOT NULL, agency_id TEXT NOT NULL, what TEXT NOT NULL,"
    " count INTEGER NOT NULL, digest BLOB NOT NULL,"
    " PRIMARY KEY (manifest_hash, agency_id, what)) WITHOUT ROWID;"
    "CREATE TABLE unconfirmed("
    " manifest_hash BLOB NOT NULL, agency_id TEXT NOT NULL, counterpart TEXT NOT NULL,"
    " identifier_type TEXT NOT NULL,"
    " PRIMARY KEY (manifest_hash, agency_id, counterpart, identifier_type)) WITHOUT ROWID;"
    "CREATE TABLE reports("
    " run_id TEXT NOT NULL, number INTEGER NOT NULL, chunk BLOB NOT NULL,"
    " PRIMARY KEY (run_id, number)) WITHOUT ROWID;"
    "CREATE TABLE seen("
    " purpose_id TEXT NOT NULL, reference TEXT NOT NULL, first_seen INTEGER NOT NULL,"
    " last_seen INTEGER NOT NULL, PRIMARY KEY (purpose_id, reference)) WITHOUT ROWID;"
    "CREATE TABLE schedule_marks("
    " name TEXT PRIMARY KEY, time INTEGER NOT NULL) WITHOUT ROWID;";

constexpr char kBlocksMigration[] =
    "ALTER TABLE runs ADD COLUMN encodings_in INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE runs ADD COLUMN links_blocks INTEGER NOT NULL DEFAULT 0;";

constexpr char kLeftOutMigration[] =
    "ALTER TABLE runs ADD COLUMN left_out TEXT NOT NULL DEFAULT '';";

constexpr std::array<const char*, 4> kMigrations = {kFirstSchema, common::kRequestIdsMigration,
                                                    kBlocksMigration, kLeftOutMigration};

constexpr char kRunColumns[] =
    "SELECT run_id, purpose_id, counter, started_by, started_at, ended_at, purpose_document,"
    " manifest, manifest_hash, phase, attempt, agencies, tags_in, records_in, references_in,"
    " reason, erased, warnings, encodings_in, links_blocks, left_out FROM runs ";

std::string FormatMasks(const std::vector<AgencyMask>& masks) { return absl::StrJoin(masks, ","); }

absl::StatusOr<std::vector<AgencyMask>> ParseMasks(const std::string& text) {
  std::vector<AgencyMask> masks;
  for (absl::string_view part : absl::StrSplit(text, ',')) {
    AgencyMask mask = 0;
    if (!absl::SimpleAtoi(part, &mask)) {
      return absl::DataLossError("the journal holds a bad list of agencies");
    }
    masks.push_back(mask);
  }
  return masks;
}

// A line an agency: its id, the attempt, the reason.
std::string FormatLeftOut(const std::vector<LeftOut>& agencies) {
  return absl::StrJoin(agencies, "\n", [](std::string* out, const LeftOut& agency) {
    absl::StrAppend(out, agency.agency_id, " ", agency.after_attempt, " ", agency.reason);
  });
}

absl::StatusOr<std::vector<LeftOut>> ParseLeftOut(const std::string& text) {
  std::vector<LeftOut> agencies;
  for (absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> parts = absl::StrSplit(line, absl::MaxSplits(' ', 2));
    LeftOut agency;
    if (parts.size() != 3 || !absl::SimpleAtoi(parts[1], &agency.after_attempt)) {
      return absl::DataLossError("the journal holds a bad list of agencies left out");
    }
    agency.agency_id = parts[0];
    agency.reason = parts[2];
    agencies.push_back(std::move(agency));
  }
  return agencies;
}

absl::StatusOr<RunRow> ReadRun(const Statement& row) {
  RunRow run;
  run.run_id = row.Text(0);
  run.purpose_id = row.Text(1);
  run.counter = static_cast<std::uint64_t>(row.Integer(2));
  run.started_by = row.Text(3);
  run.started_at = row.Integer(4);
  run.ended_at = row.Integer(5);
  run.purpose_document = row.Blob(6);
  run.manifest = row.Blob(7);
  run.manifest_hash = row.Blob(8);
  const std::int64_t phase = row.Integer(9);
  if (phase < 1 || phase > 10) return absl::DataLossError("the journal holds a bad run state");
  run.status.phase = static_cast<Phase>(phase);
  run.status.attempt = static_cast<std::uint32_t>(row.Integer(10));
  run.status.agencies = static_cast<int>(row.Integer(11));
  absl::StatusOr<std::vector<AgencyMask>> tags_in = ParseMasks(row.Text(12));
  if (!tags_in.ok()) return tags_in.status();
  run.status.tags_in = *std::move(tags_in);
  run.status.records_in = static_cast<AgencyMask>(row.Integer(13));
  run.status.references_in = static_cast<AgencyMask>(row.Integer(14));
  run.status.reason = row.Text(15);
  run.status.erased = row.Integer(16) != 0;
  if (const std::string warnings = row.Text(17); !warnings.empty()) {
    run.warnings = absl::StrSplit(warnings, '\n');
  }
  run.status.encodings_in = static_cast<AgencyMask>(row.Integer(18));
  run.status.links_blocks = row.Integer(19) != 0;
  absl::StatusOr<std::vector<LeftOut>> left_out = ParseLeftOut(row.Text(20));
  if (!left_out.ok()) return left_out.status();
  run.left_out = *std::move(left_out);
  return run;
}

}  // namespace

std::string Describe(const LeftOut& agency) {
  return agency.after_attempt == 0
             ? absl::StrCat(agency.agency_id, " took no part: ", agency.reason)
             : absl::StrCat(agency.agency_id, " was left out after attempt ", agency.after_attempt,
                            ": ", agency.reason);
}

std::span<const char* const> JournalMigrations() { return kMigrations; }

absl::Status RunJournal::PutPurpose(const PurposeRow& purpose) {
  return db_.Run("INSERT OR REPLACE INTO purposes VALUES (?, ?, ?, ?)", purpose.purpose_id,
                 purpose.version, purpose.not_after, AsBytes(purpose.document));
}

absl::StatusOr<std::vector<PurposeRow>> RunJournal::Purposes() {
  absl::StatusOr<Statement> rows = db_.Query(
      "SELECT purpose_id, version, not_after, document FROM purposes ORDER BY purpose_id");
  if (!rows.ok()) return rows.status();
  std::vector<PurposeRow> purposes;
  while (true) {
    absl::StatusOr<bool> more = rows->Step();
    if (!more.ok()) return more.status();
    if (!*more) return purposes;
    purposes.push_back({rows->Text(0), static_cast<std::uint64_t>(rows->Integer(1)),
                        rows->Integer(2), rows->Blob(3)});
  }
}

absl::StatusOr<std::uint64_t> RunJournal::NextCounter(std::string_view purpose_id) {
  absl::StatusOr<Statement> row =
      db_.Query("SELECT COALESCE(MAX(counter), 0) FROM runs WHERE purpose_id = ?", purpose_id);
  if (!row.ok()) return row.status();
  if (absl::StatusOr<bool> more = row->Step(); !more.ok()) return more.status();
  return static_cast<std::uint64_t>(row->Integer(0)) + 1;
}

absl::Status RunJournal::InsertRun(const RunRow& run) {
  return db_.Run(
      "INSERT INTO runs(run_id, purpose_id, counter, started_by, started_at, ended_at,"
      " purpose_document, manifest, manifest_hash, phase, attempt, agencies, tags_in, records_in,"
      " references_in, reason, erased, warnings, encodings_in, links_blocks, left_out)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      run.run_id, run.purpose_id, run.counter, run.started_by, run.started_at, run.ended_at,
      AsBytes(run.purpose_document), AsBytes(run.manifest), AsBytes(run.manifest_hash),
      static_cast<int>(run.status.phase), run.status.attempt, run.status.agencies,
      FormatMasks(run.status.tags_in), run.status.records_in, run.status.references_in,
      run.status.reason, run.status.erased, absl::StrJoin(run.warnings, "\n"),
      run.status.encodings_in, run.status.links_blocks, FormatLeftOut(run.left_out));
}

absl::Status RunJournal::UpdateRun(const RunRow& run) {
  return db_.Run(
      "UPDATE runs SET ended_at = ?, manifest = ?, manifest_hash = ?, phase = ?, attempt = ?,"
      " agencies = ?, tags_in = ?, records_in = ?, references_in = ?, reason = ?, erased = ?,"
      " warnings = ?, encodings_in = ?, left_out = ? WHERE run_id = ?",
      run.ended_at, AsBytes(run.manifest), AsBytes(run.manifest_hash),
      static_cast<int>(run.status.phase), run.status.attempt, run.status.agencies,
      FormatMasks(run.status.tags_in), run.status.records_in, run.status.references_in,
      run.status.reason, run.status.erased, absl::StrJoin(run.warnings, "\n"),
      run.status.encodings_in, FormatLeftOut(run.left_out), run.run_id);
}

absl::StatusOr<std::vector<RunRow>> RunJournal::Select(std::string_view where,
                                                       std::int64_t parameter) {
  absl::StatusOr<Statement> rows =
      db_.Query(absl::StrCat(kRunColumns, std::string(where)), parameter);
  if (!rows.ok()) return rows.status();
  std::vector<RunRow> runs;
  while (true) {
    absl::StatusOr<bool> more = rows->Step();
    if (!more.ok()) return more.status();
    if (!*more) return runs;
    absl::StatusOr<RunRow> run = ReadRun(*rows);
    if (!run.ok()) return run.status();
    runs.push_back(*std::move(run));
  }
}

absl::StatusOr<std::optional<RunRow>> RunJournal::GetRun(std::string_view run_id) {
  absl::StatusOr<Statement> row = db_.Query(absl::StrCat(kRunColumns, "WHERE run_id = ?"), run_id);
  if (!row.ok()) return row.status();
  absl::StatusOr<bool> more = row->Step();
  if (!more.ok()) return more.status();
  if (!*more) return std::optional<RunRow>();
  absl::StatusOr<RunRow> run = ReadRun(*row);
  if (!run.ok()) return run.status();
  return std::optional<RunRow>(*std::move(run));
}

absl::StatusOr<std::vector<RunRow>> RunJournal::ListRuns(std::uint32_t limit) {
  return Select("ORDER BY number DESC LIMIT ?", limit);
}

absl::StatusOr<std::vector<RunRow>> RunJournal::UnfinishedRuns() {
  static_assert(static_cast<int>(Phase::kDone) == 6 && static_cast<int>(Phase::kFailed) == 7 &&
                static_cast<int>(Phase::kCancelled) == 8);
  return Select("WHERE phase NOT IN (?, 7, 8) OR erased = 0 ORDER BY number",
                static_cast<std::int64_t>(Phase::kDone));
}

absl::Status RunJournal::InsertAttempt(const AttemptRow& attempt) {
  return db_.Run("INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?)",
                 AsBytes(attempt.manifest_hash), attempt.run_id, AsBytes(attempt.manifest),
                 AsBytes(attempt.purpose_document), static_cast<int>(attempt.phase), attempt.reason,
                 attempt.ended_at);
}

absl::StatusOr<std::vector<AttemptRow>> RunJournal::AttemptsEndedSince(std::int64_t time) {
  absl::StatusOr<Statement> rows = db_.Query(
      "SELECT run_id, manifest, manifest_hash, purpose_document, phase, reason, ended_at"
      " FROM attempts WHERE ended_at >= ? ORDER BY ended_at",
      time);
  if (!rows.ok()) return rows.status();
  std::vector<AttemptRow> attempts;
  while (true) {
    absl::StatusOr<bool> more = rows->Step();
    if (!more.ok()) return more.status();
    if (!*more) return attempts;
    attempts.push_back({rows->Text(0), rows->Blob(1), rows->Blob(2), rows->Blob(3),
                        static_cast<Phase>(rows->Integer(4)), rows->Text(5), rows->Integer(6)});
  }
}

absl::Status RunJournal::InsertUpload(const UploadRow& upload) {
  return db_.Run("INSERT INTO uploads VALUES (?, ?, ?, ?, ?)", AsBytes(upload.manifest_hash),
                 upload.agency_id, upload.what, upload.count, AsBytes(upload.digest));
}

absl::StatusOr<std::optional<UploadRow>> RunJournal::FindUpload(std::string_view manifest_hash,
                                                                std::string_view agency_id,
                                                                std::string_view what) {
  absl::StatusOr<Statement> row = db_.Query(
      "SELECT count, digest FROM uploads WHERE manifest_hash = ? AND agency_id = ? AND what = ?",
      AsBytes(manifest_hash), agency_id, what);
  if (!row.ok()) return row.status();
  absl::StatusOr<bool> more = row->Step();
  if (!more.ok()) return more.status();
  if (!*more) return std::optional<UploadRow>();
  return std::optional<UploadRow>(
      UploadRow{std::string(manifest_hash), std::string(agency_id), std::string(what),
                static_cast<std::uint64_t>(row->Integer(0)), row->Blob(1)});
}

absl::Status RunJournal::InsertUnconfirmed(std::string_view manifest_hash,
                                           const UnconfirmedRow& row) {
  return db_.Run("INSERT INTO unconfirmed VALUES (?, ?, ?, ?)", AsBytes(manifest_hash),
                 row.agency_id, row.counterpart, row.identifier_type);
}

absl::StatusOr<std::vector<UnconfirmedRow>> RunJournal::Unconfirmed(
    std::string_view manifest_hash) {
  absl::StatusOr<Statement> rows = db_.Query(
      "SELECT agency_id, counterpart, identifier_type FROM unconfirmed WHERE manifest_hash = ?"
      " ORDER BY agency_id, counterpart, identifier_type",
      AsBytes(manifest_hash));
  if (!rows.ok()) return rows.status();
  std::vector<UnconfirmedRow> found;
  while (true) {
    absl::StatusOr<bool> more = rows->Step();
    if (!more.ok()) return more.status();
    if (!*more) return found;
    found.push_back({rows->Text(0), rows->Text(1), rows->Text(2)});
  }
}

absl::Status RunJournal::InsertReportChunk(std::string_view run_id, std::uint64_t number,
                                           crypto::ByteView chunk) {
  return db_.Run("INSERT INTO reports VALUES (?, ?, ?)", run_id, number, chunk);
}

absl::StatusOr<std::uint64_t> RunJournal::ReportChunks(std::string_view run_id) {
  absl::StatusOr<Statement> row =
      db_.Query("SELECT COUNT(*) FROM reports WHERE run_id = ?", run_id);
  if (!row.ok()) return row.status();
  if (absl::StatusOr<bool> more = row->Step(); !more.ok()) return more.status();
  return static_cast<std::uint64_t>(row->Integer(0));
}

absl::StatusOr<std::string> RunJournal::ReportChunk(std::string_view run_id, std::uint64_t number) {
  absl::StatusOr<Statement> row =
      db_.Query("SELECT chunk FROM reports WHERE run_id = ? AND number = ?", run_id, number);
  if (!row.ok()) return row.status();
  absl::StatusOr<bool> more = row->Step();
  if (!more.ok()) return more.status();
  if (!*more) return absl::NotFoundError("the report has been destroyed");
  return row->Blob(0);
}

absl::Status RunJournal::EraseReport(std::string_view run_id) {
  return db_.Run("DELETE FROM reports WHERE run_id = ?", run_id);
}

absl::StatusOr<std::vector<std::optional<SeenTimes>>> RunJournal::Seen(
    std::string_view purpose_id, std::span<const std::string_view> references) {
  std::vector<std::optional<SeenTimes>> seen;
  seen.reserve(references.size());
  common::Transaction transaction(db_);
  for (const std::string_view reference : references) {
    absl::StatusOr<Statement> row =
        db_.Query("SELECT first_seen, last_seen FROM seen WHERE purpose_id = ? AND reference = ?",
                  purpose_id, reference);
    if (!row.ok()) return row.status();
    absl::StatusOr<bool> more = row->Step();
    if (!more.ok()) return more.status();
    seen.push_back(*more ? std::optional(SeenTimes{row->Integer(0), row->Integer(1)})
                         : std::nullopt);
  }
  if (absl::Status s = transaction.Commit(); !s.ok()) return s;
  return seen;
}

absl::Status RunJournal::MarkSeen(std::string_view purpose_id, std::string_view reference,
                                  std::int64_t time) {
  return db_.Run(
      "INSERT INTO seen VALUES (?1, ?2, ?3, ?3) ON CONFLICT (purpose_id, reference)"
      " DO UPDATE SET last_seen = MAX(last_seen, ?3)",
      purpose_id, reference, time);
}

absl::StatusOr<bool> RunJournal::EraseOfPurpose(std::string_view purpose_id) {
  common::Transaction transaction(db_);
  if (absl::Status s = db_.Run(
          "DELETE FROM reports WHERE run_id IN (SELECT run_id FROM runs WHERE purpose_id = ?)",
          purpose_id);
      !s.ok()) {
    return s;
  }
  std::int64_t erased = db_.changes();
  if (absl::Status s = db_.Run("DELETE FROM seen WHERE purpose_id = ?", purpose_id); !s.ok()) {
    return s;
  }
  erased += db_.changes();
  if (absl::Status s = transaction.Commit(); !s.ok()) return s;
  return erased > 0;
}

absl::StatusOr<std::int64_t> RunJournal::ScheduleMark(std::string_view name) {
  absl::StatusOr<Statement> row = db_.Query("SELECT time FROM schedule_marks WHERE name = ?", name);
  if (!row.ok()) return row.status();
  absl::StatusOr<bool> more = row->Step();
  if (!more.ok()) return more.status();
  return *more ? row->Integer(0) : 0;
}

absl::Status RunJournal::SetScheduleMark(std::string_view name, std::int64_t time) {
  return db_.Run("INSERT OR REPLACE INTO schedule_marks VALUES (?, ?)", name, time);
}

}  // namespace raakvlak::matcher
