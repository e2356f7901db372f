// A channel over mutual TLS to the own node or to the matcher, and what its errors mean to a
// person.
#ifndef RAAKVLAK_CLIENT_CONNECTION_H_
#define RAAKVLAK_CLIENT_CONNECTION_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/profile.h"

namespace raakvlak::client {

enum class Peer { kNode, kMatcher };

// Checks that the profile names the files and the address before anything is opened.
absl::StatusOr<std::shared_ptr<grpc::Channel>> Connect(const Profile& profile, Peer peer);

// A call's outcome as a status whose message says what to do. `peer` names the other side.
absl::Status FromGrpc(const grpc::Status& status, const std::string& peer);

// 16 random bytes for a mutation's request_id.
std::string NewRequestId();

}  // namespace raakvlak::client

#endif  // RAAKVLAK_CLIENT_CONNECTION_H_
