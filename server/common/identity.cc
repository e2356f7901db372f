#include "server/common/identity.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/auth_context.h>
#include <openssl/pem.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/common/openssl_ptr.h"

namespace raakvlak::common {
namespace {

// A longer name is on no roster.
constexpr size_t kMaxName = 512;

absl::Status AddName(std::string_view prefix, const ASN1_STRING* value,
                     std::vector<std::string>& names) {
  const std::string_view text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                              static_cast<size_t>(ASN1_STRING_length(value)));
  const bool clean =
      !text.empty() && text.size() <= kMaxName &&
      std::all_of(text.begin(), text.end(), [](char c) { return c > 32 && c < 127; });
  if (!clean) {
    return absl::InvalidArgumentError(
        "the certificate has a name that is empty, too long or not printable ASCII");
  }
  names.push_back(absl::StrCat(std::string(prefix), std::string(text)));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<std::string>> IdentitiesOfPem(std::string_view pem) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const X509Ptr certificate(
      bio == nullptr ? nullptr : PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (certificate == nullptr) return absl::InvalidArgumentError("the certificate does not parse");
  std::vector<std::string> names;
  const GeneralNamesPtr alternatives(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; alternatives != nullptr && i < sk_GENERAL_NAME_num(alternatives.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(alternatives.get(), i);
    if (name->type != GEN_URI) continue;
    if (absl::Status status = AddName("uri:", name->d.uniformResourceIdentifier, names);
        !status.ok()) {
      return status;
    }
  }
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_serialNumber, at)) >= 0;) {
    const ASN1_STRING* value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
    if (absl::Status status = AddName("oin:", value, names); !status.ok()) return status;
  }
  return names;
}

absl::StatusOr<std::vector<std::string>> PeerIdentities::Of(const grpc::AuthContext& context) {
  const std::vector<grpc::string_ref> pem =
      context.FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME);
  if (!context.IsPeerAuthenticated() || pem.size() != 1) {
    return absl::UnauthenticatedError("the peer showed no certificate");
  }
  const std::string_view certificate(pem[0].data(), pem[0].size());
  {
    const std::lock_guard lock(mutex_);
    const auto known = names_.find(certificate);
    if (known != names_.end()) return known->second;
  }
  absl::StatusOr<std::vector<std::string>> names = IdentitiesOfPem(certificate);
  if (!names.ok()) return names;
  const std::lock_guard lock(mutex_);
  // More callers than this are not those of one partnership.
  constexpr size_t kMost = 256;
  if (names_.size() >= kMost) names_.clear();
  names_.emplace(certificate, *names);
  return names;
}

}  // namespace raakvlak::common
