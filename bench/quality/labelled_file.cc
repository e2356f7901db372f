// Reading labelled CSV files.
#include "bench/quality/labelled_file.h"

#include <fstream>
#include <sstream>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace raakvlak::bench {
namespace {

std::string Trim(std::string_view s) {
  const std::size_t a = s.find_first_not_of(" \t\r");
  if (a == std::string_view::npos) return {};
  return std::string(s.substr(a, s.find_last_not_of(" \t\r") - a + 1));
}

std::vector<std::vector<std::string>> Rows(std::string_view text) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> row;
  std::string field;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c != '"') {
        field.push_back(c);
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        field.push_back('"');
        ++i;
      } else {
        quoted = false;
      }
    } else if (c == '"' && Trim(field).empty()) {
      quoted = true;
      field.clear();
    } else if (c == ',' || c == '\n') {
      row.push_back(Trim(field));
      field.clear();
      if (c == '\n') {
        if (row.size() > 1 || !row[0].empty()) rows.push_back(std::move(row));
        row.clear();
      }
    } else {
      field.push_back(c);
    }
  }
  if (!field.empty() || !row.empty()) {
    row.push_back(Trim(field));
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

absl::StatusOr<std::size_t> CsvTable::Column(const std::string& name) const {
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (header[i] == name) return i;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("no column '", name, "'; there are: ", absl::StrJoin(header, ", ")));
}

absl::StatusOr<CsvTable> ReadCsv(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  std::stringstream text;
  text << in.rdbuf();
  std::vector<std::vector<std::string>> rows = Rows(text.str());
  if (rows.empty()) return absl::InvalidArgumentError(absl::StrCat(path, " is empty"));
  CsvTable table;
  table.header = rows[0];
  table.rows = rows.size() - 1;
  table.columns.assign(table.header.size(), std::vector<std::string>(table.rows));
  for (std::size_t r = 1; r < rows.size(); ++r) {
    for (std::size_t c = 0; c < table.header.size() && c < rows[r].size(); ++c) {
      table.columns[c][r - 1] = std::move(rows[r][c]);
    }
  }
  return table;
}

}  // namespace raakvlak::bench
