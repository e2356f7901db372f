// The checks, from the cheapest that says most to the dearest.
#include "server/node/mesh/manifest_policy.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "server/node/mesh/blame.h"

namespace raakvlak::node {
namespace {

constexpr std::string_view kMatcher = "matcher";

absl::Status Denied(std::string_view reason) {
  return BlamedError(absl::StatusCode::kPermissionDenied, kMatcher, reason);
}

// Replays: what was seen under this counter before, and counters that go back.
absl::Status CheckCounters(const authority::Manifest& manifest, const SeenRuns& seen) {
  const v1::RunManifest& body = manifest.body();
  if (seen.same_attempt.has_value()) {
    if (*seen.same_attempt != manifest.hash()) {
      return Denied(absl::StrCat("offers two different manifests for run ", manifest.run_id(),
                                 ", attempt ", body.attempt()));
    }
    if (seen.ended) {
      return Denied(absl::StrCat("offers run ", manifest.run_id(), ", attempt ", body.attempt(),
                                 " again, which has ended here"));
    }
    return absl::OkStatus();
  }
  if (body.run_counter() < seen.highest_counter ||
      (body.run_counter() == seen.highest_counter && body.attempt() < seen.highest_attempt)) {
    return Denied(absl::StrCat("offers run ", manifest.run_id(), ", attempt ", body.attempt(),
                               " after run ", seen.highest_counter, ", attempt ",
                               seen.highest_attempt));
  }
  return absl::OkStatus();
}

// What officers signed once stays signed: only a newer version takes a purpose's wider grants,
// types or members back, so an older one must not be offered after it.
absl::Status CheckPurposeVersion(const authority::Purpose& purpose, const SeenRuns& seen) {
  if (purpose.body().version() < seen.purpose_version) {
    return Denied(absl::StrCat("offers version ", purpose.body().version(), " of purpose ",
                               purpose.body().purpose_id(), " after version ",
                               seen.purpose_version));
  }
  if (purpose.body().version() == seen.purpose_version && purpose.hash() != seen.purpose_hash) {
    return Denied(absl::StrCat("offers two different purposes ", purpose.body().purpose_id(),
                               " of version ", seen.purpose_version));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckManifest(const ManifestPolicyInput& input) {
  const v1::RunManifest& body = input.manifest.body();
  // Its own documents first: an expired roster covers nothing.
  if (absl::Status status = input.roster.CheckValidAt(input.now); !status.ok()) return status;
  if (absl::Status status = input.purpose.CheckValidAt(input.now); !status.ok()) return status;

  if (input.manifest.AgencyIndex(input.own_id) < 0) {
    return Denied("offers a run that this agency is not in");
  }
  if (absl::Status status = input.manifest.CheckCoveredBy(input.roster, input.purpose);
      !status.ok()) {
    return WithBlame(status, kMatcher);
  }
  if (absl::Status status = CheckCounters(input.manifest, input.seen); !status.ok()) return status;
  // A run that was taken up before the purpose changed may go on.
  if (!input.seen.same_attempt.has_value()) {
    if (absl::Status status = CheckPurposeVersion(input.purpose, input.seen); !status.ok()) {
      return status;
    }
  }

  if (input.now >= body.expires_at()) {
    return BlamedError(absl::StatusCode::kFailedPrecondition, kMatcher,
                       absl::StrCat("run ", input.manifest.run_id(), " has expired"));
  }
  if (input.active_epoch == 0) {
    return absl::FailedPreconditionError(
        "this node holds no keys yet: a key ceremony must be held first");
  }
  if (body.epoch() != input.active_epoch) {
    return absl::FailedPreconditionError(absl::StrCat("the run is for key epoch ", body.epoch(),
                                                      ", this node holds keys of epoch ",
                                                      input.active_epoch));
  }
  if (input.keys_roster_hash != input.roster.hash()) {
    return absl::FailedPreconditionError(
        "the keys were made for another roster: a key ceremony must be held for this one");
  }
  if (body.normaliser_version() != input.normaliser_version) {
    return absl::FailedPreconditionError(absl::StrCat("the run asks for normaliser ",
                                                      body.normaliser_version(), ", this node has ",
                                                      std::string(input.normaliser_version)));
  }
  return absl::OkStatus();
}

}  // namespace raakvlak::node
