// Dates of birth, complete or in part, as the BRP writes them: yyyymmdd with zeros for what is
// unknown.
//
// Thread safe; accepts any bytes. No clock: years 1850 to 2100 are accepted.
#ifndef RAAKVLAK_LINKAGE_NORMALISE_BIRTH_DATE_H_
#define RAAKVLAK_LINKAGE_NORMALISE_BIRTH_DATE_H_

#include <string>
#include <string_view>

#include "linkage/normalise/result.h"

namespace raakvlak::linkage {

struct BirthDate {
  int year = 0;   // 0: unknown, then month and day are 0 too
  int month = 0;  // 0: unknown, then day is 0 too
  int day = 0;    // 0: unknown

  RefusalReason reason = RefusalReason::kNone;
  std::string_view message;

  bool ok() const { return reason == RefusalReason::kNone; }
  bool unknown() const { return year == 0; }
  bool complete() const { return day != 0; }
  // 1 January is over-represented: registers assign it where the birthday is unknown.
  bool weak() const { return !complete() || (month == 1 && day == 1); }

  std::string Compact() const;  // "19630000"
  std::string Display() const;  // "1963-05-26", "1963-05", "1963", "unknown"
};

enum class DateOrder {
  kDetect,        // a four-digit year first or last; day before month (the Dutch order)
  kMonthDayYear,  // American
};

// Reads 19830526, 1983-05-26, 26-05-1983, 26/5/1983, 26.05.1983, 1983-05-26T00:00:00Z, "26 mei
// 1983", "May 26, 1983" and partial forms (19830500, 00-00-1963, 1963-05, 1963). Two-digit years
// are refused: the century would be a guess.
BirthDate ParseBirthDate(std::string_view raw, DateOrder order = DateOrder::kDetect);

// The compact form; a date that is unknown as a whole is refused with kUnknown, because unknown
// never equals unknown. kFlagWeakDate where BirthDate::weak.
NormaliseResult NormaliseBirthDate(const BirthDate& date);

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_NORMALISE_BIRTH_DATE_H_
