// When nightly runs start. Pure functions of a schedule entry and the time. Time zones are IANA
// names, read from the system's zone files through abseil (absl::TimeZone).
#ifndef RAAKVLAK_SERVER_MATCHER_SCHEDULE_H_
#define RAAKVLAK_SERVER_MATCHER_SCHEDULE_H_

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace raakvlak::matcher {

struct ScheduleEntry {
  std::string purpose_id;
  int hour = 0;
  int minute = 0;
  // Monday first.
  std::array<bool, 7> weekdays{};
  absl::TimeZone zone;
  // A start that was missed while the matcher was down (or could not be made) is made up for within
  // this time, once.
  absl::Duration missed_window = absl::Hours(4);

  // Names the entry in the journal; the same as long as purpose, time, days and zone are.
  std::string Name() const;
};

// `time` is "HH:MM"; `weekdays` are "mon" to "sun", or empty for every day. InvalidArgument says
// what is wrong.
absl::StatusOr<ScheduleEntry> MakeScheduleEntry(std::string_view purpose_id, std::string_view time,
                                                const std::vector<std::string>& weekdays,
                                                std::string_view zone,
                                                absl::Duration missed_window);

// The first start after `now`. A time that the clocks skip in spring starts at the moment they are
// put forward; one that they show twice in autumn starts at the first.
absl::Time NextStart(const ScheduleEntry& entry, absl::Time now);
// The last start at or before `now`.
absl::Time PreviousStart(const ScheduleEntry& entry, absl::Time now);

enum class ScheduleAction { kWait, kStart, kGiveUp };
struct ScheduleDecision {
  ScheduleAction action = ScheduleAction::kWait;
  // The start that it is about; to be marked once it was made or given up.
  absl::Time start;
};
// What to do now, when the last start that was made or given up is `mark` (InfinitePast for none:
// then nothing of the past is made up for).
ScheduleDecision Decide(const ScheduleEntry& entry, absl::Time mark, absl::Time now);

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_SCHEDULE_H_
