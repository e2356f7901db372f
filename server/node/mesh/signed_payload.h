// Messages of the mesh: payloads signed with a member's roster key under a context that names the
// message, so that a signature made for one step is worth nothing in another.
#ifndef RAAKVLAK_SERVER_NODE_MESH_SIGNED_PAYLOAD_H_
#define RAAKVLAK_SERVER_NODE_MESH_SIGNED_PAYLOAD_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "crypto/base/signing.h"
#include "raakvlak/v1/common.pb.h"

namespace raakvlak::node {

// The contexts of proto/raakvlak/v1/evaluation.proto.
inline constexpr std::string_view kRunOpeningContext = "raakvlak/v1 run opening";
inline constexpr std::string_view kRunRevealContext = "raakvlak/v1 run reveal";
inline constexpr std::string_view kChunkContext = "raakvlak/v1 chunk";
inline constexpr std::string_view kEvaluationContext = "raakvlak/v1 evaluation";
// "raakvlak/v1 ceremony <step>".
std::string CeremonyContext(std::string_view step);

inline constexpr size_t kMaxSignedPayload = 1u << 20;

v1::SignedPayload SignPayload(const crypto::SigningKey& key, std::string_view signer,
                              std::string_view context, std::string payload);

// PermissionDenied, blaming `signer`, unless `message` names `signer` and holds its signature
// under `context`; InvalidArgument, blaming it too, for a payload over kMaxSignedPayload.
absl::Status VerifyPayload(const crypto::VerifyKey& key, std::string_view signer,
                           std::string_view context, const v1::SignedPayload& message);

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_MESH_SIGNED_PAYLOAD_H_
