// Dates of birth: every notation gives one value, and unknown never equals unknown.
#include "linkage/normalise/birth_date.h"

#include <gtest/gtest.h>

#include <string_view>

#include "linkage/normalise/normalise.h"

namespace raakvlak::linkage {
namespace {

TEST(BirthDateTest, NotationsOfOneDay) {
  for (std::string_view raw :
       {"19830526", "1983-05-26", "26-05-1983", "26-5-1983", "26/05/1983", "26.05.1983",
        "26 mei 1983", "26 May 1983", "May 26, 1983", "1983-05-26T00:00:00Z", "26-05-1983 00:00",
        "26051983", " 26 - 05 - 1983 ", "2６-05-1983"}) {
    const BirthDate date = ParseBirthDate(raw);
    ASSERT_TRUE(date.ok()) << raw << ": " << date.message;
    EXPECT_EQ(date.Compact(), "19830526") << raw;
  }
}

TEST(BirthDateTest, MonthsInDutch) {
  EXPECT_EQ(ParseBirthDate("1 maart 1980").Compact(), "19800301");
  EXPECT_EQ(ParseBirthDate("1 mrt. 1980").Compact(), "19800301");
  EXPECT_EQ(ParseBirthDate("3 okt 1980").Compact(), "19801003");
  EXPECT_EQ(ParseBirthDate("31 december 1999").Compact(), "19991231");
  EXPECT_FALSE(ParseBirthDate("3 xyz 1980").ok());
}

TEST(BirthDateTest, PartialForms) {
  EXPECT_EQ(ParseBirthDate("19830500").Compact(), "19830500");
  EXPECT_EQ(ParseBirthDate("1983-05").Compact(), "19830500");
  EXPECT_EQ(ParseBirthDate("mei 1983").Compact(), "19830500");
  EXPECT_EQ(ParseBirthDate("00-00-1963").Compact(), "19630000");
  EXPECT_EQ(ParseBirthDate("1963").Compact(), "19630000");
  EXPECT_FALSE(ParseBirthDate("19630012").ok());
}

TEST(BirthDateTest, UnknownIsReadButNeverAValue) {
  for (std::string_view raw : {"00000000", "00-00-0000", "0000-00-00", "onbekend", "-"}) {
    EXPECT_TRUE(ParseBirthDate(raw).ok()) << raw;
    EXPECT_TRUE(ParseBirthDate(raw).unknown()) << raw;
    EXPECT_EQ(Normalise(IdentifierType::kBirthDate, raw).reason, RefusalReason::kUnknown) << raw;
  }
}

TEST(BirthDateTest, ImpossibleDates) {
  EXPECT_TRUE(ParseBirthDate("20000229").ok());
  for (std::string_view raw :
       {"19000229", "31-04-1980", "19831301", "17000526", "2101-01-01", "32-01-1980"}) {
    EXPECT_EQ(ParseBirthDate(raw).reason, RefusalReason::kOutOfRange) << raw;
  }
}

TEST(BirthDateTest, TheCenturyIsNotGuessed) {
  EXPECT_EQ(ParseBirthDate("26-05-83").reason, RefusalReason::kIncomplete);
  EXPECT_EQ(ParseBirthDate("26 mei '83").reason, RefusalReason::kStructure);
}

TEST(BirthDateTest, AmericanOrderWhereTold) {
  EXPECT_EQ(ParseBirthDate("5/26/1983", DateOrder::kMonthDayYear).Compact(), "19830526");
  EXPECT_FALSE(ParseBirthDate("5/26/1983").ok());
  EXPECT_EQ(ParseBirthDate("1983-05-26", DateOrder::kMonthDayYear).Compact(), "19830526");
}

TEST(BirthDateTest, FirstOfJanuaryIsWeak) {
  EXPECT_EQ(Normalise(IdentifierType::kBirthDate, "1 jan. 1980").flags, kFlagWeakDate);
  EXPECT_EQ(Normalise(IdentifierType::kBirthDate, "2 jan. 1980").flags, 0u);
  EXPECT_EQ(Normalise(IdentifierType::kBirthDate, "1980").flags, kFlagWeakDate);
}

TEST(BirthDateTest, Display) {
  EXPECT_EQ(ParseBirthDate("26-05-1983").Display(), "1983-05-26");
  EXPECT_EQ(ParseBirthDate("1983-05").Display(), "1983-05");
  EXPECT_EQ(ParseBirthDate("00000000").Display(), "unknown");
}

TEST(NameBirthDateTest, IsOneInputOfBoth) {
  const PersonName name = ParsePersonName("Jan Peter van Maassen");
  const NormaliseResult compound = NormaliseNameBirthDate(name, ParseBirthDate("26-05-1983"));
  EXPECT_EQ(compound.value, NormalisePersonName(name).value + "|19830526");
  const NormaliseResult umlaut =
      NormaliseNameBirthDate(ParsePersonName("Jan Müller"), ParseBirthDate("1980-01-01"));
  ASSERT_EQ(umlaut.alternatives.size(), 1u);
  EXPECT_EQ(umlaut.alternatives[0], "janmueller|19800101");
  EXPECT_EQ(umlaut.flags, kFlagWeakDate);
}

TEST(NameBirthDateTest, NeedsBothParts) {
  const PersonName name = ParsePersonName("Jan Jansen");
  EXPECT_EQ(NormaliseNameBirthDate(name, ParseBirthDate("00000000")).reason,
            RefusalReason::kUnknown);
  EXPECT_EQ(NormaliseNameBirthDate(name, ParseBirthDate("1980")).reason,
            RefusalReason::kIncomplete);
  EXPECT_EQ(NormaliseNameBirthDate(ParsePersonName("NN"), ParseBirthDate("19800102")).reason,
            RefusalReason::kPlaceholder);
  EXPECT_EQ(Normalise(IdentifierType::kNameBirthDate, "Jan Jansen 1980").reason,
            RefusalReason::kIncomplete);
}

}  // namespace
}  // namespace raakvlak::linkage
