// Bounds and forms that every document of this room shares.
#ifndef RAAKVLAK_AUTHORITY_VALIDATE_H_
#define RAAKVLAK_AUTHORITY_VALIDATE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace raakvlak::authority {

inline constexpr int kMinMembers = 2;
inline constexpr int kMaxMembers = 20;
inline constexpr int kMaxTypes = 64;

// 1 to 32 characters of [a-z0-9-]. `what` names the field in the error.
absl::Status CheckId(std::string_view what, std::string_view id);
// min to max bytes without control characters.
absl::Status CheckText(std::string_view what, std::string_view text, size_t min, size_t max);
// "uri:..." or "oin:" and 20 digits.
absl::Status CheckIdentity(std::string_view what, std::string_view identity);
// Strictly ascending, so also without duplicates.
absl::Status CheckAscending(std::string_view what, const std::vector<std::string>& values);

}  // namespace raakvlak::authority

#endif  // RAAKVLAK_AUTHORITY_VALIDATE_H_
