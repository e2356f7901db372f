// A run's manifest: one instance of a purpose (protocol.md, "Authority"). Here: its name HM, its
// form, and whether a purpose and a roster cover it. What a node further asks of it (epoch, replay,
// its own dataset) is the node's.
#ifndef RAAKVLAK_AUTHORITY_MANIFEST_H_
#define RAAKVLAK_AUTHORITY_MANIFEST_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "authority/purpose.h"
#include "authority/roster.h"

namespace raakvlak::authority {

inline constexpr size_t kMaxManifestBytes = 64 << 10;

// HM = SHA-512(lp("raakvlak/v1 manifest") || bytes) over the bytes as carried.
crypto::Digest ManifestHash(std::string_view manifest_bytes);

// Immutable and thread-safe.
class Manifest {
 public:
  // Size, form and bounds.
  static absl::StatusOr<Manifest> Parse(std::string_view manifest_bytes);

  const v1::RunManifest& body() const { return body_; }
  const std::string& bytes() const { return bytes_; }
  const crypto::Digest& hash() const { return hash_; }
  // "<purpose>-<counter>": what people call the run.
  std::string run_id() const;

  // Position of an agency or type in the manifest; -1 when it is not in it.
  int AgencyIndex(std::string_view agency_id) const;
  int TypeIndex(std::string_view identifier_type) const;
  // nullptr when the agency is not in the run.
  const v1::EvaluatorSet* EvaluatorsOf(std::string_view requester) const;

  // Everything in it is covered: hashes, agencies, types and grants within the purpose; committees
  // sorted, duplicate-free, of exactly threshold members of the run, the requester's own share
  // among them; dates within the purpose. PermissionDenied with what is not covered.
  absl::Status CheckCoveredBy(const Roster& roster, const Purpose& purpose) const;

 private:
  Manifest() = default;
  std::string bytes_;
  v1::RunManifest body_;
  crypto::Digest hash_{};
};

}  // namespace raakvlak::authority

#endif  // RAAKVLAK_AUTHORITY_MANIFEST_H_
