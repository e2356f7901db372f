// From the bytes of a CSV file to records of normalised identifiers, with a quality report on the
// way.
//
// Sans-IO: the caller reads the file. Memory is bounded: one row, the report's samples, and
// fixed-size fingerprints of record ids and values for finding duplicates (ReaderOptions). Not
// thread safe.
#ifndef RAAKVLAK_DATASET_READER_H_
#define RAAKVLAK_DATASET_READER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "dataset/quality_report.h"
#include "dataset/schema.h"
#include "linkage/types/identifier_type.h"

namespace raakvlak::dataset {

struct Value {
  linkage::IdentifierType type = linkage::IdentifierType::kKvk;
  std::string value;  // normalised

  auto operator<=>(const Value&) const = default;
};

struct Record {
  std::string record_id;             // the agency's own; never leaves the node
  std::uint64_t row = 0;             // as CsvRow counts
  std::vector<Value> values;         // sorted, no value twice; includes the alternatives of names
  std::vector<std::string> compare;  // raw UTF-8, one for each of Schema::compare
};

struct ReaderOptions {
  std::string label = "input";                 // what errors and the report call the file
  std::size_t sample_rows = 10;                // rows kept of each kind of problem
  std::size_t max_tracked_ids = 10'000'000;    // 16 bytes each, doubling; beyond: see the report
  std::size_t max_tracked_values = 1'048'576;  // likewise, 8 bytes each, for every field
  // Old VAT numbers of sole traders contain a BSN; only with this are they handed out.
  bool bsn_allowed = false;
};

// Called once for each record. An error stops the reader and comes back from Push.
using RecordSink = std::function<absl::Status(Record)>;

class DatasetReader {
 public:
  // `sink` may be empty where only the report is wanted.
  DatasetReader(Schema schema, ReaderOptions options, RecordSink sink);
  ~DatasetReader();
  DatasetReader(const DatasetReader&) = delete;
  DatasetReader& operator=(const DatasetReader&) = delete;

  // Errors (kInvalidArgument) name file, row, column and what to do; they are final. Rows that are
  // wrong in themselves (ragged, no id, id used before, invalid value) are counted in the report,
  // no error.
  absl::Status Push(std::string_view bytes);
  absl::Status Finish();

  // Complete after Finish.
  const QualityReport& report() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace raakvlak::dataset

#endif  // RAAKVLAK_DATASET_READER_H_
