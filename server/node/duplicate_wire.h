// A group of own records that look like one subject, as its steward is shown it.
#ifndef RAAKVLAK_SERVER_NODE_DUPLICATE_WIRE_H_
#define RAAKVLAK_SERVER_NODE_DUPLICATE_WIRE_H_

#include <cstdint>
#include <map>
#include <string>

#include "linkage/fuzzy/own_duplicates.h"
#include "linkage/score/profile.h"
#include "raakvlak/v1/stewardship.pb.h"

namespace raakvlak::node {

// `record_ids`: at least those of the group's records, by their number in the file. Pure, thread
// safe.
v1::DuplicateGroup DuplicateToWire(const linkage::Profile& profile,
                                   const linkage::DuplicateGroup& group,
                                   const std::map<std::uint32_t, std::string>& record_ids);

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_DUPLICATE_WIRE_H_
