// A self-contained HTML page about a measured run: the figures, a histogram of match weights, the
// precision-recall curve, examples of each kind of mistake, the blocking plan. For labelled data
// only: it shows values.
#ifndef RAAKVLAK_BENCH_QUALITY_PLOT_H_
#define RAAKVLAK_BENCH_QUALITY_PLOT_H_

#include <string>
#include <utility>
#include <vector>

namespace raakvlak::bench {

// A candidate (or scored pair) and whether it is true.
struct WeighedPair {
  double weight = 0;  // match weight in bits, or a similarity
  bool right = false;
};

struct Mistake {
  std::string kind;  // "false link", "scored too low", "never compared"
  std::string left;
  std::string right;
  std::string detail;  // agreement level of each field
};

struct PlotData {
  std::string title;
  std::vector<std::pair<std::string, double>> figures;
  std::string weight_name;
  double threshold = 0;
  // Best first, each record used once.
  std::vector<WeighedPair> ranked;
  double true_pairs = 0;
  std::vector<Mistake> mistakes;
  std::vector<std::string> plan;  // a line a key; may be empty
};

std::string RenderPlot(const PlotData& data);

}  // namespace raakvlak::bench

#endif  // RAAKVLAK_BENCH_QUALITY_PLOT_H_
