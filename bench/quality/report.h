// From a measured run to the data of its page (plot.h).
#ifndef RAAKVLAK_BENCH_QUALITY_REPORT_H_
#define RAAKVLAK_BENCH_QUALITY_REPORT_H_

#include <vector>

#include "bench/quality/measure.h"
#include "bench/quality/pipeline.h"
#include "bench/quality/plot.h"
#include "linkage/score/profile.h"

namespace raakvlak::bench {

PlotData MakePlotData(const linkage::Profile& profile,
                      const std::vector<linkage::RecordTable>& tables, const Run& run,
                      const Truth& truth);

}  // namespace raakvlak::bench

#endif  // RAAKVLAK_BENCH_QUALITY_REPORT_H_
