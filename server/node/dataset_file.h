// A submitted dataset as a sealed, immutable file: the agency's record ids and normalised
// identifiers, in the order of the file. Nothing else of a dataset holds record ids or values.
//
// Each record: lp(record id) || u16 number of values || (lp(type name) || lp(value))*
//              || u16 number of compare fields || lp(raw text)*
#ifndef RAAKVLAK_SERVER_NODE_DATASET_FILE_H_
#define RAAKVLAK_SERVER_NODE_DATASET_FILE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/node/record_file.h"

namespace raakvlak::node {

// Longer values are no identifiers; a submission with one is refused.
inline constexpr std::size_t kMaxValueBytes = 4096;
// Records are numbered with four bytes.
inline constexpr std::uint64_t kMaxDatasetRecords = 0xFFFF'FFFF;

struct StoredRecord {
  std::string record_id;
  // Type name and normalised value.
  std::vector<std::pair<std::string, std::string>> values;
  // For fuzzy comparison, in the order of the schema.
  std::vector<std::string> compare;
};

// Not thread-safe.
class DatasetFileWriter {
 public:
  static absl::StatusOr<std::unique_ptr<DatasetFileWriter>> Create(const SealContext& seal,
                                                                   const std::string& path);
  // InvalidArgument for more than kMaxDatasetRecords, a value over kMaxValueBytes, a record id or
  // compare field over 65,535 bytes, or more than 65,535 values.
  absl::Status Add(const StoredRecord& record);
  absl::Status Finish();
  std::uint64_t records() const { return records_; }
  std::uint64_t identifiers() const { return identifiers_; }

 private:
  explicit DatasetFileWriter(std::unique_ptr<RecordFileWriter> file) : file_(std::move(file)) {}
  std::unique_ptr<RecordFileWriter> file_;
  std::uint64_t records_ = 0;
  std::uint64_t identifiers_ = 0;
};

// Not thread-safe.
class DatasetFileReader {
 public:
  static absl::StatusOr<std::unique_ptr<DatasetFileReader>> Open(const SealContext& seal,
                                                                 const std::string& path);
  // The next record, numbered from 0; false at the end.
  absl::StatusOr<bool> Next(StoredRecord& record);

 private:
  explicit DatasetFileReader(std::unique_ptr<RecordFileReader> file) : file_(std::move(file)) {}
  std::unique_ptr<RecordFileReader> file_;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_DATASET_FILE_H_
