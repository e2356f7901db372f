// Telling lines of an address.
#include "linkage/fuzzy/address_lines.h"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace raakvlak::linkage {
namespace {

constexpr std::size_t kLookedAt = 1000;
constexpr std::ptrdiff_t kLeastLetters = 5;

}  // namespace

std::vector<std::pair<std::uint16_t, std::uint16_t>> NeighbouringLines(const Profile& profile) {
  std::vector<std::pair<std::uint16_t, std::uint16_t>> out;
  std::optional<std::uint16_t> last;
  for (std::size_t f = 0; f < profile.fields.size(); ++f) {
    const FieldKind kind = profile.fields[f].kind;
    if (kind != FieldKind::kAddress && kind != FieldKind::kPlace && kind != FieldKind::kText) {
      continue;
    }
    const auto field = static_cast<std::uint16_t>(f);
    if (last) out.emplace_back(*last, field);
    last = field;
  }
  return out;
}

bool HoldsWords(const std::vector<std::string>& column) {
  std::size_t words = 0;
  std::size_t seen = 0;
  for (const std::string& value : column) {
    if (value.empty()) continue;
    const auto letters =
        std::count_if(value.begin(), value.end(), [](char c) { return c >= 'a' && c <= 'z'; });
    const auto digits =
        std::count_if(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
    words += letters >= kLeastLetters && letters > digits ? 1 : 0;
    if (++seen == kLookedAt) break;
  }
  return 2 * words > seen;
}

}  // namespace raakvlak::linkage
