// The byte forms that cross the border of crypto/batch: encoded elements and scalars.
#ifndef RAAKVLAK_CRYPTO_BATCH_TYPES_H_
#define RAAKVLAK_CRYPTO_BATCH_TYPES_H_

#include <array>
#include <cstdint>
#include <span>

namespace raakvlak::crypto {

// A ristretto255 element in the encoding of RFC 9496, section 4.3.2: 32 bytes, little-endian,
// canonical, non-negative. The all-zero encoding is the identity.
using EncodedElement = std::array<uint8_t, 32>;

// The group's generator (RFC 9496, appendix A.1).
inline constexpr EncodedElement kGenerator = {
    0xe2, 0xf2, 0xae, 0x0a, 0x6a, 0xbc, 0x4e, 0x71, 0xa8, 0x84, 0xa9, 0x61, 0xc5, 0x00, 0x51, 0x5f,
    0x58, 0xe3, 0x0b, 0x6a, 0xa5, 0x82, 0xdd, 0x8d, 0xb6, 0xa6, 0x59, 0x45, 0xe0, 0x8d, 0x2d, 0x76};

// A scalar: 32 bytes, little-endian, reduced modulo the group order
// L = 2^252 + 27742317777372353535851937790883648493.
using EncodedScalar = std::array<uint8_t, 32>;

// 64 bytes that are to be mapped to an element (RFC 9496, section 4.3.4).
using UniformBytes = std::array<uint8_t, 64>;

using ByteView = std::span<const uint8_t>;

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_TYPES_H_
