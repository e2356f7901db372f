// Ed25519 over context and payload.
#include "server/node/mesh/signed_payload.h"

#include <utility>

#include "crypto/base/bytes.h"
#include "server/node/mesh/blame.h"

namespace raakvlak::node {

std::string CeremonyContext(std::string_view step) {
  return "raakvlak/v1 ceremony " + std::string(step);
}

v1::SignedPayload SignPayload(const crypto::SigningKey& key, std::string_view signer,
                              std::string_view context, std::string payload) {
  v1::SignedPayload message;
  message.set_signer(std::string(signer));
  message.set_signature(crypto::ToString(key.Sign(context, crypto::AsBytes(payload))));
  message.set_payload(std::move(payload));
  return message;
}

absl::Status VerifyPayload(const crypto::VerifyKey& key, std::string_view signer,
                           std::string_view context, const v1::SignedPayload& message) {
  if (message.signer() != signer) {
    return BlamedError(absl::StatusCode::kPermissionDenied, signer,
                       "sent a message that another is said to have signed");
  }
  if (message.payload().size() > kMaxSignedPayload) {
    return BlamedError(absl::StatusCode::kInvalidArgument, signer, "signed payload over 1 MiB");
  }
  if (!crypto::VerifySignature(key, context, crypto::AsBytes(message.payload()),
                               crypto::AsBytes(message.signature()))
           .ok()) {
    return BlamedError(absl::StatusCode::kPermissionDenied, signer,
                       "signature does not match its roster key");
  }
  return absl::OkStatus();
}

}  // namespace raakvlak::node
