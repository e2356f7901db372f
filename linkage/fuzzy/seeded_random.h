// A small seeded generator (SplitMix64): the same stream on every machine and standard library,
// which std distributions do not promise. For simulation and sampling, never for secrets.
#ifndef RAAKVLAK_LINKAGE_FUZZY_SEEDED_RANDOM_H_
#define RAAKVLAK_LINKAGE_FUZZY_SEEDED_RANDOM_H_

#include <cstdint>

namespace raakvlak::linkage {

class SeededRandom {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}

  std::uint64_t Next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }
  // Below `bound`, which is not 0; the bias is under 2^-32 for the bounds used here.
  std::uint64_t Below(std::uint64_t bound) { return Next() % bound; }
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }
  bool Chance(double probability) { return Unit() < probability; }

 private:
  std::uint64_t state_;
};

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_FUZZY_SEEDED_RANDOM_H_
