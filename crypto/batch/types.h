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

// A scalar: 32 bytes, little-endian, reduced modulo the group order
// L = 2^252 + 27742317777372353535851937790883648493.
using EncodedScalar = std::array<uint8_t, 32>;

// 64 bytes that are to be mapped to an element (RFC 9496, section 4.3.4).
using UniformBytes = std::array<uint8_t, 64>;

using ByteView = std::span<const uint8_t>;

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_TYPES_H_
