// Bounds and forms that every document of this room shares.
#include "authority/validate.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace raakvlak::authority {

absl::Status CheckId(std::string_view what, std::string_view id) {
  const bool good = !id.empty() && id.size() <= 32 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (good) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(std::string(what), " must be 1 to 32 characters of a-z, 0-9 and -"));
}

absl::Status CheckText(std::string_view what, std::string_view text, size_t min, size_t max) {
  const bool control = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (text.size() >= min && text.size() <= max && !control) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(std::string(what), " must be ", min, " to ", max,
                                                 " bytes without control characters"));
}

absl::Status CheckIdentity(std::string_view what, std::string_view identity) {
  if (identity.substr(0, 4) == "uri:" && identity.size() > 4 && identity.size() <= 512) {
    return CheckText(what, identity, 5, 512);
  }
  if (identity.substr(0, 4) == "oin:" && identity.size() == 24 &&
      std::all_of(identity.begin() + 4, identity.end(),
                  [](char c) { return c >= '0' && c <= '9'; })) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      std::string(what), " must be \"uri:\" and a URI name, or \"oin:\" and 20 digits"));
}

absl::Status CheckAscending(std::string_view what, const std::vector<std::string>& values) {
  for (size_t i = 1; i < values.size(); ++i) {
    if (values[i - 1] >= values[i]) {
      return absl::InvalidArgumentError(
          absl::StrCat(std::string(what), " must be in ascending order without duplicates"));
    }
  }
  return absl::OkStatus();
}

}  // namespace raakvlak::authority
