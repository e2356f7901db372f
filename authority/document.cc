// Signing and verifying documents.
#include "authority/document.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"

namespace raakvlak::authority {
namespace {

// The kind is in the context, so that a signed roster can never be read as a purpose.
std::string Context(const v1::SignedDocument& document) {
  return absl::StrCat("raakvlak/v1 document ", document.kind());
}

}  // namespace

crypto::Digest DocumentHash(const v1::SignedDocument& document) {
  return crypto::Sha512(crypto::AsBytes(document.body()));
}

void SignDocument(v1::SignedDocument& document, std::string_view agency_id,
                  const crypto::SigningKey& officer_key) {
  auto& signatures = *document.mutable_signatures();
  auto old = std::find_if(signatures.begin(), signatures.end(),
                          [&](const auto& s) { return s.agency_id() == agency_id; });
  v1::DocumentSignature& entry = old != signatures.end() ? *old : *signatures.Add();
  entry.set_agency_id(std::string(agency_id));
  entry.set_signature(
      crypto::ToString(officer_key.Sign(Context(document), crypto::AsBytes(document.body()))));
  std::sort(signatures.begin(), signatures.end(),
            [](const auto& a, const auto& b) { return a.agency_id() < b.agency_id(); });
}

absl::Status VerifyOfficerSignature(const v1::SignedDocument& document, std::string_view agency_id,
                                    const crypto::VerifyKey& officer_key) {
  for (const v1::DocumentSignature& entry : document.signatures()) {
    if (entry.agency_id() != agency_id) continue;
    if (!crypto::VerifySignature(officer_key, Context(document), crypto::AsBytes(document.body()),
                                 crypto::AsBytes(entry.signature()))
             .ok()) {
      return absl::PermissionDeniedError(
          absl::StrCat("the signature of ", std::string(agency_id), "'s officer on this ",
                       document.kind(), " is not good; let that officer sign it again"));
    }
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "this ", document.kind(), " lacks the signature of ", std::string(agency_id), "'s officer"));
}

}  // namespace raakvlak::authority
