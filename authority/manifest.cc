// Parsing manifests and checking that a purpose and a roster cover them.
#include "authority/manifest.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "authority/comparison.h"
#include "authority/validate.h"
#include "linkage/types/identifier_type.h"

namespace raakvlak::authority {
namespace {

bool SameDigest(const std::string& carried, const crypto::Digest& digest) {
  return carried == crypto::ToString(digest);
}

absl::Status NotCovered(const std::string& what) {
  return absl::PermissionDeniedError("the manifest is not covered: " + what);
}

// A plan stands in the manifest exactly where the purpose has a profile and the run links blocks,
// and there is a block type for each of its keys and for nothing else.
absl::Status CheckPlanCovered(const v1::RunManifest& body, const Purpose& purpose) {
  int blocks = 0;
  for (const std::string& name : body.identifier_types()) {
    const auto type = linkage::ParseIdentifierType(name);
    blocks += type.has_value() && linkage::IsBlockType(*type) ? 1 : 0;
  }
  if (!body.has_plan()) {
    return blocks == 0 ? absl::OkStatus() : NotCovered("it links blocks without a plan");
  }
  if (!purpose.body().has_profile()) return NotCovered("it has a plan, the purpose no profile");
  if (absl::Status s = CheckPlan(purpose.body().profile(), body.plan()); !s.ok()) {
    return NotCovered(std::string(s.message()));
  }
  if (!purpose.HasAgency(body.planner())) return NotCovered("its planner is not in the purpose");
  for (int key = 0; key < body.plan().keys_size(); ++key) {
    const auto name = linkage::IdentifierTypeName(linkage::BlockType(static_cast<size_t>(key)));
    if (std::find(body.identifier_types().begin(), body.identifier_types().end(), name) ==
        body.identifier_types().end()) {
      return NotCovered("it does not link " + std::string(name) + ", which it plans");
    }
  }
  return blocks == body.plan().keys_size() ? absl::OkStatus()
                                           : NotCovered("it links blocks that it does not plan");
}

}  // namespace

crypto::Digest ManifestHash(std::string_view manifest_bytes) {
  crypto::ByteWriter writer;
  writer.Lp(std::string_view("raakvlak/v1 manifest")).Raw(manifest_bytes);
  return crypto::Sha512(writer.view());
}

absl::StatusOr<Manifest> Manifest::Parse(std::string_view manifest_bytes) {
  if (manifest_bytes.size() > kMaxManifestBytes) {
    return absl::InvalidArgumentError("the manifest is larger than 64 KiB");
  }
  Manifest manifest;
  manifest.bytes_ = std::string(manifest_bytes);
  v1::RunManifest& body = manifest.body_;
  if (!body.ParseFromString(manifest.bytes_)) {
    return absl::InvalidArgumentError("the manifest cannot be read");
  }
  if (body.run_counter() == 0 || body.attempt() == 0 || body.epoch() == 0) {
    return absl::InvalidArgumentError("run counter, attempt and epoch of a manifest start at 1");
  }
  // Stores keep them as signed integers: what would turn negative there would no longer grow.
  constexpr uint64_t kMaxCounter = uint64_t{1} << 62;
  if (body.run_counter() > kMaxCounter || body.epoch() > kMaxCounter) {
    return absl::InvalidArgumentError("run counter or epoch of a manifest is out of range");
  }
  if (body.roster_hash().size() != crypto::kDigestSize ||
      body.purpose_hash().size() != crypto::kDigestSize) {
    return absl::InvalidArgumentError("the manifest's hashes must be 64 bytes");
  }
  const std::vector<std::string> agencies(body.agencies().begin(), body.agencies().end());
  const std::vector<std::string> types(body.identifier_types().begin(),
                                       body.identifier_types().end());
  if (agencies.size() < kMinMembers || agencies.size() > kMaxMembers) {
    return absl::InvalidArgumentError("a run has 2 to 20 agencies");
  }
  if (types.empty() || types.size() > kMaxTypes) {
    return absl::InvalidArgumentError("a run has 1 to 64 identifier types");
  }
  for (const absl::Status& s :
       {CheckId("purpose_id", body.purpose_id()), CheckAscending("agencies", agencies),
        CheckAscending("identifier_types", types),
        CheckText("normaliser_version", body.normaliser_version(), 1, 64)}) {
    if (!s.ok()) return s;
  }
  if (static_cast<size_t>(body.grants_size()) != types.size()) {
    return absl::InvalidArgumentError("the manifest must hold one grant for each type");
  }
  if (static_cast<size_t>(body.evaluators_size()) != agencies.size()) {
    return absl::InvalidArgumentError("the manifest must hold one committee for each agency");
  }
  for (size_t i = 0; i < agencies.size(); ++i) {
    if (body.evaluators(static_cast<int>(i)).requester() != agencies[i]) {
      return absl::InvalidArgumentError("committees must stand in the order of the agencies");
    }
  }
  if (body.created_at() <= 0 || body.expires_at() <= body.created_at()) {
    return absl::InvalidArgumentError("expires_at must lie after created_at");
  }
  manifest.hash_ = ManifestHash(manifest.bytes_);
  return manifest;
}

std::string Manifest::run_id() const {
  return absl::StrCat(body_.purpose_id(), "-", body_.run_counter());
}

int Manifest::AgencyIndex(std::string_view agency_id) const {
  for (int i = 0; i < body_.agencies_size(); ++i) {
    if (body_.agencies(i) == agency_id) return i;
  }
  return -1;
}

int Manifest::TypeIndex(std::string_view identifier_type) const {
  for (int i = 0; i < body_.identifier_types_size(); ++i) {
    if (body_.identifier_types(i) == identifier_type) return i;
  }
  return -1;
}

const v1::EvaluatorSet* Manifest::EvaluatorsOf(std::string_view requester) const {
  const int index = AgencyIndex(requester);
  return index < 0 ? nullptr : &body_.evaluators(index);
}

absl::Status Manifest::CheckCoveredBy(const Roster& roster, const Purpose& purpose) const {
  if (!SameDigest(body_.roster_hash(), roster.hash())) return NotCovered("another roster");
  if (!SameDigest(body_.purpose_hash(), purpose.hash()) ||
      body_.purpose_id() != purpose.body().purpose_id()) {
    return NotCovered("another purpose");
  }
  for (const std::string& agency : body_.agencies()) {
    if (!purpose.HasAgency(agency)) return NotCovered(agency + " is not in the purpose");
  }
  for (int i = 0; i < body_.identifier_types_size(); ++i) {
    const std::string& type = body_.identifier_types(i);
    const v1::TypePolicy* policy = purpose.FindType(type);
    if (policy == nullptr) return NotCovered("type " + type + " is not in the purpose");
    if (body_.grants(i) > policy->run_grant()) {
      return NotCovered("the grant for " + type + " is above the purpose's");
    }
  }
  if (absl::Status s = CheckPlanCovered(body_, purpose); !s.ok()) return s;
  for (const v1::EvaluatorSet& set : body_.evaluators()) {
    const std::string of = "the committee of " + set.requester();
    if (static_cast<uint32_t>(set.share_indices_size()) != roster.threshold()) {
      return NotCovered(of + " does not have exactly threshold members");
    }
    bool own = false;
    uint32_t last = 0;
    for (const uint32_t index : set.share_indices()) {
      if (index == 0 || index > 65535) return NotCovered(of + " has a bad share index");
      if (index <= last) return NotCovered(of + " is not sorted or holds a duplicate");
      last = index;
      const v1::Member* member = roster.FindMemberByShareIndex(index);
      if (member == nullptr || AgencyIndex(member->agency_id()) < 0) {
        return NotCovered(of + " has a share index of no member of the run");
      }
      own = own || member->agency_id() == set.requester();
    }
    // Every agency of a run is on the roster and up, so its own share is always possible.
    if (!own) return NotCovered(of + " leaves out the requester's own share");
  }
  if (body_.created_at() < purpose.body().not_before() ||
      body_.expires_at() > purpose.body().not_after()) {
    return NotCovered("its dates reach beyond the purpose's");
  }
  return absl::OkStatus();
}

}  // namespace raakvlak::authority
