// Whom a peer's refusal blames. Over the wire a status keeps its code and its message, "culprit:
// reason"; the culprit may be a third party, which is a claim of the peer that speaks.
#ifndef RAAKVLAK_SERVER_NODE_MESH_ATTRIBUTION_H_
#define RAAKVLAK_SERVER_NODE_MESH_ATTRIBUTION_H_

#include <string_view>

#include "absl/status/status.h"
#include "authority/roster.h"

namespace raakvlak::node {

// `status` as Peers::Call gave it for a call to `speaker`. If the message names a member of the
// roster, or the matcher, that one is blamed and the message ends with who says so; otherwise the
// speaker is.
absl::Status AttributeRefusal(const authority::Roster& roster, std::string_view speaker,
                              const absl::Status& status);

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_MESH_ATTRIBUTION_H_
