// A strict reader of TOML files: every key is asked for by name and type; keys that nobody asked
// for are refused with their line, so that a misspelt one cannot pass unnoticed.
#ifndef RAAKVLAK_CLIENT_TOML_TABLE_H_
#define RAAKVLAK_CLIENT_TOML_TABLE_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "toml++/toml.h"

namespace raakvlak::client {

// Reads one table. The first error sticks and is given by Finish(). Not thread-safe.
class TomlTable {
 public:
  // `table` must outlive the reader; `file` and `section` are for errors.
  TomlTable(const toml::table& table, std::string file, std::string section);

  std::string String(std::string_view key);  // required
  std::string String(std::string_view key, std::string_view fallback);
  int64_t Integer(std::string_view key, int64_t min, int64_t max);  // required
  int64_t Integer(std::string_view key, int64_t min, int64_t max, int64_t fallback);
  double Real(std::string_view key, double min, double max, double fallback);
  bool Boolean(std::string_view key, bool fallback);
  std::vector<std::string> Strings(std::string_view key);  // required
  std::vector<std::string> Strings(std::string_view key, std::vector<std::string> fallback);
  // A local date, as Unix seconds of its beginning (UTC) or, with end_of_day, of its last second.
  int64_t Date(std::string_view key, bool end_of_day);  // required
  // nullptr when it is not there.
  const toml::table* Table(std::string_view key);
  std::vector<const toml::table*> Tables(std::string_view key);  // [[key]], required
  bool Has(std::string_view key) const { return table_.contains(key); }

  void Fail(std::string_view key, std::string_view what);
  // The first error; also an error if a key was never asked for.
  absl::Status Finish();

 private:
  const toml::node* Find(std::string_view key);
  const toml::node* Need(std::string_view key, bool required, std::string_view what);
  std::string Where(const toml::node* node) const;

  const toml::table& table_;
  std::string file_;
  std::string section_;
  std::set<std::string, std::less<>> asked_;
  absl::Status status_;
};

// Parses a file's text; errors name file, line and column.
absl::StatusOr<toml::table> ParseToml(std::string_view text, const std::string& file);

}  // namespace raakvlak::client

#endif  // RAAKVLAK_CLIENT_TOML_TABLE_H_
