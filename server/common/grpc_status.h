// Translation between absl::Status and grpc::Status at the edge: code and message are kept.
#ifndef RAAKVLAK_SERVER_COMMON_GRPC_STATUS_H_
#define RAAKVLAK_SERVER_COMMON_GRPC_STATUS_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace raakvlak::common {

// The two share their codes. A message over 1 KiB is cut (it travels in a header).
grpc::Status ToGrpc(const absl::Status& status);
absl::Status FromGrpc(const grpc::Status& status);

}  // namespace raakvlak::common

#endif  // RAAKVLAK_SERVER_COMMON_GRPC_STATUS_H_
