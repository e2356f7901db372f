// Whether this node takes part in a run: everything a manifest must satisfy before anything of it
// is used (protocol.md, "Authority"). A pure function.
#ifndef RAAKVLAK_SERVER_NODE_MESH_MANIFEST_POLICY_H_
#define RAAKVLAK_SERVER_NODE_MESH_MANIFEST_POLICY_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "authority/manifest.h"
#include "authority/purpose.h"
#include "authority/roster.h"
#include "crypto/base/hash.h"

namespace raakvlak::node {

// What this node has seen of a purpose's runs before.
struct SeenRuns {
  // The highest run counter, and the highest attempt under it; 0 if none was seen.
  uint64_t highest_counter = 0;
  uint32_t highest_attempt = 0;
  // HM of what was seen under the manifest's own counter and attempt, if anything.
  std::optional<crypto::Digest> same_attempt;
  // That attempt has ended here: its secrets are gone.
  bool ended = false;
  // The newest version of the purpose that a run has rested on, and its hash; 0 if none was seen.
  uint64_t purpose_version = 0;
  crypto::Digest purpose_hash{};
};

struct ManifestPolicyInput {
  const authority::Roster& roster;
  const authority::Purpose& purpose;
  const authority::Manifest& manifest;
  // Hash of the roster that the active epoch's keys were made for.
  std::optional<crypto::Digest> keys_roster_hash;
  // 0 if no ceremony has been held.
  uint64_t active_epoch = 0;
  std::string_view own_id;
  std::string_view normaliser_version;
  SeenRuns seen;
  // Unix seconds.
  int64_t now = 0;
};

// OK, or the first reason to decline, fit for people. Blames "matcher", which made the manifest,
// for everything that an honest matcher would not have offered.
//   PermissionDenied     not covered by purpose or roster; a replay; a counter that goes back; an
//                        older purpose than runs have rested on before
//   FailedPrecondition   expired, not yet valid, another epoch, normaliser or roster
absl::Status CheckManifest(const ManifestPolicyInput& input);

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_MESH_MANIFEST_POLICY_H_
