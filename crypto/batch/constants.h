// Constants of edwards25519 and ristretto255 (RFC 9496, section 4.1), as 64-bit words.
#ifndef RAAKVLAK_CRYPTO_BATCH_CONSTANTS_H_
#define RAAKVLAK_CRYPTO_BATCH_CONSTANTS_H_

#include <cstdint>

namespace raakvlak::crypto {

// A field element, canonical, least significant word first.
struct FieldWords {
  uint64_t word[4];
};

inline constexpr FieldWords kFieldZero = {{0, 0, 0, 0}};
inline constexpr FieldWords kFieldOne = {{1, 0, 0, 0}};

// The curve constant d = -121665/121666.
inline constexpr FieldWords kD = {
    {0x75eb4dca135978a3u, 0x00700a4d4141d8abu, 0x8cc740797779e898u, 0x52036cee2b6ffe73u}};

// 2d.
inline constexpr FieldWords kTwoD = {
    {0xebd69b9426b2f159u, 0x00e0149a8283b156u, 0x198e80f2eef3d130u, 0x2406d9dc56dffce7u}};

// The non-negative square root of -1.
inline constexpr FieldWords kSqrtMinusOne = {
    {0xc4ee1b274a0ea0b0u, 0x2f431806ad2fe478u, 0x2b4d00993dfbd7a7u, 0x2b8324804fc1df0bu}};

// sqrt(a*d - 1).
inline constexpr FieldWords kSqrtAdMinusOne = {
    {0x7e97f6a0497b2e1bu, 0xaf9d8e0c1b7854bdu, 0x0f3cfcc931f5d1fdu, 0x376931bf2b8348acu}};

// 1/sqrt(a - d).
inline constexpr FieldWords kInvSqrtAMinusD = {
    {0x99c8fdaa805d40eau, 0x9d2f16175a4172beu, 0x16c27b91fe01d840u, 0x786c8905cfaffca2u}};

// 1 - d^2.
inline constexpr FieldWords kOneMinusDSquared = {
    {0xe27c09c1945fc176u, 0x2c81a138cd5e350fu, 0x9994abddbe70dfe4u, 0x029072a8b2b3e0d7u}};

// (d - 1)^2.
inline constexpr FieldWords kDMinusOneSquared = {
    {0x31ad5aaa44ed4d20u, 0xd29e4a2cb01e1999u, 0x4cdcd32f529b4eebu, 0x5968b37af66c2241u}};

// 2 (1 - d) / (1 + d).
inline constexpr FieldWords kTwoQuarticA = {
    {0x0000000000076d06u, 0x0000000000000000u, 0x0000000000000000u, 0x0000000000000000u}};

}  // namespace raakvlak::crypto

#endif  // RAAKVLAK_CRYPTO_BATCH_CONSTANTS_H_
