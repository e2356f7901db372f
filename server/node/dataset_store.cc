#include "server/node/dataset_store.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "dataset/compared_records.h"
#include "dataset/schema.h"
#include "linkage/types/identifier_type.h"
#include "server/node/status_macros.h"

namespace raakvlak::node {
namespace {

constexpr std::size_t kMaxSchemaBytes = 64 * 1024;
constexpr std::size_t kMaxLabelBytes = 128 * 4;
constexpr char kMethod[] = "SubmitDataset";
constexpr char kSuffix[] = ".dataset";

constexpr const char* kMigrations[] = {
    common::kRequestIdsMigration,
    "CREATE TABLE dataset("
    " sequence INTEGER PRIMARY KEY AUTOINCREMENT, dataset_id TEXT NOT NULL UNIQUE,"
    " label TEXT NOT NULL, submitted_at INTEGER NOT NULL, records INTEGER NOT NULL,"
    " identifiers INTEGER NOT NULL, quality TEXT NOT NULL);"
    "CREATE TABLE source(one INTEGER PRIMARY KEY CHECK (one = 1), fingerprint TEXT NOT NULL);",
    "ALTER TABLE dataset ADD COLUMN schema TEXT NOT NULL DEFAULT '';"};

// What tells that a file changed, without reading it.
absl::StatusOr<std::string> Fingerprint(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    const int error = errno;
    std::string message =
        absl::StrCat("the configured source file ", path, ": ", std::strerror(error));
    return error == ENOENT ? absl::NotFoundError(message) : absl::FailedPreconditionError(message);
  }
  return absl::StrCat(path, "|", info.st_ino, "|", info.st_size, "|", info.st_mtim.tv_sec, ".",
                      info.st_mtim.tv_nsec);
}

DatasetInfo FromRow(const common::Statement& row) {
  DatasetInfo info;
  info.dataset_id = row.Text(0);
  info.label = row.Text(1);
  info.submitted_at = row.Integer(2);
  info.records = static_cast<std::uint64_t>(row.Integer(3));
  info.identifiers = static_cast<std::uint64_t>(row.Integer(4));
  return info;
}

std::string ToAnswer(const AcceptedDataset& accepted) {
  return nlohmann::json{
      {"id", accepted.info.dataset_id},           {"label", accepted.info.label},
      {"at", accepted.info.submitted_at},         {"records", accepted.info.records},
      {"identifiers", accepted.info.identifiers}, {"quality", accepted.quality_json}}
      .dump();
}

absl::StatusOr<AcceptedDataset> FromAnswer(const std::string& text) {
  nlohmann::json json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return absl::DataLossError("a kept answer cannot be read");
  AcceptedDataset accepted;
  accepted.info.dataset_id = json.value("id", "");
  accepted.info.label = json.value("label", "");
  accepted.info.submitted_at = json.value("at", std::int64_t{0});
  accepted.info.records = json.value("records", std::uint64_t{0});
  accepted.info.identifiers = json.value("identifiers", std::uint64_t{0});
  accepted.quality_json = json.value("quality", "");
  return accepted;
}

}  // namespace

// --- submission ----------------------------------------------------------------------------------

DatasetSubmission::~DatasetSubmission() {
  if (accepted_) return;
  // Closing an unfinished writer removes what it wrote; a finished file that was not accepted goes.
  writer_.reset();
  (void)store_.dependencies_.seal.fs->Remove(path_);
}

absl::Status DatasetSubmission::Push(std::string_view bytes) {
  hasher_.Update(crypto::AsBytes(bytes));
  StageTimer timer(store_.dependencies_.stages, Stage::kNormalising);
  return reader_->Push(bytes);
}

absl::Status DatasetSubmission::Take(const dataset::Record& record) {
  record_.record_id = record.record_id;
  record_.values.clear();
  for (const dataset::Value& value : record.values) {
    // Types that are not linkable serve inside compounds only.
    if (!linkage::Info(value.type).linkable) continue;
    record_.values.emplace_back(std::string(linkage::IdentifierTypeName(value.type)), value.value);
  }
  record_.compare = record.compare;
  absl::Status status = writer_->Add(record_);
  if (status.ok()) return status;
  return absl::Status(status.code(),
                      absl::StrCat(label_, ", row ", record.row, ": ", status.message()));
}

absl::StatusOr<AcceptedDataset> DatasetSubmission::Finish() {
  {
    StageTimer timer(store_.dependencies_.stages, Stage::kNormalising);
    NODE_RETURN_IF_ERROR(reader_->Finish());
  }
  if (writer_->records() == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(label_, ": none of its ", reader_->report().rows,
                     " rows gave a record with a usable value; nothing was taken in. `raak check` "
                     "shows what is wrong with each column"));
  }
  return store_.Accept(*this);
}

// --- store ---------------------------------------------------------------------------------------

DatasetStore::DatasetStore(const Dependencies& dependencies, std::string directory,
                           DatasetStoreOptions options, std::unique_ptr<common::Database> database)
    : dependencies_(dependencies),
      directory_(std::move(directory)),
      options_(options),
      database_(std::move(database)),
      request_ids_(*database_, *dependencies_.clock) {}

absl::StatusOr<std::unique_ptr<DatasetStore>> DatasetStore::Open(const Dependencies& dependencies,
                                                                 const std::string& directory,
                                                                 DatasetStoreOptions options) {
  if (options.keep < 1) return absl::InvalidArgumentError("at least one dataset must be kept");
  NODE_RETURN_IF_ERROR(dependencies.seal.fs->MakePrivateDirectory(directory));
  NODE_ASSIGN_OR_RETURN(auto database,
                        common::Database::Open(directory + "/datasets.db", kMigrations));
  std::unique_ptr<DatasetStore> store(
      new DatasetStore(dependencies, directory, options, std::move(database)));
  NODE_RETURN_IF_ERROR(store->RemoveOrphans());
  return store;
}

std::string DatasetStore::PathOf(std::string_view dataset_id) const {
  return absl::StrCat(directory_, "/", std::string(dataset_id), kSuffix);
}

absl::Status DatasetStore::RemoveOrphans() {
  NODE_ASSIGN_OR_RETURN(std::vector<DatasetInfo> known, List());
  std::set<std::string> files;
  for (const DatasetInfo& info : known) files.insert(info.dataset_id + kSuffix);
  NODE_ASSIGN_OR_RETURN(std::vector<std::string> names, dependencies_.seal.fs->List(directory_));
  for (const std::string& name : names) {
    if (name.find(kSuffix) == std::string::npos || files.contains(name)) continue;
    NODE_RETURN_IF_ERROR(dependencies_.seal.fs->Remove(directory_ + "/" + name));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<DatasetSubmission>> DatasetStore::Begin(std::string_view caller,
                                                                       std::string_view request_id,
                                                                       std::string_view schema,
                                                                       std::string_view label) {
  if (label.empty() || label.size() > kMaxLabelBytes) {
    return absl::InvalidArgumentError("a label of 1 to 128 characters is needed");
  }
  if (request_id.size() < 16 || request_id.size() > 64) {
    return absl::InvalidArgumentError("a request id has 16 to 64 bytes");
  }
  if (schema.size() > kMaxSchemaBytes) {
    return absl::InvalidArgumentError("the schema is larger than 64 KiB");
  }
  NODE_ASSIGN_OR_RETURN(dataset::Schema parsed, dataset::ParseSchema(schema, "schema"));

  std::unique_ptr<DatasetSubmission> submission(new DatasetSubmission(*this));
  DatasetSubmission* raw = submission.get();
  std::array<std::uint8_t, 8> id;
  dependencies_.seal.random->Fill(id);
  raw->dataset_id_ = crypto::ToHex(id);
  raw->caller_ = std::string(caller);
  raw->request_id_ = std::string(request_id);
  raw->label_ = std::string(label);
  raw->schema_ = std::string(schema);
  raw->path_ = PathOf(raw->dataset_id_);
  raw->hasher_.Update(crypto::Lp(label));
  raw->hasher_.Update(crypto::AsBytes(schema));
  raw->hasher_.Update(crypto::Bytes{0});
  NODE_ASSIGN_OR_RETURN(raw->writer_, DatasetFileWriter::Create(dependencies_.seal, raw->path_));
  dataset::ReaderOptions options;
  options.label = raw->label_;
  options.bsn_allowed = options_.bsn_allowed;
  raw->reader_ = std::make_unique<dataset::DatasetReader>(
      std::move(parsed), std::move(options),
      [raw](const dataset::Record& record) { return raw->Take(record); });
  return submission;
}

absl::StatusOr<AcceptedDataset> DatasetStore::Accept(DatasetSubmission& submission) {
  const crypto::Digest digest = submission.hasher_.Finish();
  AcceptedDataset accepted;
  accepted.info.dataset_id = submission.dataset_id_;
  accepted.info.label = submission.label_;
  accepted.info.submitted_at = dependencies_.clock->UnixSeconds();
  accepted.info.records = submission.writer_->records();
  accepted.info.identifiers = submission.writer_->identifiers();
  accepted.info.current = true;
  accepted.quality_json = submission.reader_->report().ToJson().dump();
  // The file first: a row in the database always has its file.
  NODE_RETURN_IF_ERROR(submission.writer_->Finish());

  common::Transaction transaction(*database_);
  NODE_ASSIGN_OR_RETURN(
      std::optional<std::string> before,
      request_ids_.Find(submission.caller_, kMethod, submission.request_id_, digest));
  if (before.has_value()) return FromAnswer(*before);
  NODE_RETURN_IF_ERROR(database_->Run(
      "INSERT INTO dataset(dataset_id, label, submitted_at, records, identifiers, quality, schema)"
      " VALUES (?, ?, ?, ?, ?, ?, ?)",
      accepted.info.dataset_id, accepted.info.label, accepted.info.submitted_at,
      accepted.info.records, accepted.info.identifiers, accepted.quality_json, submission.schema_));
  NODE_RETURN_IF_ERROR(request_ids_.Keep(submission.caller_, kMethod, submission.request_id_,
                                         digest, ToAnswer(accepted)));
  NODE_RETURN_IF_ERROR(transaction.Commit());
  submission.accepted_ = true;
  return accepted;
}

absl::StatusOr<std::vector<DatasetInfo>> DatasetStore::List() const {
  NODE_ASSIGN_OR_RETURN(
      auto row, database_->Query("SELECT dataset_id, label, submitted_at, records, identifiers"
                                 " FROM dataset ORDER BY sequence DESC"));
  std::vector<DatasetInfo> list;
  while (true) {
    NODE_ASSIGN_OR_RETURN(bool more, row.Step());
    if (!more) return list;
    list.push_back(FromRow(row));
    list.back().current = list.size() == 1;
  }
}

absl::StatusOr<std::optional<DatasetInfo>> DatasetStore::Current() const {
  NODE_ASSIGN_OR_RETURN(std::vector<DatasetInfo> list, List());
  if (list.empty()) return std::nullopt;
  return list.front();
}

absl::StatusOr<std::unique_ptr<DatasetFileReader>> DatasetStore::OpenDataset(
    std::string_view dataset_id) const {
  const std::string path = PathOf(dataset_id);
  if (!dependencies_.seal.fs->Exists(path)) {
    return absl::NotFoundError(
        absl::StrCat("dataset ", std::string(dataset_id), " is not there (any more)"));
  }
  return DatasetFileReader::Open(dependencies_.seal, path);
}

absl::StatusOr<dataset::Schema> DatasetStore::SchemaOf(std::string_view dataset_id) const {
  NODE_ASSIGN_OR_RETURN(
      auto row,
      database_->Query("SELECT schema FROM dataset WHERE dataset_id = ?", std::string(dataset_id)));
  NODE_ASSIGN_OR_RETURN(bool found, row.Step());
  if (!found) {
    return absl::NotFoundError(
        absl::StrCat("dataset ", std::string(dataset_id), " is not there (any more)"));
  }
  const std::string text = row.Text(0);
  if (text.empty()) {
    return absl::FailedPreconditionError(
        "the dataset was submitted to an earlier version of this program; submit it again");
  }
  return dataset::ParseSchema(text, "schema");
}

absl::StatusOr<linkage::RecordTable> DatasetStore::ReadCompared(std::string_view dataset_id,
                                                                const linkage::Profile& profile,
                                                                std::size_t max_rows,
                                                                const std::stop_token& stop) const {
  NODE_ASSIGN_OR_RETURN(dataset::Schema schema, SchemaOf(dataset_id));
  NODE_ASSIGN_OR_RETURN(auto reader, OpenDataset(dataset_id));
  dataset::ComparedRecords records(schema, profile);
  StoredRecord record;
  for (std::size_t row = 0; row < max_rows; ++row) {
    if (stop.stop_requested()) return absl::CancelledError("stopped");
    NODE_ASSIGN_OR_RETURN(bool more, reader->Next(record));
    if (!more) break;
    records.Add(record.compare);
  }
  return records.Take();
}

absl::Status DatasetStore::EraseOld(const std::set<std::string>& in_use) {
  NODE_RETURN_IF_ERROR(request_ids_.Sweep());
  NODE_ASSIGN_OR_RETURN(std::vector<DatasetInfo> list, List());
  for (std::size_t i = static_cast<std::size_t>(options_.keep); i < list.size(); ++i) {
    if (in_use.contains(list[i].dataset_id)) continue;
    NODE_RETURN_IF_ERROR(
        database_->Run("DELETE FROM dataset WHERE dataset_id = ?", list[i].dataset_id));
    NODE_RETURN_IF_ERROR(dependencies_.seal.fs->Remove(PathOf(list[i].dataset_id)));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> DatasetStore::RefreshFromSource(const std::string& path,
                                                     const std::string& schema_path,
                                                     const std::string& label,
                                                     const std::stop_token& stop) {
  std::lock_guard lock(source_mutex_);
  NODE_ASSIGN_OR_RETURN(std::string file_print, Fingerprint(path));
  NODE_ASSIGN_OR_RETURN(std::string schema_print, Fingerprint(schema_path));
  const std::string fingerprint = absl::StrCat(file_print, "\n", schema_print);
  {
    NODE_ASSIGN_OR_RETURN(auto row, database_->Query("SELECT fingerprint FROM source"));
    NODE_ASSIGN_OR_RETURN(bool found, row.Step());
    if (found && row.Text(0) == fingerprint) return false;
  }
  common::FileSystem& fs = *dependencies_.seal.fs;
  NODE_ASSIGN_OR_RETURN(std::string schema, common::ReadFile(fs, schema_path, kMaxSchemaBytes));
  std::string request_id(16, '\0');
  dependencies_.seal.random->Fill(
      std::span<std::uint8_t>(reinterpret_cast<std::uint8_t*>(request_id.data()), 16));
  NODE_ASSIGN_OR_RETURN(auto submission, Begin("self", request_id, schema, label));
  NODE_ASSIGN_OR_RETURN(auto file, fs.OpenRead(path));
  std::vector<std::uint8_t> buffer(std::size_t{256} << 10);
  while (true) {
    if (stop.stop_requested()) return absl::CancelledError("stopped");
    NODE_ASSIGN_OR_RETURN(std::size_t got, file->Read(buffer));
    if (got == 0) break;
    NODE_RETURN_IF_ERROR(
        submission->Push(std::string_view(reinterpret_cast<const char*>(buffer.data()), got)));
  }
  NODE_RETURN_IF_ERROR(submission->Finish().status());
  NODE_RETURN_IF_ERROR(
      database_->Run("INSERT OR REPLACE INTO source(one, fingerprint) VALUES (1, ?)", fingerprint));
  return true;
}

}  // namespace raakvlak::node
