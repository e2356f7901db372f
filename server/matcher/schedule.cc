// Civil time to absolute time and back.
#include "server/matcher/schedule.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"

namespace raakvlak::matcher {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

bool OnDay(const ScheduleEntry& entry, absl::CivilDay day) {
  // absl::Weekday counts from Monday.
  return entry.weekdays[static_cast<std::size_t>(absl::GetWeekday(day))];
}

absl::Time StartOn(const ScheduleEntry& entry, absl::CivilDay day) {
  const absl::CivilSecond civil(day.year(), day.month(), day.day(), entry.hour, entry.minute);
  const absl::TimeZone::TimeInfo info = entry.zone.At(civil);
  return info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans : info.pre;
}

}  // namespace

std::string ScheduleEntry::Name() const {
  std::string days;
  for (std::size_t i = 0; i < weekdays.size(); ++i) {
    if (weekdays[i]) absl::StrAppend(&days, days.empty() ? "" : ",", std::string(kDays[i]));
  }
  return absl::StrCat(purpose_id, " ", absl::Dec(hour, absl::kZeroPad2), ":",
                      absl::Dec(minute, absl::kZeroPad2), " ", days, " ", zone.name());
}

absl::StatusOr<ScheduleEntry> MakeScheduleEntry(std::string_view purpose_id, std::string_view time,
                                                const std::vector<std::string>& weekdays,
                                                std::string_view zone,
                                                absl::Duration missed_window) {
  ScheduleEntry entry;
  entry.purpose_id = std::string(purpose_id);
  entry.missed_window = missed_window;
  auto digit = [&](std::size_t i) { return time[i] >= '0' && time[i] <= '9'; };
  if (time.size() != 5 || time[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4)) {
    return absl::InvalidArgumentError("time must be HH:MM, for example \"02:30\"");
  }
  entry.hour = (time[0] - '0') * 10 + (time[1] - '0');
  entry.minute = (time[3] - '0') * 10 + (time[4] - '0');
  if (entry.hour > 23 || entry.minute > 59) {
    return absl::InvalidArgumentError("time must lie between 00:00 and 23:59");
  }
  for (const std::string& day : weekdays) {
    const auto found = std::find(kDays.begin(), kDays.end(), day);
    if (found == kDays.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", day, "\" is no weekday; write mon, tue, wed, thu, fri, sat or sun"));
    }
    entry.weekdays[static_cast<std::size_t>(found - kDays.begin())] = true;
  }
  if (weekdays.empty()) entry.weekdays.fill(true);
  if (zone.empty() || !absl::LoadTimeZone(std::string(zone), &entry.zone)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", std::string(zone),
                     "\" is no time zone of this system; write an IANA name like"
                     " \"Europe/Amsterdam\" (package tzdata)"));
  }
  return entry;
}

absl::Time NextStart(const ScheduleEntry& entry, absl::Time now) {
  const absl::CivilDay today = absl::ToCivilDay(now, entry.zone);
  // A week and a day either side covers every weekday, whatever the clocks do.
  for (absl::CivilDay day = today - 1; day <= today + 8; ++day) {
    if (!OnDay(entry, day)) continue;
    if (const absl::Time start = StartOn(entry, day); start > now) return start;
  }
  return absl::InfiniteFuture();
}

absl::Time PreviousStart(const ScheduleEntry& entry, absl::Time now) {
  const absl::CivilDay today = absl::ToCivilDay(now, entry.zone);
  for (absl::CivilDay day = today + 1; day >= today - 8; --day) {
    if (!OnDay(entry, day)) continue;
    if (const absl::Time start = StartOn(entry, day); start <= now) return start;
  }
  return absl::InfinitePast();
}

ScheduleDecision Decide(const ScheduleEntry& entry, absl::Time mark, absl::Time now) {
  const absl::Time start = PreviousStart(entry, now);
  if (mark == absl::InfinitePast()) return {ScheduleAction::kGiveUp, start};
  if (start <= mark) return {ScheduleAction::kWait, start};
  if (now - start <= entry.missed_window) return {ScheduleAction::kStart, start};
  return {ScheduleAction::kGiveUp, start};
}

}  // namespace raakvlak::matcher
