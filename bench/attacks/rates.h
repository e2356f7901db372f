// How much the attacks got right, counted by those who know the truth.
#ifndef RAAKVLAK_BENCH_ATTACKS_RATES_H_
#define RAAKVLAK_BENCH_ATTACKS_RATES_H_

#include <cstddef>
#include <nlohmann/json.hpp>

#include "bench/attacks/capture.h"
#include "bench/attacks/dutch_people.h"

namespace raakvlak::bench {

// To six digits.
double Rounded(double value);
double Share(std::size_t part, std::size_t whole);

// Runs all attacks on what the matcher held, records named by row. `keys` are those that the second
// agency of a pair gives the matcher. What comes back is to be printed:
//   encoded_records, candidate_pairs, surname_clusters;
//   equal_pairs: pairs that agree in every field, and how many of them are one person by the truth
//     (nearly all, or capture and truth do not belong together);
//   patterns_across_blocks; matcher_alone: rates by attack; matcher_with_agency.
nlohmann::ordered_json AttackRates(const Capture& capture, const BlockKeys& keys,
                                   const Agencies& people);

}  // namespace raakvlak::bench

#endif  // RAAKVLAK_BENCH_ATTACKS_RATES_H_
