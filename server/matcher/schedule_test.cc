#include "server/matcher/schedule.h"

#include <gtest/gtest.h>

namespace raakvlak::matcher {
namespace {

ScheduleEntry Entry(std::string_view time, const std::vector<std::string>& days = {},
                    std::string_view zone = "Europe/Amsterdam") {
  absl::StatusOr<ScheduleEntry> entry =
      MakeScheduleEntry("harbour", time, days, zone, absl::Hours(4));
  EXPECT_TRUE(entry.ok()) << entry.status();
  return *entry;
}

absl::Time Utc(const std::string& text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M:%S", text, &time, &error)) << error;
  return time;
}

TEST(ScheduleTest, StartsTodayOrTomorrow) {
  const ScheduleEntry entry = Entry("02:30");
  // January: Amsterdam is an hour ahead of UTC.
  EXPECT_EQ(NextStart(entry, Utc("2026-01-10 01:29:59")), Utc("2026-01-10 01:30:00"));
  EXPECT_EQ(NextStart(entry, Utc("2026-01-10 01:30:00")), Utc("2026-01-11 01:30:00"));
  EXPECT_EQ(PreviousStart(entry, Utc("2026-01-10 01:30:00")), Utc("2026-01-10 01:30:00"));
  EXPECT_EQ(PreviousStart(entry, Utc("2026-01-10 01:29:59")), Utc("2026-01-09 01:30:00"));
  // Late evening in UTC is the next day in Amsterdam.
  EXPECT_EQ(NextStart(Entry("00:15"), Utc("2026-01-10 23:00:00")), Utc("2026-01-10 23:15:00"));
}

TEST(ScheduleTest, KeepsToItsWeekdays) {
  const ScheduleEntry entry = Entry("02:30", {"mon", "fri"});
  // 10 January 2026 is a Saturday.
  EXPECT_EQ(NextStart(entry, Utc("2026-01-10 12:00:00")), Utc("2026-01-12 01:30:00"));
  EXPECT_EQ(NextStart(entry, Utc("2026-01-12 01:30:00")), Utc("2026-01-16 01:30:00"));
  EXPECT_EQ(PreviousStart(entry, Utc("2026-01-15 12:00:00")), Utc("2026-01-12 01:30:00"));
}

TEST(ScheduleTest, ASkippedHourStartsWhenTheClocksGoForward) {
  // 29 March 2026, 02:00 becomes 03:00 (01:00 UTC): there is no 02:30.
  const ScheduleEntry entry = Entry("02:30");
  EXPECT_EQ(NextStart(entry, Utc("2026-03-28 12:00:00")), Utc("2026-03-29 01:00:00"));
  EXPECT_EQ(NextStart(entry, Utc("2026-03-29 01:00:00")), Utc("2026-03-30 00:30:00"));
}

TEST(ScheduleTest, ARepeatedHourStartsOnce) {
  // 25 October 2026, 03:00 becomes 02:00 (01:00 UTC): 02:30 comes twice.
  const ScheduleEntry entry = Entry("02:30");
  EXPECT_EQ(NextStart(entry, Utc("2026-10-24 12:00:00")), Utc("2026-10-25 00:30:00"));
  EXPECT_EQ(NextStart(entry, Utc("2026-10-25 00:30:00")), Utc("2026-10-26 01:30:00"));
  EXPECT_EQ(PreviousStart(entry, Utc("2026-10-25 01:45:00")), Utc("2026-10-25 00:30:00"));
}

TEST(ScheduleTest, EveryStartOfAYearIsFoundFromBothSides) {
  const ScheduleEntry entry = Entry("02:30", {"tue", "sun"});
  absl::Time now = Utc("2026-01-01 00:00:00");
  int starts = 0;
  while (now < Utc("2027-01-01 00:00:00")) {
    const absl::Time next = NextStart(entry, now);
    ASSERT_GT(next, now);
    EXPECT_LE(next - now, absl::Hours(24 * 6));
    EXPECT_EQ(PreviousStart(entry, next), next);
    EXPECT_LE(PreviousStart(entry, next - absl::Seconds(1)), now);
    now = next;
    ++starts;
  }
  EXPECT_EQ(starts, 52 + 52 + 1);
}

TEST(ScheduleTest, MissedStartsAreMadeUpForOnceWithinTheWindow) {
  const ScheduleEntry entry = Entry("02:30");
  const absl::Time start = Utc("2026-01-10 01:30:00");
  const absl::Time before = start - absl::Hours(24);
  EXPECT_EQ(Decide(entry, before, start - absl::Seconds(1)).action, ScheduleAction::kWait);
  EXPECT_EQ(Decide(entry, before, start).action, ScheduleAction::kStart);
  EXPECT_EQ(Decide(entry, before, start).start, start);
  EXPECT_EQ(Decide(entry, before, start + absl::Hours(4)).action, ScheduleAction::kStart);
  EXPECT_EQ(Decide(entry, start, start + absl::Hours(4)).action, ScheduleAction::kWait);
  EXPECT_EQ(Decide(entry, before, start + absl::Hours(5)).action, ScheduleAction::kGiveUp);
  // Days of downtime: one start at most, never one for each day.
  EXPECT_EQ(Decide(entry, before - absl::Hours(24 * 9), start + absl::Hours(1)).start, start);
  // A new entry makes up for nothing.
  EXPECT_EQ(Decide(entry, absl::InfinitePast(), start + absl::Hours(1)).action,
            ScheduleAction::kGiveUp);
}

TEST(ScheduleTest, RefusesWhatItCannotRead) {
  for (const char* time : {"", "2:30", "24:00", "02:60", "02-30", "0a:00", "02:300"}) {
    EXPECT_FALSE(MakeScheduleEntry("p", time, {}, "UTC", absl::Hours(1)).ok()) << time;
  }
  EXPECT_FALSE(MakeScheduleEntry("p", "02:30", {"monday"}, "UTC", absl::Hours(1)).ok());
  EXPECT_FALSE(MakeScheduleEntry("p", "02:30", {}, "Europe/Atlantis", absl::Hours(1)).ok());
  EXPECT_FALSE(MakeScheduleEntry("p", "02:30", {}, "", absl::Hours(1)).ok());
}

}  // namespace
}  // namespace raakvlak::matcher
