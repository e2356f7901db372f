// Keccak[r=1088, c=512] (The Keccak reference, version 3.0), for the check digits of EIP-55.
#include "linkage/normalise/keccak.h"

#include <bit>
#include <cstddef>

namespace raakvlak::linkage {
namespace {

constexpr std::size_t kRate = 136;

using State = std::array<std::uint64_t, 25>;  // lane (x, y) at x + 5 y

// Rotation offsets of rho by lane, computed from the walk of section 1.2 of the reference.
constexpr std::array<int, 25> MakeOffsets() {
  std::array<int, 25> offsets{};
  std::size_t x = 1;
  std::size_t y = 0;
  for (int t = 0; t < 24; ++t) {
    offsets[x + 5 * y] = (t + 1) * (t + 2) / 2 % 64;
    const std::size_t next = (2 * x + 3 * y) % 5;
    x = y;
    y = next;
  }
  return offsets;
}

// Round constants from the degree-8 shift register x^8 + x^6 + x^5 + x^4 + 1.
constexpr std::array<std::uint64_t, 24> MakeRoundConstants() {
  std::array<std::uint64_t, 24> constants{};
  std::uint8_t lfsr = 1;
  for (auto& constant : constants) {
    for (int j = 0; j <= 6; ++j) {
      if (lfsr & 1) constant |= std::uint64_t{1} << ((1 << j) - 1);
      const bool carry = (lfsr & 0x80) != 0;
      lfsr = static_cast<std::uint8_t>(lfsr << 1);
      if (carry) lfsr ^= 0x71;
    }
  }
  return constants;
}

constexpr auto kOffsets = MakeOffsets();
constexpr auto kRoundConstants = MakeRoundConstants();

void Permute(State& a) {
  for (std::uint64_t constant : kRoundConstants) {
    std::array<std::uint64_t, 5> c;
    for (std::size_t x = 0; x < 5; ++x) c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    for (std::size_t x = 0; x < 5; ++x) {
      const std::uint64_t d = c[(x + 4) % 5] ^ std::rotl(c[(x + 1) % 5], 1);
      for (std::size_t y = 0; y < 25; y += 5) a[x + y] ^= d;
    }
    State b;
    for (std::size_t x = 0; x < 5; ++x) {
      for (std::size_t y = 0; y < 5; ++y) {
        b[y + 5 * ((2 * x + 3 * y) % 5)] = std::rotl(a[x + 5 * y], kOffsets[x + 5 * y]);
      }
    }
    for (std::size_t x = 0; x < 5; ++x) {
      for (std::size_t y = 0; y < 25; y += 5) {
        a[x + y] = b[x + y] ^ (~b[(x + 1) % 5 + y] & b[(x + 2) % 5 + y]);
      }
    }
    a[0] ^= constant;
  }
}

void Absorb(State& state, std::size_t position, std::uint8_t byte) {
  state[position / 8] ^= std::uint64_t{byte} << (8 * (position % 8));
}

}  // namespace

std::array<std::uint8_t, 32> Keccak256(std::string_view message) {
  State state{};
  std::size_t position = 0;
  for (char c : message) {
    Absorb(state, position, static_cast<std::uint8_t>(c));
    if (++position == kRate) {
      Permute(state);
      position = 0;
    }
  }
  Absorb(state, position, 0x01);
  Absorb(state, kRate - 1, 0x80);
  Permute(state);
  std::array<std::uint8_t, 32> digest;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    digest[i] = static_cast<std::uint8_t>(state[i / 8] >> (8 * (i % 8)));
  }
  return digest;
}

}  // namespace raakvlak::linkage
