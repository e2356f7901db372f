// How far a run is that is being watched, as one bar that never goes back.
#ifndef RAAKVLAK_CLIENT_COMMANDS_RUN_PROGRESS_H_
#define RAAKVLAK_CLIENT_COMMANDS_RUN_PROGRESS_H_

#include <cstdint>
#include <map>
#include <string>

#include "raakvlak/v1/coordination.pb.h"

namespace raakvlak::client {

// Takes the summaries of one run in order. Not thread-safe.
class RunProgress {
 public:
  // For Session::Progress.
  struct Bar {
    std::string label;
    // `total` 0: not known, or none in this state.
    uint64_t done = 0;
    uint64_t total = 0;
  };
  // While agencies evaluate, each counts for the same part of the bar, whatever its size: as far
  // as it ever was in this attempt, and nothing until its total is known. Another attempt begins
  // anew.
  Bar Take(const v1::RunSummary& run);

 private:
  uint32_t attempt_ = 0;
  // Of kWhole, by agency.
  std::map<std::string, uint64_t> reached_;
};

}  // namespace raakvlak::client

#endif  // RAAKVLAK_CLIENT_COMMANDS_RUN_PROGRESS_H_
