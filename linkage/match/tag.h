// A run tag: the 16 bytes by which values are compared within one run (protocol.md, "From output
// to tag"). Meaningless once the run's group key is gone; still never to be logged.
#ifndef RAAKVLAK_LINKAGE_MATCH_TAG_H_
#define RAAKVLAK_LINKAGE_MATCH_TAG_H_

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>

namespace raakvlak::linkage {

inline constexpr std::size_t kTagBytes = 16;

// Ordered as unsigned bytes, first byte first: the order in which nodes upload.
struct Tag {
  std::array<std::uint8_t, kTagBytes> bytes{};

  friend auto operator<=>(const Tag&, const Tag&) = default;
};
static_assert(sizeof(Tag) == kTagBytes);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_MATCH_TAG_H_
