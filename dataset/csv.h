// A push parser for CSV (RFC 4180) with bounded memory: bytes in, rows out.
//
// Comma, semicolon or tab; LF, CRLF or CR; UTF-8 with or without a byte order mark, or
// Windows-1252, converted to UTF-8. It does no input or output of its own. Not thread safe.
#ifndef RAAKVLAK_DATASET_CSV_H_
#define RAAKVLAK_DATASET_CSV_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace raakvlak::dataset {

enum class Encoding : std::uint8_t { kDetect, kUtf8, kWindows1252 };

struct CsvOptions {
  std::string label = "input";  // what errors call the file
  char delimiter = '\0';        // ',', ';' or '\t'; '\0' detects it from the first row
  Encoding encoding = Encoding::kDetect;
  std::size_t max_field_bytes = 64 * 1024;  // 1 .. 16 MiB
  std::size_t max_row_bytes = 1024 * 1024;  // 1 .. 64 MiB, fields and delimiters together
  std::size_t max_columns = 1024;
};

// One row. `row` counts from 1, the header included, as a spreadsheet does: an empty line and a
// quoted line break count as a spreadsheet counts them (a line break inside quotes starts no new
// row). The views hold valid UTF-8 and live until the sink returns. Empty lines are counted but not
// handed out.
struct CsvRow {
  std::uint64_t row = 0;
  const std::vector<std::string_view>& fields;
};

// Called for every row, the header first. An error stops the parser and comes back from Push.
using CsvSink = std::function<absl::Status(const CsvRow&)>;

class CsvParser {
 public:
  CsvParser(CsvOptions options, CsvSink sink);

  // Takes the next bytes of the file, in pieces of any size. Errors (kInvalidArgument) name file,
  // row, column and what to do, and are final: every later call returns the same.
  absl::Status Push(std::string_view bytes);
  // The file has ended: hands out the last row, refuses an open quote and an empty file.
  absl::Status Finish();

  // The delimiter in use; '\0' until it is known.
  char delimiter() const { return delimiter_; }
  // kDetect as long as everything was ASCII.
  Encoding encoding() const { return encoding_; }
  std::uint64_t rows() const { return row_ - 1; }

 private:
  enum class State : std::uint8_t { kFieldStart, kUnquoted, kQuoted, kQuoteInQuoted };

  absl::Status CheckStart(bool at_end);
  bool DetectDelimiter(bool at_end);
  absl::Status Consume(std::string_view bytes);
  absl::Status Take(char c);
  absl::Status EndField();
  absl::Status EndRow();
  absl::Status Deliver();
  absl::Status Decode();
  absl::Status DecodeField(std::string_view field);
  absl::Status Error(std::string_view what, std::string_view remedy, bool with_column = true) const;

  CsvOptions options_;
  CsvSink sink_;
  absl::Status status_;
  bool finished_ = false;
  bool started_ = false;  // byte order mark looked for, delimiter known
  char delimiter_ = '\0';
  Encoding encoding_ = Encoding::kDetect;
  std::uint64_t encoding_row_ = 0;  // the row that settled it
  std::string head_;                // bytes held until the delimiter is known
  State state_ = State::kFieldStart;
  bool after_cr_ = false;
  bool any_row_ = false;
  bool row_has_bytes_ = false;
  bool row_non_ascii_ = false;
  std::uint64_t row_ = 1;          // of the row being read
  std::string buffer_;             // the row's field bytes, end to end
  std::vector<std::size_t> ends_;  // end of each finished field in buffer_
  std::string decoded_;
  std::vector<std::size_t> decoded_ends_;
  std::vector<std::string_view> fields_;
};

// Windows-1252 to UTF-8, appended to `out`. False, with nothing appended, at one of the five bytes
// that Windows-1252 leaves undefined.
bool AppendWindows1252(std::string_view bytes, std::string& out);

}  // namespace raakvlak::dataset

#endif  // RAAKVLAK_DATASET_CSV_H_
