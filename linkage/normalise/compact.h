// Helpers of the identifier families: strip separators and labels without allocating. Internal.
#ifndef RAAKVLAK_LINKAGE_NORMALISE_COMPACT_H_
#define RAAKVLAK_LINKAGE_NORMALISE_COMPACT_H_

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string_view>

namespace raakvlak::linkage {

// The upper-case ASCII of a cleaned text without separators.
class Compact {
 public:
  // Longer than any identifier; what does not fit only counts in size().
  static constexpr std::size_t kCapacity = 64;

  Compact(std::string_view clean, std::string_view separators, bool upper = true);

  std::string_view view() const { return {data_.data(), size_ < kCapacity ? size_ : kCapacity}; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // A character outside A-Z, a-z, 0-9 was kept out.
  bool foreign() const { return foreign_; }

 private:
  std::array<char, kCapacity> data_;
  std::size_t size_ = 0;
  bool foreign_ = false;
};

constexpr std::string_view kSeparators = " -./";

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool IsAlnum(char c) { return IsDigit(c) || IsUpper(c) || IsLower(c); }
constexpr char ToUpper(char c) { return IsLower(c) ? static_cast<char>(c - 'a' + 'A') : c; }
constexpr char ToLower(char c) { return IsUpper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

bool AllDigits(std::string_view text);
bool AllZeros(std::string_view text);

// Removes a leading label such as "KvK-nummer:", "K.v.K. nr.", "IMO" (any case, dots ignored), with
// the usual words for "number" after it, where a digit or a separator follows. `labels` are upper
// case.
std::string_view StripLabel(std::string_view clean, std::initializer_list<std::string_view> labels);

// "onbekend", "n.v.t.", "?" and the like: a text that stands for no value. `clean` is CleanText's.
bool IsPlaceholderText(std::string_view clean);

// ISO 3166-1 alpha-2, with XK (Kosovo, user-assigned but used by SWIFT and the IBAN registry).
bool IsCountryCode(std::string_view code);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_NORMALISE_COMPACT_H_
