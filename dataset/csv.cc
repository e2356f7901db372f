// The CSV parser; see the header. A state machine over bytes: in both encodings the delimiters,
// quotes and line ends are single bytes below 0x80, so that text is decoded once a row is complete.
#include "dataset/csv.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "linkage/normalise/text.h"

namespace raakvlak::dataset {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Code points of bytes 0x80 to 0x9F; 0 where Windows-1252 defines none.
constexpr std::array<char16_t, 32> kWindows1252 = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

}  // namespace

bool AppendWindows1252(std::string_view bytes, std::string& out) {
  const std::size_t before = out.size();
  for (char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out.push_back(c);
      continue;
    }
    const char32_t point = byte >= 0xA0 ? byte : kWindows1252[byte - 0x80u];
    if (point == 0) {
      out.resize(before);
      return false;
    }
    if (point < 0x800) {
      out.push_back(static_cast<char>(0xC0 | (point >> 6)));
    } else {
      out.push_back(static_cast<char>(0xE0 | (point >> 12)));
      out.push_back(static_cast<char>(0x80 | ((point >> 6) & 0x3F)));
    }
    out.push_back(static_cast<char>(0x80 | (point & 0x3F)));
  }
  return true;
}

CsvParser::CsvParser(CsvOptions options, CsvSink sink)
    : options_(std::move(options)), sink_(std::move(sink)), delimiter_(options_.delimiter) {
  options_.max_row_bytes = std::max(options_.max_row_bytes, options_.max_field_bytes);
}

absl::Status CsvParser::Error(std::string_view what, std::string_view remedy,
                              bool with_column) const {
  std::string where = absl::StrCat(options_.label, ": row ", row_);
  if (with_column) absl::StrAppend(&where, ", column ", ends_.size() + 1);
  return absl::InvalidArgumentError(
      absl::StrCat(where, ": ", std::string(what), "; ", std::string(remedy)));
}

absl::Status CsvParser::Push(std::string_view bytes) {
  if (!status_.ok()) return status_;
  if (finished_) {
    return absl::FailedPreconditionError(absl::StrCat(options_.label, ": read to its end already"));
  }
  if (started_) {
    status_ = Consume(bytes);
  } else {
    head_.append(bytes.data(), bytes.size());
    status_ = CheckStart(false);
  }
  return status_;
}

absl::Status CsvParser::Finish() {
  if (!status_.ok()) return status_;
  if (finished_) return absl::OkStatus();
  if (!started_) status_ = CheckStart(true);
  if (status_.ok() && state_ == State::kQuoted) {
    status_ = Error("the file ends inside a quoted field",
                    "add the closing quote, or check that the file is complete");
  }
  if (status_.ok() && (row_has_bytes_ || state_ != State::kFieldStart)) status_ = EndRow();
  if (status_.ok() && !any_row_) {
    status_ = absl::InvalidArgumentError(
        absl::StrCat(options_.label,
                     ": the file is empty; expected a header row with column names and data rows"));
  }
  finished_ = true;
  return status_;
}

// Looks at the beginning once enough of it is there: byte order mark, delimiter.
absl::Status CsvParser::CheckStart(bool at_end) {
  if (head_.size() < kByteOrderMark.size() && !at_end) return absl::OkStatus();
  if (head_.starts_with("\xFF\xFE") || head_.starts_with("\xFE\xFF")) {
    return absl::InvalidArgumentError(
        absl::StrCat(options_.label, ": the file is UTF-16; save it as CSV in UTF-8"));
  }
  const bool marked = head_.starts_with(kByteOrderMark);
  if (marked && options_.encoding == Encoding::kWindows1252) {
    return absl::InvalidArgumentError(
        absl::StrCat(options_.label,
                     ": the file starts with the byte order mark of UTF-8, but windows-1252 is "
                     "declared; set encoding = \"utf-8\""));
  }
  if (delimiter_ == '\0' && !DetectDelimiter(at_end)) return absl::OkStatus();
  if (marked) {
    head_.erase(0, kByteOrderMark.size());
    options_.encoding = Encoding::kUtf8;
  }
  started_ = true;
  const std::string head = std::exchange(head_, {});
  return Consume(head);
}

// Counts candidates outside quotes in the first line that is not empty. False: more bytes are
// needed.
bool CsvParser::DetectDelimiter(bool at_end) {
  std::size_t commas = 0;
  std::size_t semicolons = 0;
  std::size_t tabs = 0;
  bool quoted = false;
  bool content = false;
  bool complete = at_end || head_.size() > options_.max_row_bytes;
  for (char c : head_) {
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '\n' || c == '\r') {
      if (!content) continue;
      complete = true;
      break;
    }
    content = true;
    commas += c == ',';
    semicolons += c == ';';
    tabs += c == '\t';
  }
  if (!complete) return false;
  delimiter_ = ',';
  if (semicolons > 0 && semicolons >= commas) delimiter_ = ';';
  if (tabs > 0 && tabs >= std::max(commas, semicolons)) delimiter_ = '\t';
  return true;
}

absl::Status CsvParser::Consume(std::string_view bytes) {
  for (char c : bytes) {
    if (absl::Status status = Take(c); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status CsvParser::Take(char c) {
  if (after_cr_) {
    after_cr_ = false;
    if (c == '\n') return absl::OkStatus();
  }
  if (c == '\0') {
    return Error("a zero byte", "the file is not text: save it as CSV in UTF-8");
  }
  switch (state_) {
    case State::kFieldStart:
      if (c == '"') {
        state_ = State::kQuoted;
        row_has_bytes_ = true;
        return absl::OkStatus();
      }
      state_ = State::kUnquoted;
      [[fallthrough]];
    case State::kUnquoted:
      if (c == delimiter_) return EndField();
      if (c == '\n' || c == '\r') {
        after_cr_ = c == '\r';
        return EndRow();
      }
      break;
    case State::kQuoted:
      if (c == '"') {
        state_ = State::kQuoteInQuoted;
        return absl::OkStatus();
      }
      break;
    case State::kQuoteInQuoted:
      if (c == delimiter_) return EndField();
      if (c == '\n' || c == '\r') {
        after_cr_ = c == '\r';
        return EndRow();
      }
      if (c != '"') {
        return Error("text follows a closing quote",
                     "write a quote inside a quoted field twice, or quote the whole field");
      }
      state_ = State::kQuoted;
      break;
  }
  row_has_bytes_ = true;
  row_non_ascii_ |= static_cast<unsigned char>(c) >= 0x80;
  buffer_.push_back(c);
  const std::size_t field_start = ends_.empty() ? 0 : ends_.back();
  if (buffer_.size() - field_start > options_.max_field_bytes) {
    return Error(absl::StrCat("a field is larger than ", options_.max_field_bytes, " bytes"),
                 "a closing quote may be missing; if the field is right, raise max_field_bytes in "
                 "the schema");
  }
  if (buffer_.size() > options_.max_row_bytes) {
    return Error(absl::StrCat("the row is larger than ", options_.max_row_bytes, " bytes"),
                 "check the line ends and quotes before this row");
  }
  return absl::OkStatus();
}

absl::Status CsvParser::EndField() {
  ends_.push_back(buffer_.size());
  row_has_bytes_ = true;
  state_ = State::kFieldStart;
  if (ends_.size() >= options_.max_columns) {
    return Error(absl::StrCat("more than ", options_.max_columns, " columns"),
                 "check the delimiter and the line ends");
  }
  return absl::OkStatus();
}

absl::Status CsvParser::EndRow() {
  state_ = State::kFieldStart;
  absl::Status status;
  if (row_has_bytes_) {
    ends_.push_back(buffer_.size());
    any_row_ = true;
    status = Deliver();
  }
  buffer_.clear();
  ends_.clear();
  row_has_bytes_ = false;
  row_non_ascii_ = false;
  ++row_;
  return status;
}

absl::Status CsvParser::Deliver() {
  if (row_non_ascii_) {
    if (absl::Status status = Decode(); !status.ok()) return status;
  }
  const std::string_view text = row_non_ascii_ ? decoded_ : buffer_;
  const std::vector<std::size_t>& ends = row_non_ascii_ ? decoded_ends_ : ends_;
  fields_.clear();
  std::size_t start = 0;
  for (std::size_t end : ends) {
    fields_.push_back(text.substr(start, end - start));
    start = end;
  }
  return sink_(CsvRow{row_, fields_});
}

// Makes the row UTF-8 in decoded_. Where the encoding is not declared, the first row that is not
// ASCII settles it; a row that contradicts this is refused, as guessing would garble names.
absl::Status CsvParser::Decode() {
  std::vector<std::size_t> raw_ends = std::exchange(ends_, {});
  decoded_.clear();
  decoded_ends_.clear();
  std::size_t start = 0;
  absl::Status status;
  for (std::size_t end : raw_ends) {
    const std::string_view field = std::string_view(buffer_).substr(start, end - start);
    start = end;
    status = DecodeField(field);
    if (!status.ok()) break;
    decoded_ends_.push_back(decoded_.size());
    ends_.push_back(end);  // so that Error names the column
  }
  ends_ = std::move(raw_ends);
  return status;
}

absl::Status CsvParser::DecodeField(std::string_view field) {
  if (IsAscii(field)) {
    decoded_.append(field);
    return absl::OkStatus();
  }
  constexpr std::string_view kDeclare =
      "save the file in one encoding, or set encoding = \"utf-8\" or \"windows-1252\" in the "
      "schema";
  const bool utf8 = linkage::IsValidUtf8(field);
  if (options_.encoding == Encoding::kUtf8 && !utf8) {
    return Error(
        "not UTF-8",
        "the file may be in Windows-1252: set encoding = \"windows-1252\" in the schema, or "
        "save it as UTF-8");
  }
  if (options_.encoding == Encoding::kDetect) {
    const Encoding seen = utf8 ? Encoding::kUtf8 : Encoding::kWindows1252;
    if (encoding_ != Encoding::kDetect && encoding_ != seen) {
      return Error(
          absl::StrCat("mixed encodings: this field is ",
                       utf8 ? "UTF-8, earlier text (row " : "not UTF-8, earlier text (row ",
                       encoding_row_, utf8 ? ") is Windows-1252" : ") is"),
          kDeclare);
    }
    if (encoding_ == Encoding::kDetect) {
      encoding_ = seen;
      encoding_row_ = row_;
    }
  } else {
    encoding_ = options_.encoding;
  }
  if (encoding_ == Encoding::kUtf8) {
    decoded_.append(field);
    return absl::OkStatus();
  }
  if (!AppendWindows1252(field, decoded_)) {
    return Error("a byte that neither UTF-8 nor Windows-1252 has", "save the file as CSV in UTF-8");
  }
  return absl::OkStatus();
}

}  // namespace raakvlak::dataset
