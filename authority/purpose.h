// A purpose: why data may be linked, by whom, how much (protocol.md, "Authority"; domain.md, "What
// the law asks"). A Purpose object exists only for a document that its agencies' officers signed.
#ifndef RAAKVLAK_AUTHORITY_PURPOSE_H_
#define RAAKVLAK_AUTHORITY_PURPOSE_H_

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "authority/roster.h"

namespace raakvlak::authority {

inline constexpr uint32_t kDefaultMinimumCount = 10;

// Form and bounds of a purpose, without its signatures and without a roster.
absl::Status CheckPurposeForm(const v1::Purpose& purpose);

// Immutable and thread-safe.
class Purpose {
 public:
  // Checks size and form, that agencies and types are on the roster, and the signature of the
  // officer of every agency in it. Does not look at the clock.
  static absl::StatusOr<Purpose> Open(const v1::SignedDocument& document, const Roster& roster);

  const v1::Purpose& body() const { return body_; }
  const v1::SignedDocument& document() const { return document_; }
  const crypto::Digest& hash() const { return hash_; }
  // FailedPrecondition before not_before and after not_after.
  absl::Status CheckValidAt(int64_t unix_seconds) const;
  bool HasAgency(std::string_view agency_id) const;
  // nullptr when the purpose does not cover the type.
  const v1::TypePolicy* FindType(std::string_view identifier_type) const;

 private:
  Purpose() = default;
  v1::SignedDocument document_;
  v1::Purpose body_;
  crypto::Digest hash_{};
};

}  // namespace raakvlak::authority

#endif  // RAAKVLAK_AUTHORITY_PURPOSE_H_
