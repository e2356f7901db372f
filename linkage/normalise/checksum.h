// Check-digit arithmetic. Inputs are upper-case ASCII of the right length, as the families ensure.
#ifndef RAAKVLAK_LINKAGE_NORMALISE_CHECKSUM_H_
#define RAAKVLAK_LINKAGE_NORMALISE_CHECKSUM_H_

#include <optional>
#include <string_view>

namespace raakvlak::linkage {

// Continues ISO/IEC 7064 MOD 97-10 from `remainder` over digits and letters (A = 10 .. Z = 35).
int Mod97(std::string_view text, int remainder = 0);

// The "elfproef" of BSN and RSIN: nine digits, weights 9 8 7 6 5 4 3 2 -1, sum divisible by 11.
bool PassesElevenTest(std::string_view nine_digits);

// ISO 6346: check digit (0..9) of the first ten characters of a container number; remainder 10
// gives 0.
int ContainerCheckDigit(std::string_view first_ten);

// IMO ship number: weights 7..2 on six digits, last digit of the sum.
int ImoCheckDigit(std::string_view six_digits);

// ICAO Doc 9303 part 3, section 4.9: weights 7 3 1, '<' is 0. nullopt at any other character than
// 0-9, A-Z, '<'.
std::optional<int> MrzCheckDigit(std::string_view field);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_NORMALISE_CHECKSUM_H_
