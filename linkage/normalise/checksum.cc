// Check-digit arithmetic; sources in the header.
#include "linkage/normalise/checksum.h"

#include <cstddef>

namespace raakvlak::linkage {

int Mod97(std::string_view text, int remainder) {
  for (char c : text) {
    if (c >= '0' && c <= '9') {
      remainder = (remainder * 10 + (c - '0')) % 97;
    } else {
      remainder = (remainder * 100 + (c - 'A' + 10)) % 97;
    }
  }
  return remainder;
}

bool PassesElevenTest(std::string_view nine_digits) {
  int sum = 0;
  for (int i = 0; i < 8; ++i) sum += (9 - i) * (nine_digits[static_cast<std::size_t>(i)] - '0');
  sum -= nine_digits[8] - '0';
  return sum % 11 == 0;
}

int ContainerCheckDigit(std::string_view first_ten) {
  int sum = 0;
  int weight = 1;
  for (char c : first_ten) {
    int value = c - '0';
    if (c >= 'A') {
      // Letters count from 10 and skip the multiples of 11.
      value = 10 + (c - 'A');
      value += (value - 1) / 10;
    }
    sum += value * weight;
    weight *= 2;
  }
  return sum % 11 % 10;
}

int ImoCheckDigit(std::string_view six_digits) {
  int sum = 0;
  for (int i = 0; i < 6; ++i) sum += (7 - i) * (six_digits[static_cast<std::size_t>(i)] - '0');
  return sum % 10;
}

std::optional<int> MrzCheckDigit(std::string_view field) {
  constexpr int kWeights[] = {7, 3, 1};
  int sum = 0;
  for (std::size_t i = 0; i < field.size(); ++i) {
    const char c = field[i];
    int value = 0;
    if (c >= '0' && c <= '9') {
      value = c - '0';
    } else if (c >= 'A' && c <= 'Z') {
      value = c - 'A' + 10;
    } else if (c != '<') {
      return std::nullopt;
    }
    sum = (sum + value * kWeights[i % 3]) % 10;
  }
  return sum;
}

}  // namespace raakvlak::linkage
