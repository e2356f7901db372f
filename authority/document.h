// Documents that officers sign: the exact bytes carried are what is signed, never a re-encoding.
#ifndef RAAKVLAK_AUTHORITY_DOCUMENT_H_
#define RAAKVLAK_AUTHORITY_DOCUMENT_H_

#include <string_view>

#include "absl/status/status.h"
#include "crypto/base/hash.h"
#include "crypto/base/signing.h"
#include "raakvlak/v1/authority.pb.h"

namespace raakvlak::authority {

inline constexpr std::string_view kRosterKind = "roster";
inline constexpr std::string_view kPurposeKind = "purpose";
// A larger document is refused before it is parsed.
inline constexpr size_t kMaxDocumentBytes = 1 << 20;

// SHA-512 of the body: what manifests and ceremonies refer to.
crypto::Digest DocumentHash(const v1::SignedDocument& document);

// Adds (or replaces) the signature of `agency_id`'s officer, keeping the order of agency ids.
void SignDocument(v1::SignedDocument& document, std::string_view agency_id,
                  const crypto::SigningKey& officer_key);

// OK if `agency_id`'s officer signed the document with `officer_key`. FailedPrecondition when the
// signature lacks, PermissionDenied when it is wrong; both name the agency.
absl::Status VerifyOfficerSignature(const v1::SignedDocument& document, std::string_view agency_id,
                                    const crypto::VerifyKey& officer_key);

}  // namespace raakvlak::authority

#endif  // RAAKVLAK_AUTHORITY_DOCUMENT_H_
