// The datasets that stewards submit: each a sealed, immutable file (dataset_file.h) and a row in
// SQLite. A submission becomes the current dataset in one step when the whole of it has been
// accepted; until then, and if it is refused, the one before stays. Old datasets are erased.
#ifndef RAAKVLAK_SERVER_NODE_DATASET_STORE_H_
#define RAAKVLAK_SERVER_NODE_DATASET_STORE_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/base/hash.h"
#include "dataset/reader.h"
#include "dataset/schema.h"
#include "linkage/score/profile.h"
#include "server/common/clock.h"
#include "server/common/request_ids.h"
#include "server/common/sqlite.h"
#include "server/node/dataset_file.h"
#include "server/node/stage_clock.h"

namespace raakvlak::node {

struct DatasetInfo {
  std::string dataset_id;
  std::string label;
  std::int64_t submitted_at = 0;  // Unix seconds
  std::uint64_t records = 0;
  std::uint64_t identifiers = 0;
  bool current = false;
};

struct AcceptedDataset {
  DatasetInfo info;
  std::string quality_json;
};

struct DatasetStoreOptions {
  // Datasets kept, the current one included; at least 1.
  int keep = 3;
  // The partnership has turned the BSN on.
  bool bsn_allowed = false;
};

class DatasetStore;

// One submission on its way. Not thread-safe. Going away without Finish() leaves nothing behind.
class DatasetSubmission {
 public:
  ~DatasetSubmission();
  // The next bytes of the file. Errors (InvalidArgument) name label, row, column and remedy; they
  // are final.
  absl::Status Push(std::string_view bytes);
  // The file has ended. Current once it returns OK. The answer given before if this very
  // submission (request id, label, schema, bytes) was accepted before; AlreadyExists if the
  // request id was used for another one; InvalidArgument if nothing in the file can be used.
  absl::StatusOr<AcceptedDataset> Finish();

 private:
  friend class DatasetStore;
  explicit DatasetSubmission(DatasetStore& store) : store_(store) {}
  absl::Status Take(const dataset::Record& record);

  DatasetStore& store_;
  std::string dataset_id_;
  std::string caller_;
  std::string request_id_;
  std::string label_;
  std::string schema_;
  std::string path_;
  crypto::Sha512Hasher hasher_;
  std::unique_ptr<DatasetFileWriter> writer_;
  std::unique_ptr<dataset::DatasetReader> reader_;
  StoredRecord record_;
  bool accepted_ = false;
};

// Thread-safe.
class DatasetStore {
 public:
  struct Dependencies {
    SealContext seal;  // with the node's wrapping key
    const common::Clock* clock = nullptr;
    StageClock* stages = nullptr;  // may be null
  };
  // `directory` is made if needed. Files of submissions that were never accepted are removed.
  static absl::StatusOr<std::unique_ptr<DatasetStore>> Open(const Dependencies& dependencies,
                                                            const std::string& directory,
                                                            DatasetStoreOptions options);

  // `caller`: the certificate identity that submits. InvalidArgument for a schema, label or request
  // id that will not do. The store must outlive the submission.
  absl::StatusOr<std::unique_ptr<DatasetSubmission>> Begin(std::string_view caller,
                                                           std::string_view request_id,
                                                           std::string_view schema,
                                                           std::string_view label);

  // Newest first.
  absl::StatusOr<std::vector<DatasetInfo>> List() const;
  // nullopt before the first submission.
  absl::StatusOr<std::optional<DatasetInfo>> Current() const;
  // NotFound for a dataset that is not there (any more).
  absl::StatusOr<std::unique_ptr<DatasetFileReader>> OpenDataset(std::string_view dataset_id) const;
  // As it was submitted. FailedPrecondition for a dataset of before schemas were kept.
  absl::StatusOr<dataset::Schema> SchemaOf(std::string_view dataset_id) const;
  // The values of the first `max_rows` records that fuzzy linking under `profile` compares, rows
  // numbered as the dataset's records. Fields without a column are empty. Cancelled once `stop` is
  // requested.
  absl::StatusOr<linkage::RecordTable> ReadCompared(std::string_view dataset_id,
                                                    const linkage::Profile& profile,
                                                    std::size_t max_rows,
                                                    const std::stop_token& stop = {}) const;
  // Erases all but the newest `keep` and those in `in_use`.
  absl::Status EraseOld(const std::set<std::string>& in_use);

  // Submits the configured source file if it or its schema changed since it was last taken in.
  // True if there is a new dataset. Errors name the file. Cancelled once `stop` is requested; no
  // dataset comes of it then.
  absl::StatusOr<bool> RefreshFromSource(const std::string& path, const std::string& schema_path,
                                         const std::string& label,
                                         const std::stop_token& stop = {});

 private:
  friend class DatasetSubmission;
  DatasetStore(const Dependencies& dependencies, std::string directory, DatasetStoreOptions options,
               std::unique_ptr<common::Database> database);
  std::string PathOf(std::string_view dataset_id) const;
  absl::Status RemoveOrphans();
  absl::StatusOr<AcceptedDataset> Accept(DatasetSubmission& submission);

  const Dependencies dependencies_;
  const std::string directory_;
  const DatasetStoreOptions options_;
  const std::unique_ptr<common::Database> database_;
  common::RequestIds request_ids_;
  std::mutex source_mutex_;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_DATASET_STORE_H_
