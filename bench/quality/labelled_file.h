// Reading labelled CSV files for measuring.
#ifndef RAAKVLAK_BENCH_QUALITY_LABELLED_FILE_H_
#define RAAKVLAK_BENCH_QUALITY_LABELLED_FILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace raakvlak::bench {

struct CsvTable {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> columns;  // same order as header
  std::size_t rows = 0;

  // Index of a column, or an error that names the columns there are.
  absl::StatusOr<std::size_t> Column(const std::string& name) const;
};

// Reads a whole file as nodes do (dataset/csv.h: delimiter and encoding are detected); ".gz" is not
// read. White space around values is dropped.
absl::StatusOr<CsvTable> ReadCsv(const std::string& path);

}  // namespace raakvlak::bench

#endif  // RAAKVLAK_BENCH_QUALITY_LABELLED_FILE_H_
