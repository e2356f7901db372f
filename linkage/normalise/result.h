// The outcome of normalising one raw value: the canonical value, or why it was refused.
#ifndef RAAKVLAK_LINKAGE_NORMALISE_RESULT_H_
#define RAAKVLAK_LINKAGE_NORMALISE_RESULT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace raakvlak::linkage {

enum class RefusalReason : std::uint8_t {
  kNone,
  kEmpty,            // nothing, or white space only
  kTooLong,          // more than kMaxRawLength bytes
  kInvalidUtf8,      // not UTF-8: wrong encoding declared, or damaged
  kCharacters,       // a character that this type never holds
  kLength,           // wrong number of characters
  kStructure,        // right characters in the wrong places
  kChecksum,         // check digits do not fit
  kUnknownCountry,   // no such country code or prefix
  kOutOfRange,       // zero, never issued, or a date outside 1850..2100
  kOtherIdentifier,  // well-formed, but of another type
  kPlaceholder,      // "onbekend", "NN", ".": stands for no value
  kUnknown,          // explicitly unknown, such as date 00000000
  kMixedScript,      // letters of two scripts in one word (look-alikes)
  kIncomplete,       // a part that this type needs is missing
};

// Stable lower-case name for JSON and metrics: "checksum", "other_identifier", ...
std::string_view RefusalReasonName(RefusalReason reason);

// Bits of NormaliseResult::flags. The value is usable, but a steward may want to look at it.
inline constexpr std::uint32_t kFlagSuspect = 1u << 0;  // check digit fails on a type where that
                                                        // happens in reality (IMO)
inline constexpr std::uint32_t kFlagPadded = 1u << 1;   // dropped leading zeros were put back
inline constexpr std::uint32_t kFlagMayContainBsn = 1u << 2;  // old VAT number of a sole trader:
                                                              // treat as a BSN (Wabb art. 10-12)
inline constexpr std::uint32_t kFlagWeakDate = 1u << 3;       // 1 January, or a date known in part

// Longest raw value that is looked at.
inline constexpr std::size_t kMaxRawLength = 4096;

// Either `value` is not empty and `reason` is kNone, or `value` is empty and `reason` says why.
struct NormaliseResult {
  std::string value;
  // Other exact spellings of the same value, each to be evaluated as an input of its own, at most
  // 7: "Müller" is known as MULLER in the BRP and as MUELLER in a passport (ICAO Doc 9303), and
  // "v.d." may be "van de", "van den" or "van der". Two raw values are the same if any of their
  // values are equal. Empty for everything but names.
  std::vector<std::string> alternatives;
  RefusalReason reason = RefusalReason::kNone;
  // English, for a steward; refers to static storage and never contains any part of the raw value.
  std::string_view message;
  std::uint32_t flags = 0;

  bool ok() const { return reason == RefusalReason::kNone; }

  static NormaliseResult Ok(std::string value, std::uint32_t flags = 0) {
    NormaliseResult result;
    result.value = std::move(value);
    result.flags = flags;
    return result;
  }
  static NormaliseResult Refuse(RefusalReason reason, std::string_view message) {
    NormaliseResult result;
    result.reason = reason;
    result.message = message;
    return result;
  }
};

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_NORMALISE_RESULT_H_
