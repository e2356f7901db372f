// Parsing, bounds and look-ups of rosters.
#include "authority/roster.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "authority/validate.h"

namespace raakvlak::authority {
namespace {

absl::Status CheckKey(std::string_view what, const std::string& key) {
  if (crypto::VerifyKey::Parse(crypto::AsBytes(key)).ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(std::string(what), " must be an Ed25519 public key of 32 bytes"));
}

template <typename Identities>
absl::Status CheckIdentities(const std::string& what, const Identities& identities, int min,
                             int max) {
  if (identities.size() < min || identities.size() > max) {
    return absl::InvalidArgumentError(absl::StrCat(what, " must list ", min, " to ", max));
  }
  for (const std::string& identity : identities) {
    if (absl::Status s = CheckIdentity(what, identity); !s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::Status CheckMember(const v1::Member& member) {
  if (absl::Status s = CheckId("agency_id", member.agency_id()); !s.ok()) return s;
  const std::string of = absl::StrCat(" of ", member.agency_id());
  for (const absl::Status& s :
       {CheckText("display_name" + of, member.display_name(), 1, 128),
        CheckText("contact_desk" + of, member.contact_desk(), 1, 256),
        CheckText("endpoint" + of, member.endpoint(), 3, 256),
        CheckIdentities("node_identities" + of, member.node_identities(), 1, 4),
        CheckIdentities("steward_identities" + of, member.steward_identities(), 0, 100),
        CheckKey("roster_key" + of, member.roster_key()),
        CheckKey("officer_key" + of, member.officer_key())}) {
    if (!s.ok()) return s;
  }
  // Evaluation at 0 would be the key itself.
  if (member.share_index() < 1 || member.share_index() > 65535) {
    return absl::InvalidArgumentError("share_index" + of + " must be 1 to 65535");
  }
  return absl::OkStatus();
}

// Adds identities to the map; the same identity for two parties is refused.
template <typename Identities>
absl::Status AddParties(const Identities& identities, const Party& party,
                        std::map<std::string, Party, std::less<>>& parties) {
  for (const std::string& identity : identities) {
    if (!parties.emplace(identity, party).second) {
      return absl::InvalidArgumentError("an identity stands twice in the roster: " + identity);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::map<std::string, Party, std::less<>>> CollectParties(const v1::Roster& roster) {
  std::map<std::string, Party, std::less<>> parties;
  for (const v1::Member& member : roster.members()) {
    absl::Status s =
        AddParties(member.node_identities(), {Role::kNode, member.agency_id()}, parties);
    if (s.ok()) {
      s = AddParties(member.steward_identities(), {Role::kSteward, member.agency_id()}, parties);
    }
    if (!s.ok()) return s;
  }
  absl::Status s = AddParties(roster.coordinator_identities(), {Role::kCoordinator, ""}, parties);
  if (s.ok()) s = AddParties(roster.matcher().identities(), {Role::kMatcher, ""}, parties);
  if (!s.ok()) return s;
  return parties;
}

}  // namespace

absl::Status CheckRosterForm(const v1::Roster& roster) {
  if (absl::Status s = CheckText("partnership", roster.partnership(), 1, 64); !s.ok()) return s;
  if (roster.version() < 1) return absl::InvalidArgumentError("version must be 1 or more");
  if (roster.members_size() < kMinMembers || roster.members_size() > kMaxMembers) {
    return absl::InvalidArgumentError(
        absl::StrCat("members must be ", kMinMembers, " to ", kMaxMembers));
  }
  std::vector<std::string> ids;
  std::set<uint32_t> indices;
  std::set<std::string> roster_keys;
  for (const v1::Member& member : roster.members()) {
    if (absl::Status s = CheckMember(member); !s.ok()) return s;
    ids.push_back(member.agency_id());
    indices.insert(member.share_index());
    roster_keys.insert(member.roster_key());
  }
  if (absl::Status s = CheckAscending("members", ids); !s.ok()) return s;
  if (indices.size() != ids.size()) {
    return absl::InvalidArgumentError("share_index must differ for every member");
  }
  if (roster_keys.size() != ids.size()) {
    return absl::InvalidArgumentError("roster_key must differ for every member");
  }
  if (roster.threshold() < 2 || roster.threshold() > ids.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("threshold must be 2 to ", ids.size(), ", the number of members"));
  }
  const std::vector<std::string> types(roster.identifier_types().begin(),
                                       roster.identifier_types().end());
  if (types.empty() || types.size() > kMaxTypes) {
    return absl::InvalidArgumentError(absl::StrCat("identifier_types must list 1 to ", kMaxTypes));
  }
  for (const std::string& type : types) {
    if (absl::Status s = CheckText("identifier type", type, 1, 32); !s.ok()) return s;
  }
  if (absl::Status s = CheckAscending("identifier_types", types); !s.ok()) return s;
  for (const absl::Status& s :
       {CheckText("matcher endpoint", roster.matcher().endpoint(), 3, 256),
        CheckIdentities("matcher identities", roster.matcher().identities(), 1, 4),
        CheckKey("matcher signing_key", roster.matcher().signing_key()),
        CheckIdentities("coordinator_identities", roster.coordinator_identities(), 0, 100)}) {
    if (!s.ok()) return s;
  }
  return CollectParties(roster).status();
}

absl::StatusOr<Roster> Roster::Open(const v1::SignedDocument& document,
                                    const std::optional<PinnedOfficer>& pinned) {
  if (document.kind() != kRosterKind) return absl::InvalidArgumentError("this is not a roster");
  if (document.body().size() > kMaxDocumentBytes) {
    return absl::InvalidArgumentError("the roster is larger than 1 MiB");
  }
  Roster roster;
  if (!roster.body_.ParseFromString(document.body())) {
    return absl::InvalidArgumentError("the roster's body cannot be read");
  }
  if (absl::Status s = CheckRosterForm(roster.body_); !s.ok()) return s;
  for (const v1::Member& member : roster.body_.members()) {
    const auto key = crypto::VerifyKey::Parse(crypto::AsBytes(member.officer_key()));
    if (absl::Status s = VerifyOfficerSignature(document, member.agency_id(), *key); !s.ok()) {
      return s;
    }
  }
  roster.document_ = document;
  roster.hash_ = DocumentHash(document);
  roster.parties_ = *CollectParties(roster.body_);
  if (pinned.has_value()) {
    if (roster.FindMember(pinned->agency_id) == nullptr) {
      return absl::FailedPreconditionError("the roster does not list this agency, " +
                                           pinned->agency_id);
    }
    if (roster.OfficerKey(pinned->agency_id) != pinned->key) {
      return absl::PermissionDeniedError("the roster names another officer key for " +
                                         pinned->agency_id + " than the one configured here");
    }
  }
  return roster;
}

absl::Status Roster::CheckValidAt(int64_t unix_seconds) const {
  if (unix_seconds <= body_.not_after()) return absl::OkStatus();
  return absl::FailedPreconditionError("the roster has expired; the members must sign a new one");
}

const v1::Member* Roster::FindMember(std::string_view agency_id) const {
  for (const v1::Member& member : body_.members()) {
    if (member.agency_id() == agency_id) return &member;
  }
  return nullptr;
}

const v1::Member* Roster::FindMemberByShareIndex(uint32_t share_index) const {
  for (const v1::Member& member : body_.members()) {
    if (member.share_index() == share_index) return &member;
  }
  return nullptr;
}

bool Roster::HasType(std::string_view identifier_type) const {
  return std::find(body_.identifier_types().begin(), body_.identifier_types().end(),
                   identifier_type) != body_.identifier_types().end();
}

crypto::VerifyKey Roster::RosterKey(std::string_view agency_id) const {
  return *crypto::VerifyKey::Parse(crypto::AsBytes(FindMember(agency_id)->roster_key()));
}

crypto::VerifyKey Roster::OfficerKey(std::string_view agency_id) const {
  return *crypto::VerifyKey::Parse(crypto::AsBytes(FindMember(agency_id)->officer_key()));
}

crypto::VerifyKey Roster::MatcherKey() const {
  return *crypto::VerifyKey::Parse(crypto::AsBytes(body_.matcher().signing_key()));
}

std::optional<Party> Roster::PartyOf(std::string_view identity) const {
  auto it = parties_.find(identity);
  if (it == parties_.end()) return std::nullopt;
  return it->second;
}

}  // namespace raakvlak::authority
