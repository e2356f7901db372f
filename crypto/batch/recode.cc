// Scalars into digits.
#include "crypto/batch/recode.h"

#include <sodium.h>

#include <array>
#include <cstring>

#include "crypto/batch/value_barrier.h"

namespace raakvlak::crypto {
namespace {

__extension__ using Wide = unsigned __int128;
constexpr std::array<uint64_t, 4> kOrderWords = {0x5812631a5cf5d3edu, 0x14def9dea2f79cd6u, 0,
                                                 0x1000000000000000u};

}  // namespace

void MakeOdd(const EncodedScalar& scalar, size_t stride, uint64_t* words) {
  std::array<uint64_t, 4> s{};
  std::memcpy(s.data(), scalar.data(), scalar.size());
  const uint64_t add = ValueBarrier((s[0] & 1) - 1);  // all ones when even
  uint64_t carry = 0;
  for (size_t i = 0; i < kOrderWords.size(); ++i) {
    // Comparisons for the carry become branches with gcc 12.
    const Wide sum = static_cast<Wide>(s[i]) + (kOrderWords[i] & add) + carry;
    words[i * stride] = static_cast<uint64_t>(sum);
    carry = static_cast<uint64_t>(sum >> 64);
  }
  sodium_memzero(s.data(), sizeof s);
}

void RecodeSigned(const EncodedScalar& scalar, uint8_t* digits) {
  // 128 added to every digit makes them all non-negative: the carries go their way by themselves.
  constexpr uint64_t kBias = 0x8080808080808080u;
  std::array<uint64_t, 4> s{};
  std::memcpy(s.data(), scalar.data(), scalar.size());
  uint64_t carry = 0;
  for (uint64_t& word : s) {
    const Wide sum = static_cast<Wide>(word) + kBias + carry;
    word = static_cast<uint64_t>(sum) ^ kBias;
    carry = static_cast<uint64_t>(sum >> 64);
  }
  std::memcpy(digits, s.data(), sizeof s);
}

}  // namespace raakvlak::crypto
