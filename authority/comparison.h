// The comparison profile of a purpose (linkage.md): its form, and what it is to linkage/score.
//
// Pure functions, thread safe.
#ifndef RAAKVLAK_AUTHORITY_COMPARISON_H_
#define RAAKVLAK_AUTHORITY_COMPARISON_H_

#include "absl/status/status.h"
#include "linkage/score/profile.h"
#include "raakvlak/v1/authority.pb.h"

namespace raakvlak::authority {

inline constexpr uint32_t kDefaultBlockCap = 10;
// 10,000ths.
inline constexpr uint32_t kDefaultMaxExposure = 800;

// Bounds of a profile, and that the purpose's types hold the block types it needs.
// InvalidArgument with what is wrong.
absl::Status CheckProfile(const v1::Purpose& purpose);

// Form of a plan under a profile: that its keys are at most max_keys, of 2 to 4 different fields
// and two kinds of them, with distinct definitions. Whether it exposes too much is for each node to
// measure.
absl::Status CheckPlan(const v1::ComparisonProfile& profile, const v1::BlockingPlan& plan);

// Of a profile that CheckProfile accepts.
linkage::Profile ToProfile(const v1::ComparisonProfile& profile);

}  // namespace raakvlak::authority

#endif  // RAAKVLAK_AUTHORITY_COMPARISON_H_
