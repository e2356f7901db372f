// A blocking plan in words, for people who decide on it or read what a run did.
//
// Pure functions, thread safe.
#ifndef RAAKVLAK_AUTHORITY_PLAN_TEXT_H_
#define RAAKVLAK_AUTHORITY_PLAN_TEXT_H_

#include <string>
#include <vector>

#include "raakvlak/v1/authority.pb.h"

namespace raakvlak::authority {

// One line a key, "block-01: first three letters of surname, with year and month of birth_date; one
// record in 260000 has the same, finds 81.2%, exposes 1.20%", and one for the whole. Of a plan that
// CheckPlan accepts.
std::vector<std::string> DescribePlan(const v1::ComparisonProfile& profile,
                                      const v1::BlockingPlan& plan);

}  // namespace raakvlak::authority

#endif  // RAAKVLAK_AUTHORITY_PLAN_TEXT_H_
