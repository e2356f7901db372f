// The matcher's configuration file (deploy/matcher.toml documents every key).
#ifndef RAAKVLAK_SERVER_MATCHER_OPTIONS_H_
#define RAAKVLAK_SERVER_MATCHER_OPTIONS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/common/service_host.h"
#include "server/matcher/runs.h"
#include "server/matcher/schedule.h"

namespace raakvlak::matcher {

struct MatcherOptions {
  common::ServiceHostOptions host;
  std::string log_level;
  std::string roster_path;
  std::string signing_key_path;
  // Signed purposes registered at every start; empty for none.
  std::string purposes_dir;
  RunsOptions runs;
  std::vector<ScheduleEntry> schedule;
};

// All mistakes at once, with file and line.
absl::StatusOr<MatcherOptions> LoadMatcherOptions(const std::string& path);

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_OPTIONS_H_
