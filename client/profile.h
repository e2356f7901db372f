// Whom `raak` talks to and as whom: a small TOML file, every key of which an option can override.
#ifndef RAAKVLAK_CLIENT_PROFILE_H_
#define RAAKVLAK_CLIENT_PROFILE_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace raakvlak::client {

// Empty strings are values that were not given.
struct Profile {
  std::string ca;  // PEM files
  std::string cert;
  std::string key;
  std::string node;     // host:port
  std::string matcher;  // host:port
};

// Reads a profile; relative paths in it are relative to the file. Unknown keys are refused with
// their line.
absl::StatusOr<Profile> ReadProfile(const std::string& path);

// $RAAK_CONFIG, or raak.toml in $XDG_CONFIG_HOME/raakvlak or ~/.config/raakvlak; empty if there is
// none.
std::string DefaultProfilePath();

// `over` where it has a value, `base` elsewhere.
Profile Merge(const Profile& base, const Profile& over);

}  // namespace raakvlak::client

#endif  // RAAKVLAK_CLIENT_PROFILE_H_
