// Configuration files (TOML), read key by key with type, bounds, unit and default. Every mistake is
// collected and reported with file, line, key and remedy; a key nobody asked for is a mistake too.
//
//   ASSIGN file = ConfigFile::Load("/etc/raakvlak/node.toml");
//   ConfigSection root = file->root();
//   options.address = root.Section("listen").String("address", "127.0.0.1:7443");
//   options.chunk = root.Integer("chunk", {.minimum = 1, .maximum = 65535, .default_value = 4096});
//   RETURN_IF_ERROR(file->Finish());   // before anything read is used
#ifndef RAAKVLAK_SERVER_COMMON_CONFIG_H_
#define RAAKVLAK_SERVER_COMMON_CONFIG_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace raakvlak::common {

// A key without a default must be there.
struct IntegerKey {
  int64_t minimum = 0;
  int64_t maximum = INT64_MAX;
  std::optional<int64_t> default_value = std::nullopt;
};
// "250ms", "30s", "5m", "12h", "7d"; a bare number is refused, since nobody can tell its unit.
struct DurationKey {
  absl::Duration minimum = absl::ZeroDuration();
  absl::Duration maximum = absl::InfiniteDuration();
  std::optional<absl::Duration> default_value = std::nullopt;
};
// "512KiB", "64MiB", "1GiB", or "4096B".
struct SizeKey {
  uint64_t minimum = 0;
  uint64_t maximum = UINT64_MAX;
  std::optional<uint64_t> default_value = std::nullopt;
};

class ConfigFile;

// One table of the file. Light to copy; must not outlive its ConfigFile. Getters never fail at
// once: they note the mistake, give the default (or an empty value) and Finish() reports. Not
// thread-safe.
class ConfigSection {
 public:
  std::string String(std::string_view key);  // must be there and not empty
  std::string String(std::string_view key, std::string_view default_value);
  // One of `choices`.
  std::string Choice(std::string_view key, const std::vector<std::string>& choices,
                     const std::optional<std::string>& default_value = std::nullopt);
  int64_t Integer(std::string_view key, const IntegerKey& bounds);
  absl::Duration Duration(std::string_view key, const DurationKey& bounds);
  uint64_t Size(std::string_view key, const SizeKey& bounds);
  bool Bool(std::string_view key, bool default_value);
  // A relative path counts from the directory of the configuration file.
  std::string Path(std::string_view key);
  std::string Path(std::string_view key, std::string_view default_value);  // "" stays ""
  std::vector<std::string> Strings(std::string_view key);                  // missing: empty

  bool Has(std::string_view key) const;
  // [key]; a missing table reads as an empty one, so its keys take their defaults.
  ConfigSection Section(std::string_view key);
  // [[key]]; missing: none.
  std::vector<ConfigSection> Sections(std::string_view key);
  // Names of all keys whose values are tables, in order of name: for [peers.<agency>] maps.
  std::vector<std::string> SectionNames() const;

  // Notes a mistake of the caller's own finding; `key` may be empty for the section as a whole.
  void Mistake(std::string_view key, std::string_view message);

 private:
  friend class ConfigFile;
  ConfigSection(ConfigFile* file, const void* table, std::string name);
  // Notes that `key` is known, and gives its value (a toml::node; null if it is not there).
  const void* Find(std::string_view key);
  // For a key without default that is not there.
  void Missing(std::string_view key, std::string_view kind);

  ConfigFile* file_;
  const void* table_;  // a toml::table of the file; null for a missing one
  std::string name_;   // "listen." for messages
};

// Not thread-safe.
class ConfigFile {
 public:
  // NotFound, PermissionDenied, or InvalidArgument with file and line for bad TOML.
  static absl::StatusOr<std::unique_ptr<ConfigFile>> Load(const std::string& path);
  // `path` names the text in messages and is where relative paths start.
  static absl::StatusOr<std::unique_ptr<ConfigFile>> Parse(std::string_view text,
                                                           const std::string& path);
  ~ConfigFile();

  ConfigSection root();
  // InvalidArgument listing all mistakes, one a line: wrong type, out of bounds, missing, unknown
  // (with the nearest known key).
  absl::Status Finish();

 private:
  friend class ConfigSection;
  ConfigFile();

  // The parsed text; toml++ is kept out of this header.
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace raakvlak::common

#endif  // RAAKVLAK_SERVER_COMMON_CONFIG_H_
