// `quality --pairs`: a file of labelled name pairs.
#ifndef RAAKVLAK_BENCH_QUALITY_PAIRS_FILE_H_
#define RAAKVLAK_BENCH_QUALITY_PAIRS_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "bench/quality/plot.h"
#include "linkage/fuzzy/name_pair.h"

namespace raakvlak::bench {

struct PairsFigures {
  double precision = 0;
  double recall = 0;
  double f1 = 0;
  double f1_best = 0;
  std::size_t pairs = 0;
  std::size_t true_pairs = 0;
  PlotData plot;
};

// A label is true if it is 1, true, yes, y, t, same or match, in any case.
absl::StatusOr<PairsFigures> MeasurePairs(const std::string& path, const std::string& left,
                                          const std::string& right, const std::string& label,
                                          linkage::NameKind kind);

}  // namespace raakvlak::bench

#endif  // RAAKVLAK_BENCH_QUALITY_PAIRS_FILE_H_
