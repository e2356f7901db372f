// Enumerations of the wire as people and programs read them.
#include "client/commands/labels.h"

#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace raakvlak::client {
namespace {

std::string Tail(const std::string& name, size_t prefix) {
  return absl::AsciiStrToLower(name.size() > prefix ? name.substr(prefix) : name);
}

}  // namespace

std::string StrengthLabel(v1::MatchStrength strength) {
  return Tail(v1::MatchStrength_Name(strength), sizeof("MATCH_STRENGTH_") - 1);
}

std::string StateLabel(v1::RunState state) {
  return Tail(v1::RunState_Name(state), sizeof("RUN_STATE_") - 1);
}

bool HasEnded(v1::RunState state) {
  return state == v1::RUN_STATE_DONE || state == v1::RUN_STATE_FAILED ||
         state == v1::RUN_STATE_CANCELLED;
}

std::string CsvField(const std::string& value) {
  const bool formula =
      !value.empty() && std::string_view("=+-@\t\r").find(value[0]) != std::string_view::npos;
  std::string out = absl::StrCat(formula ? "'" : "", value);
  if (out.find_first_of(",;\"\r\n") == std::string::npos) return out;
  std::string quoted = "\"";
  for (char c : out) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

}  // namespace raakvlak::client
