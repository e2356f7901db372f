// Scalars into digits.
#include "crypto/batch/recode.h"

#include <sodium.h>

#include <array>
#include <cstring>

#include "crypto/batch/value_barrier.h"

namespace raakvlak::crypto {
namespace {

__extension__ typedef unsigned __int128 Wide;
constexpr std::array<uint64_t, 4> kOrderWords = {0x5812631a5cf5d3edu, 0x14def9dea2f79cd6u, 0,
                                                 0x1000000000000000u};

}  // namespace

void RecodeOdd(const EncodedScalar& scalar, int window, size_t count, size_t stride,
               uint8_t* codes) {
  std::array<uint64_t, 5> s{};
  std::memcpy(s.data(), scalar.data(), scalar.size());
  const uint64_t add = ValueBarrier((s[0] & 1) - 1);  // all ones when even
  uint64_t carry = 0;
  for (size_t i = 0; i < kOrderWords.size(); ++i) {
    // Comparisons for the carry become branches with gcc 12.
    const Wide sum = static_cast<Wide>(s[i]) + (kOrderWords[i] & add) + carry;
    s[i] = static_cast<uint64_t>(sum);
    carry = static_cast<uint64_t>(sum >> 64);
  }
  const uint64_t half = uint64_t{1} << window;
  const auto* bytes = reinterpret_cast<const uint8_t*>(s.data());
  size_t position = 0;
  // The window and the bit above it, with the lowest bit set: an odd number below 2^(w+1). A window
  // has at most 7 bits, so that eight bytes from its first one on hold it.
  const auto window_at = [&] {
    uint64_t bits;
    std::memcpy(&bits, bytes + position / 8, sizeof bits);
    return ((bits >> (position % 8)) & (2 * half - 1)) | 1;
  };
  for (size_t i = 0; i + 1 < count; ++i, position += static_cast<size_t>(window)) {
    const uint64_t bits = window_at();
    // The digit is bits - 2^w; its size is bits - 2^w or 2^w - bits, as the mask says.
    const uint64_t negative = ValueBarrier((bits >> window) ^ 1);
    const uint64_t magnitude = ((bits - half) ^ (0 - negative)) + negative;
    codes[i * stride] = static_cast<uint8_t>(((magnitude - 1) >> 1) | (negative << 7));
  }
  // The last one is its bits, which are below 2^w.
  codes[(count - 1) * stride] = static_cast<uint8_t>((window_at() - 1) >> 1);
  sodium_memzero(s.data(), sizeof s);
}

void RecodeSigned(const EncodedScalar& scalar, uint8_t* digits) {
  uint32_t carry = 0;
  for (size_t i = 0; i < scalar.size(); ++i) {
    const uint32_t digit = scalar[i] + carry;
    carry = digit >= 128 ? 1 : 0;
    digits[i] = static_cast<uint8_t>(digit & 0xff);
  }
}

}  // namespace raakvlak::crypto
