// What a node keeps of its runs over a restart (SQLite, durable): where each attempt is, its
// manifest and purpose, the dataset it reads, the chunk numbers it has used up, what the matcher
// stated and which counterparts confirmed. No secret, tag, identifier or record id.
#ifndef RAAKVLAK_SERVER_NODE_RUN_JOURNAL_H_
#define RAAKVLAK_SERVER_NODE_RUN_JOURNAL_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "raakvlak/v1/submission.pb.h"
#include "server/common/sqlite.h"
#include "server/node/run_machine.h"

namespace raakvlak::node {

struct JournaledRun {
  RunRecord record;
  std::string manifest;         // bytes
  std::string purpose;          // serialised SignedDocument
  std::string run_id;           // "<purpose>-<counter>"
  std::string dataset_id;       // empty until the first step that reads it
  std::int64_t created_at = 0;  // of the manifest
};

struct FinishedRun {
  std::string run_id;
  std::string manifest_hash;
  std::string matches_path;
  std::int64_t finished_at = 0;
  // The purpose's end: the matches are destroyed then.
  std::int64_t keep_until = 0;
};

// Thread-safe. Every change is durable once it returns OK.
class RunJournal {
 public:
  static absl::StatusOr<std::unique_ptr<RunJournal>> Open(const std::string& path);

  // False if the attempt is known already; then nothing changes.
  absl::StatusOr<bool> Add(const JournaledRun& run);
  absl::Status Save(const RunRecord& record);
  absl::Status SetDataset(std::string_view manifest_hash, std::string_view dataset_id);
  absl::StatusOr<std::optional<JournaledRun>> Find(std::string_view manifest_hash) const;
  // Those that have not ended, oldest first.
  absl::StatusOr<std::vector<JournaledRun>> Open() const;
  // Datasets that runs which have not ended read.
  absl::StatusOr<std::set<std::string>> DatasetsInUse() const;

  // The next `count` chunk numbers of a run and type; never given out again.
  absl::StatusOr<std::uint64_t> ReserveChunks(std::string_view manifest_hash,
                                              std::string_view identifier_type,
                                              std::uint64_t count);

  // What the matcher signed: kept as evidence.
  absl::Status KeepStatement(std::string_view manifest_hash, std::string_view identifier_type,
                             std::string_view counterpart, const v1::SignedPayload& statement);
  // The overlaps of a type are all in.
  absl::Status MarkOverlapFetched(std::string_view manifest_hash, std::string_view identifier_type);
  absl::StatusOr<bool> OverlapFetched(std::string_view manifest_hash,
                                      std::string_view identifier_type) const;
  // The outcome of a comparison.
  absl::Status SetConfirmation(std::string_view manifest_hash, std::string_view identifier_type,
                               std::string_view counterpart, bool equal);
  // nullopt: not compared yet.
  absl::StatusOr<std::optional<bool>> Confirmation(std::string_view manifest_hash,
                                                   std::string_view identifier_type,
                                                   std::string_view counterpart) const;

  // The run's own matches are on disk; they show once the run has finished.
  absl::Status AddFinished(const FinishedRun& run);
  // Newest first.
  absl::StatusOr<std::vector<FinishedRun>> Finished() const;
  absl::Status RemoveFinished(std::string_view manifest_hash);

  // The epoch that a ceremony asked for under this request id made, if it has been held.
  absl::StatusOr<std::optional<std::uint64_t>> CeremonyOf(std::string_view request_id) const;
  absl::Status KeepCeremony(std::string_view request_id, std::uint64_t epoch);

 private:
  explicit RunJournal(std::unique_ptr<common::Database> database)
      : database_(std::move(database)) {}
  const std::unique_ptr<common::Database> database_;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_RUN_JOURNAL_H_
