// Dates of birth; see the header.
#include "linkage/normalise/birth_date.h"

#include <array>
#include <cstddef>
#include <cstdio>
#include <vector>

#include "linkage/normalise/compact.h"
#include "linkage/normalise/text.h"

namespace raakvlak::linkage {
namespace {

constexpr int kFirstYear = 1850;
constexpr int kLastYear = 2100;

BirthDate Refuse(RefusalReason reason, std::string_view message) {
  BirthDate date;
  date.reason = reason;
  date.message = message;
  return date;
}

BirthDate NotADate() {
  return Refuse(RefusalReason::kStructure,
                "not a date: write yyyymmdd, yyyy-mm-dd or dd-mm-yyyy, zeros for unknown parts");
}

int DaysIn(int year, int month) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return kDays[static_cast<std::size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
}

BirthDate Make(int year, int month, int day) {
  if (year == 0) {
    // Nothing is known, or only parts that narrow nothing down.
    return {};
  }
  if (year < kFirstYear || year > kLastYear) {
    return Refuse(RefusalReason::kOutOfRange, "the year is not between 1850 and 2100");
  }
  if (month > 12 || day > 31 || (month == 0 && day != 0) ||
      (month != 0 && day > DaysIn(year, month))) {
    return Refuse(RefusalReason::kOutOfRange, "there is no such date");
  }
  BirthDate date;
  date.year = year;
  date.month = month;
  date.day = day;
  return date;
}

int Number(std::string_view digits) {
  int value = 0;
  for (char c : digits) value = value * 10 + (c - '0');
  return value;
}

// Dutch, English, German and French month names and their usual abbreviations, by their first
// letters.
int Month(std::string_view word) {
  struct Name {
    std::string_view start;
    int month;
  };
  static constexpr std::array<Name, 24> kNames = {
      {{"jan", 1}, {"feb", 2}, {"fev", 2},   {"maart", 3}, {"march", 3}, {"mar", 3},
       {"mrt", 3}, {"mrz", 3}, {"maerz", 3}, {"apr", 4},   {"avr", 4},   {"mei", 5},
       {"may", 5}, {"mai", 5}, {"juin", 6},  {"jun", 6},   {"juil", 7},  {"jul", 7},
       {"aug", 8}, {"aou", 8}, {"sep", 9},   {"okt", 10},  {"oct", 10},  {"nov", 11}}};
  if (word.substr(0, 3) == "dec" || word.substr(0, 3) == "dez") return 12;
  for (const Name& name : kNames) {
    if (word.substr(0, name.start.size()) == name.start) return name.month;
  }
  return 0;
}

// Splits into runs of digits and runs of letters; separators are space . - / , and ' (as in '83,
// which is refused later). False at anything else.
bool Split(std::string_view text, std::vector<std::string_view>& parts) {
  std::size_t i = 0;
  while (i < text.size()) {
    const std::size_t start = i;
    if (IsDigit(text[i])) {
      while (i < text.size() && IsDigit(text[i])) ++i;
    } else if (IsLower(text[i])) {
      while (i < text.size() && IsLower(text[i])) ++i;
    } else if (std::string_view(" .-/,").find(text[i]) != std::string_view::npos) {
      ++i;
      continue;
    } else {
      return false;
    }
    parts.push_back(text.substr(start, i - start));
    if (parts.size() > 4) return false;
  }
  return true;
}

// Cuts a time of day off: "t00:00:00z", " 00:00", " 12:30:00+01:00".
std::string_view WithoutTime(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon < 3) return text;
  std::size_t start = colon;
  while (start > 0 && IsDigit(text[start - 1])) --start;
  if (start == colon || start == 0) return text;
  if (text[start - 1] != 't' && text[start - 1] != ' ') return text;
  for (char c : text.substr(start)) {
    if (!IsDigit(c) && std::string_view(":.+-z ampt").find(c) == std::string_view::npos)
      return text;
  }
  return text.substr(0, start - 1);
}

BirthDate FromDigits(std::string_view digits) {
  if (digits.size() == 4) return Make(Number(digits), 0, 0);
  if (digits.size() != 8) {
    return Refuse(RefusalReason::kLength, "a date in digits alone is yyyymmdd, or yyyy");
  }
  const BirthDate date =
      Make(Number(digits.substr(0, 4)), Number(digits.substr(4, 2)), Number(digits.substr(6)));
  if (date.ok() && (!date.unknown() || AllZeros(digits))) return date;
  // ddmmyyyy: no text is a date in both ways, as 18 to 21 is never a month.
  const BirthDate other =
      Make(Number(digits.substr(4)), Number(digits.substr(2, 2)), Number(digits.substr(0, 2)));
  if (other.ok() && !other.unknown()) return other;
  return date.ok() ? NotADate() : date;
}

BirthDate TwoDigitYear() {
  return Refuse(RefusalReason::kIncomplete,
                "a year of two digits leaves the century open: write four");
}

}  // namespace

std::string BirthDate::Compact() const {
  std::array<char, 48> buffer;
  const int length = std::snprintf(buffer.data(), buffer.size(), "%04d%02d%02d", year, month, day);
  return {buffer.data(), static_cast<std::size_t>(length)};
}

std::string BirthDate::Display() const {
  if (unknown()) return "unknown";
  const std::string compact = Compact();
  std::string out = compact.substr(0, 4);
  if (month != 0) out += "-" + compact.substr(4, 2);
  if (day != 0) out += "-" + compact.substr(6, 2);
  return out;
}

BirthDate ParseBirthDate(std::string_view raw, DateOrder order) {
  if (raw.size() > kMaxRawLength) {
    return Refuse(RefusalReason::kTooLong, "longer than any date");
  }
  if (!IsValidUtf8(raw)) {
    return Refuse(RefusalReason::kInvalidUtf8, "not UTF-8: check the encoding of the file");
  }
  const std::string folded = FoldText(raw);
  if (folded.empty()) {
    return raw.empty() || CleanText(raw).empty() ? Refuse(RefusalReason::kEmpty, "empty")
                                                 : NotADate();
  }
  if (IsPlaceholderText(folded)) return {};
  std::vector<std::string_view> parts;
  if (!Split(WithoutTime(folded), parts) || parts.empty()) return NotADate();
  if (parts.size() == 1) return IsDigit(parts[0][0]) ? FromDigits(parts[0]) : NotADate();

  if (parts.size() == 2) {
    // yyyy-mm, mm-yyyy, "mei 1983"
    if (!IsDigit(parts[0][0])) {
      const int month = Month(parts[0]);
      if (month == 0 || parts[1].size() != 4 || !IsDigit(parts[1][0])) return NotADate();
      return Make(Number(parts[1]), month, 0);
    }
    if (!IsDigit(parts[1][0])) return NotADate();
    if (parts[0].size() == 4 && parts[1].size() <= 2) {
      return Make(Number(parts[0]), Number(parts[1]), 0);
    }
    if (parts[1].size() == 4 && parts[0].size() <= 2) {
      return Make(Number(parts[1]), Number(parts[0]), 0);
    }
    return NotADate();
  }
  if (parts.size() != 3) return NotADate();

  int named_month = 0;
  std::vector<std::string_view> numbers;
  for (std::size_t i = 0; i < 3; ++i) {
    if (IsDigit(parts[i][0])) {
      numbers.push_back(parts[i]);
    } else if (i < 2 && named_month == 0) {
      named_month = Month(parts[i]);
      if (named_month == 0) return NotADate();
    } else {
      return NotADate();
    }
  }
  for (std::string_view number : numbers) {
    if (number.size() > 4 || number.size() == 3) return NotADate();
  }
  if (named_month != 0) {
    const bool year_first = numbers[0].size() == 4;
    const std::string_view year = year_first ? numbers[0] : numbers[1];
    const std::string_view day = year_first ? numbers[1] : numbers[0];
    if (day.size() > 2) return NotADate();
    if (year.size() != 4) return TwoDigitYear();
    return Make(Number(year), named_month, Number(day));
  }
  if (numbers[0].size() == 4) {
    if (numbers[1].size() > 2 || numbers[2].size() > 2) return NotADate();
    return Make(Number(numbers[0]), Number(numbers[1]), Number(numbers[2]));
  }
  if (numbers[1].size() > 2) return NotADate();
  if (numbers[2].size() != 4) return TwoDigitYear();
  const bool month_first = order == DateOrder::kMonthDayYear;
  return Make(Number(numbers[2]), Number(numbers[month_first ? 0 : 1]),
              Number(numbers[month_first ? 1 : 0]));
}

NormaliseResult NormaliseBirthDate(const BirthDate& date) {
  if (!date.ok()) return NormaliseResult::Refuse(date.reason, date.message);
  if (date.unknown()) {
    return NormaliseResult::Refuse(RefusalReason::kUnknown,
                                   "the date is unknown, and unknown never equals unknown");
  }
  return NormaliseResult::Ok(date.Compact(), date.weak() ? kFlagWeakDate : 0);
}

}  // namespace raakvlak::linkage
