// Reading the profile.
#include "client/profile.h"

#include <cstdlib>
#include <filesystem>

#include "client/files.h"
#include "client/toml_table.h"

namespace raakvlak::client {

absl::StatusOr<Profile> ReadProfile(const std::string& path) {
  auto text = ReadFile(path);
  if (!text.ok()) return text.status();
  auto parsed = ParseToml(*text, path);
  if (!parsed.ok()) return parsed.status();
  TomlTable table(*parsed, path, "");
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  auto file = [&](std::string_view key) {
    const std::string value = table.String(key, "");
    return value.empty() ? value : (folder / value).string();
  };
  Profile profile;
  profile.ca = file("ca");
  profile.cert = file("cert");
  profile.key = file("key");
  profile.node = table.String("node", "");
  profile.matcher = table.String("matcher", "");
  if (absl::Status s = table.Finish(); !s.ok()) return s;
  return profile;
}

std::string DefaultProfilePath() {
  if (const char* path = std::getenv("RAAK_CONFIG"); path != nullptr && *path != '\0') return path;
  std::filesystem::path folder;
  if (const char* xdg = std::getenv("XDG_CONFIG_HOME"); xdg != nullptr && *xdg != '\0') {
    folder = xdg;
  } else if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
    folder = std::filesystem::path(home) / ".config";
  } else {
    return "";
  }
  const std::filesystem::path path = folder / "raakvlak" / "raak.toml";
  std::error_code error;
  return std::filesystem::exists(path, error) ? path.string() : "";
}

Profile Merge(const Profile& base, const Profile& over) {
  auto pick = [](const std::string& a, const std::string& b) { return b.empty() ? a : b; };
  return {pick(base.ca, over.ca), pick(base.cert, over.cert), pick(base.key, over.key),
          pick(base.node, over.node), pick(base.matcher, over.matcher)};
}

}  // namespace raakvlak::client
