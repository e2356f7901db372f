// Keys, bounds and defaults.
#include "server/matcher/options.h"

#include <memory>
#include <utility>

#include "server/common/config.h"

namespace raakvlak::matcher {

absl::StatusOr<MatcherOptions> LoadMatcherOptions(const std::string& path) {
  absl::StatusOr<std::unique_ptr<common::ConfigFile>> file = common::ConfigFile::Load(path);
  if (!file.ok()) return file.status();
  common::ConfigSection root = (*file)->root();
  MatcherOptions options;
  options.host.address = root.String("listen", "0.0.0.0:7443");
  options.host.metrics_address = root.String("metrics", "");
  options.log_level =
      root.Choice("log_level", {"trace", "debug", "info", "warn", "error", "off"}, "info");
  options.runs.data_dir = root.Path("data_dir");
  options.roster_path = root.Path("roster");
  options.signing_key_path = root.Path("signing_key");
  options.purposes_dir = root.Path("purposes_dir", "");

  common::ConfigSection tls = root.Section("tls");
  options.host.tls.ca = tls.Path("ca");
  options.host.tls.cert = tls.Path("cert");
  options.host.tls.key = tls.Path("key");

  common::ConfigSection run = root.Section("run");
  options.runs.run_timeout = run.Duration(
      "timeout",
      {.minimum = absl::Minutes(1), .maximum = absl::Hours(48), .default_value = absl::Hours(2)});
  options.runs.node_absence = run.Duration("node_absence", {.minimum = absl::Seconds(5),
                                                            .maximum = absl::Hours(24),
                                                            .default_value = absl::Minutes(10)});
  options.runs.allow_smaller_attempts = run.Bool("allow_smaller_attempts", true);
  options.runs.default_epoch = static_cast<std::uint64_t>(
      run.Integer("default_epoch", {.minimum = 1, .maximum = 1'000'000, .default_value = 1}));
  options.runs.default_normaliser_version =
      run.String("default_normaliser_version", "raakvlak-normalise/1");

  common::ConfigSection limits = root.Section("limits");
  options.runs.limits.max_tags_per_set = static_cast<std::uint64_t>(limits.Integer(
      "max_tags_per_set", {.minimum = 1, .maximum = 1'000'000'000, .default_value = 50'000'000}));
  options.runs.limits.max_records = static_cast<std::uint64_t>(limits.Integer(
      "max_records", {.minimum = 1, .maximum = 100'000'000, .default_value = 10'000'000}));
  options.runs.limits.max_shared_values = static_cast<std::uint64_t>(limits.Integer(
      "max_shared_values", {.minimum = 1, .maximum = 400'000'000, .default_value = 40'000'000}));
  options.host.max_threads = static_cast<int>(
      limits.Integer("max_calls", {.minimum = 16, .maximum = 4096, .default_value = 128}));

  for (common::ConfigSection& entry : root.Sections("schedule")) {
    const std::string purpose = entry.String("purpose");
    const std::string time = entry.String("time");
    const std::vector<std::string> weekdays = entry.Strings("weekdays");
    const std::string zone = entry.String("time_zone", "Europe/Amsterdam");
    const absl::Duration window =
        entry.Duration("missed_window", {.minimum = absl::ZeroDuration(),
                                         .maximum = absl::Hours(24),
                                         .default_value = absl::Hours(4)});
    absl::StatusOr<ScheduleEntry> made = MakeScheduleEntry(purpose, time, weekdays, zone, window);
    if (made.ok()) {
      options.schedule.push_back(*std::move(made));
    } else {
      entry.Mistake("", std::string(made.status().message()));
    }
  }
  if (absl::Status s = (*file)->Finish(); !s.ok()) return s;
  return options;
}

}  // namespace raakvlak::matcher
