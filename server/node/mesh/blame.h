// Errors that name the agency (or the matcher) that caused them, so that who reads the audit, the
// coordinator's screen or a steward's terminal sees whom to ask.
#ifndef RAAKVLAK_SERVER_NODE_MESH_BLAME_H_
#define RAAKVLAK_SERVER_NODE_MESH_BLAME_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace raakvlak::node {

// A status whose message begins with the culprit and that carries it as a payload.
// `reason` never holds a secret.
absl::Status BlamedError(absl::StatusCode code, std::string_view culprit, std::string_view reason);

// The culprit of a status made by BlamedError (also after WithBlame); empty if nobody is blamed.
std::string CulpritOf(const absl::Status& status);

// `status` as it is if it is OK or blames somebody already; otherwise the same with a culprit.
absl::Status WithBlame(const absl::Status& status, std::string_view culprit);

// Whether it tells that the other side was away or silent, and not what it answered: Unavailable or
// DeadlineExceeded.
bool IsAbsence(const absl::Status& status);

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_MESH_BLAME_H_
