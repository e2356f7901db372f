// The roster: who takes part, with which keys, under which threshold (protocol.md, "Authority").
// A Roster object exists only for a document whose form and signatures were good.
#ifndef RAAKVLAK_AUTHORITY_ROSTER_H_
#define RAAKVLAK_AUTHORITY_ROSTER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "authority/document.h"

namespace raakvlak::authority {

enum class Role { kNode, kSteward, kCoordinator, kMatcher };

// Who a certificate identity stands for.
struct Party {
  Role role;
  // Of nodes and stewards; empty for coordinators and the matcher.
  std::string agency_id;

  friend bool operator==(const Party&, const Party&) = default;
};

// The officer's key that a program's configuration pins: trust begins there.
struct PinnedOfficer {
  std::string agency_id;
  crypto::VerifyKey key;
};

// Form and bounds of a roster, without its signatures: what `raak roster new` makes.
absl::Status CheckRosterForm(const v1::Roster& roster);

// Immutable and thread-safe.
class Roster {
 public:
  // Checks size, form, and the signature of every member's officer; with `pinned`, also that this
  // agency is a member with that officer key. Does not look at the clock.
  static absl::StatusOr<Roster> Open(const v1::SignedDocument& document,
                                     const std::optional<PinnedOfficer>& pinned);

  const v1::Roster& body() const { return body_; }
  const v1::SignedDocument& document() const { return document_; }
  const crypto::Digest& hash() const { return hash_; }
  uint32_t threshold() const { return body_.threshold(); }
  // FailedPrecondition after not_after.
  absl::Status CheckValidAt(int64_t unix_seconds) const;

  // nullptr when there is none.
  const v1::Member* FindMember(std::string_view agency_id) const;
  const v1::Member* FindMemberByShareIndex(uint32_t share_index) const;
  bool HasType(std::string_view identifier_type) const;

  // Keys parse, by construction. The member must be on the roster.
  crypto::VerifyKey RosterKey(std::string_view agency_id) const;
  crypto::VerifyKey OfficerKey(std::string_view agency_id) const;
  crypto::VerifyKey MatcherKey() const;

  // Who holds this certificate identity ("uri:..." or "oin:..."); nullopt for a stranger.
  std::optional<Party> PartyOf(std::string_view identity) const;

 private:
  Roster() = default;
  v1::SignedDocument document_;
  v1::Roster body_;
  crypto::Digest hash_{};
  std::map<std::string, Party, std::less<>> parties_;
};

}  // namespace raakvlak::authority

#endif  // RAAKVLAK_AUTHORITY_ROSTER_H_
