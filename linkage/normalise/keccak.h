// Keccak-256 as Ethereum uses it: the original Keccak padding, not that of FIPS 202 SHA3-256.
#ifndef RAAKVLAK_LINKAGE_NORMALISE_KECCAK_H_
#define RAAKVLAK_LINKAGE_NORMALISE_KECCAK_H_

#include <array>
#include <cstdint>
#include <string_view>

namespace raakvlak::linkage {

std::array<std::uint8_t, 32> Keccak256(std::string_view message);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_NORMALISE_KECCAK_H_
