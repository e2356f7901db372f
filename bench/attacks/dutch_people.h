// Made-up people of the Netherlands: surnames and given names as frequent as real ones, for attacks
// that guess by frequency. Deterministic for a seed.
#ifndef RAAKVLAK_BENCH_ATTACKS_DUTCH_PEOPLE_H_
#define RAAKVLAK_BENCH_ATTACKS_DUTCH_PEOPLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "linkage/fuzzy/seeded_random.h"
#include "linkage/score/profile.h"

namespace raakvlak::bench {

// A public list: names, normalised, and how many bear them, most frequent first.
//
// Surnames: the 60 most frequent of the Nederlandse Familienamenbank (Meertens Instituut; municipal
// registers of 2007), with the counts of the first 25; from there counts fall by a power of the
// rank until they add up to the population. The names behind the 60 are composed of Dutch stems and
// endings. Given names: frequent ones of the Nederlandse Voornamenbank, by Zipf's law, with
// composed ones behind them.
struct PublicNames {
  std::vector<std::string> names;
  std::vector<double> shares;  // sum to 1
};

PublicNames DutchSurnames();
PublicNames DutchGivenNames();

struct Agencies {
  linkage::Profile profile;  // given name, surname, date of birth, postcode, phone
  std::vector<linkage::RecordTable> tables;
  // [agency][row]: who it is; and the surname as it stands there.
  std::vector<std::vector<std::uint32_t>> subjects;
};

struct PopulationOptions {
  std::uint64_t seed = 1;
  std::size_t agencies = 2;
  std::size_t records = 10'000;  // an agency
  // Share of an agency's people that the other agencies know as well.
  double overlap = 0.3;
  // Chance that a field is misspelt, that it is missing.
  double typo = 0.08;
  double missing = 0.03;
  // Share of people who live with one of the same surname that the agency knows too.
  double households = 0.2;
};

Agencies MakeAgencies(const PopulationOptions& options);

}  // namespace raakvlak::bench

#endif  // RAAKVLAK_BENCH_ATTACKS_DUTCH_PEOPLE_H_
