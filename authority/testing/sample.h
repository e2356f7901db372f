// A small partnership for tests: n agencies "agency-a", "agency-b", ... with officers' and roster
// keys from a seed, a roster, a purpose and a manifest that hold together.
#ifndef RAAKVLAK_AUTHORITY_TESTING_SAMPLE_H_
#define RAAKVLAK_AUTHORITY_TESTING_SAMPLE_H_

#include <algorithm>
#include <string>
#include <vector>

#include "authority/comparison.h"
#include "authority/manifest.h"
#include "authority/purpose.h"
#include "authority/roster.h"
#include "crypto/base/random.h"
#include "linkage/types/identifier_type.h"

namespace raakvlak::authority::testing {

struct Sample {
  static constexpr int64_t kNotBefore = 1'700'000'000;
  static constexpr int64_t kNotAfter = 1'900'000'000;

  // Threshold max(2, n/2 + 1), types iban and kvk; change `roster` and `purpose` before signing.
  explicit Sample(int members) {
    crypto::SeededRandom random(42);
    roster.set_partnership("sample");
    roster.set_version(1);
    roster.set_threshold(static_cast<uint32_t>(std::max(2, members / 2 + 1)));
    roster.add_identifier_types("iban");
    roster.add_identifier_types("kvk");
    roster.set_not_after(kNotAfter);
    for (int i = 0; i < members; ++i) {
      officers.push_back(crypto::SigningKey::Generate(random));
      roster_keys.push_back(crypto::SigningKey::Generate(random));
      const std::string id = std::string("agency-") + static_cast<char>('a' + i);
      v1::Member& member = *roster.add_members();
      member.set_agency_id(id);
      member.set_display_name("Agency " + id);
      member.set_contact_desk(id + "@example.nl");
      member.set_endpoint("localhost:1");
      member.add_node_identities("uri:raakvlak:node:" + id);
      member.add_steward_identities("uri:raakvlak:steward:" + id);
      member.set_roster_key(crypto::ToString(roster_keys.back().verify_key().bytes()));
      member.set_officer_key(crypto::ToString(officers.back().verify_key().bytes()));
      member.set_share_index(static_cast<uint32_t>(i + 1));
      purpose.add_agencies(id);
    }
    matcher_key.push_back(crypto::SigningKey::Generate(random));
    roster.mutable_matcher()->set_endpoint("localhost:2");
    roster.mutable_matcher()->add_identities("uri:raakvlak:matcher");
    roster.mutable_matcher()->set_signing_key(
        crypto::ToString(matcher_key[0].verify_key().bytes()));
    roster.add_coordinator_identities("uri:raakvlak:coordinator");
    purpose.set_purpose_id("harbour");
    purpose.set_version(1);
    purpose.set_title("Harbour");
    purpose.set_legal_basis("article 1 of a sample law");
    purpose.set_approver("the sample board");
    for (const char* type : {"iban", "kvk"}) {
      v1::TypePolicy& policy = *purpose.add_types();
      policy.set_identifier_type(type);
      policy.set_run_grant(1'000'000);
      policy.set_epoch_ceiling(10'000'000);
      policy.set_max_records_per_value(50);
    }
    purpose.set_minimum_count(kDefaultMinimumCount);
    purpose.set_not_before(kNotBefore);
    purpose.set_not_after(kNotAfter);
  }

  // A comparison profile of given name, surname, date and phone, with `keys` block types on roster
  // and purpose.
  void AddProfile(uint32_t keys) {
    v1::ComparisonProfile& profile = *purpose.mutable_profile();
    profile.set_version(1);
    for (const char* kind : {"given_name", "surname", "date", "phone"}) {
      v1::ComparedField& field = *profile.add_fields();
      field.set_name(kind);
      field.set_kind(kind);
    }
    profile.set_block_cap(kDefaultBlockCap);
    profile.set_max_keys(keys);
    profile.set_max_exposure(kDefaultMaxExposure);
    profile.set_deduplicated(true);
    std::vector<v1::TypePolicy> types(purpose.types().begin(), purpose.types().end());
    std::vector<std::string> names(roster.identifier_types().begin(),
                                   roster.identifier_types().end());
    for (size_t key = 0; key < keys; ++key) {
      v1::TypePolicy policy;
      policy.set_identifier_type(std::string(linkage::IdentifierTypeName(linkage::BlockType(key))));
      policy.set_run_grant(1'000'000);
      policy.set_epoch_ceiling(10'000'000);
      policy.set_max_records_per_value(kDefaultBlockCap);
      names.push_back(policy.identifier_type());
      types.push_back(policy);
    }
    std::sort(names.begin(), names.end());
    std::sort(types.begin(), types.end(), [](const v1::TypePolicy& a, const v1::TypePolicy& b) {
      return a.identifier_type() < b.identifier_type();
    });
    roster.mutable_identifier_types()->Assign(names.begin(), names.end());
    purpose.mutable_types()->Assign(types.begin(), types.end());
  }

  PinnedOfficer Pinned(int member) const {
    return {roster.members(member).agency_id(), officers[static_cast<size_t>(member)].verify_key()};
  }

  v1::SignedDocument SignedRoster() const {
    return Signed(kRosterKind, roster.SerializeAsString());
  }
  v1::SignedDocument SignedPurpose() const {
    return Signed(kPurposeKind, purpose.SerializeAsString());
  }

  // Epoch 1, run 1, attempt 1; each requester's committee is itself and those after it.
  v1::RunManifest Manifest(const Roster& opened_roster, const Purpose& opened_purpose) const {
    v1::RunManifest manifest;
    manifest.set_run_counter(1);
    manifest.set_attempt(1);
    manifest.set_epoch(1);
    manifest.set_roster_hash(crypto::ToString(opened_roster.hash()));
    manifest.set_purpose_hash(crypto::ToString(opened_purpose.hash()));
    manifest.set_purpose_id(purpose.purpose_id());
    manifest.set_normaliser_version("test-1");
    manifest.set_created_at(kNotBefore + 10);
    manifest.set_expires_at(kNotBefore + 10'000);
    for (const v1::TypePolicy& type : purpose.types()) {
      manifest.add_identifier_types(type.identifier_type());
      manifest.add_grants(type.run_grant());
    }
    const int n = roster.members_size();
    for (int i = 0; i < n; ++i) {
      manifest.add_agencies(roster.members(i).agency_id());
      v1::EvaluatorSet& set = *manifest.add_evaluators();
      set.set_requester(roster.members(i).agency_id());
      std::vector<uint32_t> indices;
      indices.reserve(roster.threshold());
      for (uint32_t k = 0; k < roster.threshold(); ++k) {
        indices.push_back(roster.members((i + static_cast<int>(k)) % n).share_index());
      }
      std::sort(indices.begin(), indices.end());
      for (uint32_t index : indices) set.add_share_indices(index);
    }
    return manifest;
  }

  v1::Roster roster;
  v1::Purpose purpose;
  // By position of the member.
  std::vector<crypto::SigningKey> officers;
  std::vector<crypto::SigningKey> roster_keys;
  // One: a SigningKey has no default constructor.
  std::vector<crypto::SigningKey> matcher_key;

 private:
  v1::SignedDocument Signed(std::string_view kind, const std::string& body) const {
    v1::SignedDocument document;
    document.set_kind(std::string(kind));
    document.set_body(body);
    for (size_t i = 0; i < officers.size(); ++i) {
      SignDocument(document, roster.members(static_cast<int>(i)).agency_id(), officers[i]);
    }
    return document;
  }
};

}  // namespace raakvlak::authority::testing

#endif  // RAAKVLAK_AUTHORITY_TESTING_SAMPLE_H_
