// Precision, recall and exposure of a run against the truth column, which nothing else reads.
#ifndef RAAKVLAK_BENCH_QUALITY_MEASURE_H_
#define RAAKVLAK_BENCH_QUALITY_MEASURE_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "bench/quality/pipeline.h"

namespace raakvlak::bench {

// The entity of every record of every file; an empty text is an entity of its own.
using Truth = std::vector<std::vector<std::string>>;

struct PairFigures {
  std::size_t first = 0;
  std::size_t second = 0;
  std::uint64_t true_pairs = 0;
  // Links as reported: of the groups, which a third agency may have helped to find.
  double precision = 0;
  double recall = 0;
  double f1 = 0;
  double f1_best = 0;  // at the threshold that would have been best for these two files alone
  // Links between these two files alone, as if no third took part.
  double direct_precision = 0;
  double direct_recall = 0;
  double direct_f1 = 0;
  std::uint64_t candidate_pairs = 0;
  double blocking_recall = 0;
  double exposed_share = 0;
  bool few_own_pairs = false;
};

// Exposure: the share of records without a true match in the counterpart's file that share a block
// with it. Where fewer than 100 records are without a match: of all records, the share that meet a
// record that is not their match, which is what they would lose if they had none.
std::vector<PairFigures> Measure(const Run& run, const Truth& truth);

// The same of all counterparts together, which is what a purpose has a ceiling for: the share of
// records without a true match in any other file that share a block with one of them; of all
// records where fewer than 100 are without.
double ExposedToAny(const Run& run, const Truth& truth);

double F1(double precision, double recall);

// The best F1 over all cuts of a list ranked best first; `right[i]` tells whether item i is a true
// link and `total` how many there are.
double BestF1(const std::vector<std::uint8_t>& right, double total);

}  // namespace raakvlak::bench

#endif  // RAAKVLAK_BENCH_QUALITY_MEASURE_H_
