// What the run driver announces of blocking plans when it watches the matcher, and whom it tells of
// purposes to plan for.
#ifndef RAAKVLAK_SERVER_NODE_PLAN_ANNOUNCER_H_
#define RAAKVLAK_SERVER_NODE_PLAN_ANNOUNCER_H_

#include <cstdint>
#include <vector>

#include "raakvlak/v1/authority.pb.h"
#include "raakvlak/v1/submission.pb.h"

namespace raakvlak::node {

// Thread-safe.
class PlanAnnouncer {
 public:
  virtual ~PlanAnnouncer() = default;
  // From the matcher, not checked yet. Returns soon.
  virtual void TakePurpose(const v1::SignedDocument& purpose) = 0;
  // What to announce, and its version.
  virtual std::vector<v1::PlanOffer> Offers(std::uint64_t* version) const = 0;
  // Grows whenever there is something else to announce.
  virtual std::uint64_t version() const = 0;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_PLAN_ANNOUNCER_H_
