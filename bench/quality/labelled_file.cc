// Reading labelled CSV files.
#include "bench/quality/labelled_file.h"

#include <fstream>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dataset/csv.h"

namespace raakvlak::bench {
namespace {

std::string Trim(std::string_view s) {
  const std::size_t a = s.find_first_not_of(" \t\r");
  if (a == std::string_view::npos) return {};
  return std::string(s.substr(a, s.find_last_not_of(" \t\r") - a + 1));
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
  CsvTable table;
  dataset::CsvOptions options;
  options.label = path;
  dataset::CsvParser parser(options, [&](const dataset::CsvRow& row) {
    if (table.header.empty()) {
      for (const std::string_view field : row.fields) table.header.push_back(Trim(field));
      table.columns.resize(table.header.size());
      return absl::OkStatus();
    }
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      table.columns[c].push_back(c < row.fields.size() ? Trim(row.fields[c]) : std::string());
    }
    ++table.rows;
    return absl::OkStatus();
  });
  std::string buffer(1 << 16, '\0');
  while (in) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    const auto got = static_cast<std::size_t>(in.gcount());
    if (absl::Status status = parser.Push({buffer.data(), got}); !status.ok()) return status;
  }
  if (absl::Status status = parser.Finish(); !status.ok()) return status;
  return table;
}

}  // namespace raakvlak::bench
