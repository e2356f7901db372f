// Taking runs up and letting go of them.
#include "server/node/mesh/run_registry.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/node/mesh/blame.h"
#include "server/node/mesh/manifest_policy.h"

namespace raakvlak::node {
namespace {

// How many runs that are over are remembered to give a clear refusal; older ones are UNAVAILABLE.
constexpr size_t kMaxClosedRuns = 1000;

absl::Status EndedError() {
  return absl::FailedPreconditionError("the run has ended at this node");
}

}  // namespace

RunContext::RunContext(authority::Manifest manifest, authority::Purpose purpose,
                       const authority::Roster& roster, std::shared_ptr<const EpochKeys> keys,
                       std::string own_id, std::shared_ptr<RunOpening> opening)
    : manifest_(std::move(manifest)),
      purpose_(std::move(purpose)),
      roster_(roster),
      keys_(std::move(keys)),
      own_id_(std::move(own_id)),
      opening_(std::move(opening)) {
  for (const std::string& agency : manifest_.body().agencies()) {
    if (agency != own_id_) counterparts_.push_back(agency);
  }
}

std::vector<uint32_t> RunContext::CommitteeOf(std::string_view requester) const {
  const v1::EvaluatorSet* set = manifest_.EvaluatorsOf(requester);
  if (set == nullptr) return {};
  return {set->share_indices().begin(), set->share_indices().end()};
}

std::vector<std::string> RunContext::EvaluatorsOf(std::string_view requester) const {
  std::vector<std::string> evaluators;
  for (const uint32_t index : CommitteeOf(requester)) {
    const v1::Member* member = roster_.FindMemberByShareIndex(index);
    if (member != nullptr) evaluators.push_back(member->agency_id());
  }
  std::sort(evaluators.begin(), evaluators.end());
  return evaluators;
}

absl::StatusOr<std::shared_ptr<const crypto::Committee>> RunContext::CryptoCommittee(
    std::string_view requester, std::string_view identifier_type) {
  if (manifest_.AgencyIndex(requester) < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(std::string(requester), " is not a member of the run"));
  }
  if (manifest_.TypeIndex(identifier_type) < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("type ", std::string(identifier_type), " is not in the run"));
  }
  const std::pair<std::string, std::string> key(requester, identifier_type);
  {
    const std::lock_guard lock(mutex_);
    const auto found = committees_.find(key);
    if (found != committees_.end()) return found->second;
  }
  const std::vector<uint32_t> indices = CommitteeOf(requester);
  absl::StatusOr<crypto::Committee> committee =
      keys_->CommitteeOf(roster_, identifier_type, indices);
  if (!committee.ok()) return committee.status();
  auto shared = std::make_shared<const crypto::Committee>(*std::move(committee));
  const std::lock_guard lock(mutex_);
  return committees_.emplace(key, std::move(shared)).first->second;
}

std::shared_ptr<RunOpening> RunContext::opening() const {
  const std::lock_guard lock(mutex_);
  return opening_;
}

absl::Status RunContext::AdoptKeys() {
  const std::lock_guard lock(mutex_);
  if (ended_) return EndedError();
  if (run_keys_ != nullptr) return absl::OkStatus();
  absl::StatusOr<RunKeys> keys = opening_->Keys();
  if (!keys.ok()) return keys.status();
  run_keys_ = std::make_shared<const RunKeys>(*std::move(keys));
  return absl::OkStatus();
}

bool RunContext::is_open() const {
  const std::lock_guard lock(mutex_);
  return !ended_ && run_keys_ != nullptr;
}

absl::StatusOr<std::shared_ptr<const RunKeys>> RunContext::run_keys() const {
  const std::lock_guard lock(mutex_);
  if (ended_) return EndedError();
  if (run_keys_ == nullptr) {
    return absl::UnavailableError("the run has not been opened at this node yet");
  }
  return run_keys_;
}

void RunContext::SetConfirmation(std::string_view counterpart, std::string_view identifier_type,
                                 const OwnConfirmation& confirmation) {
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  confirmations_.insert_or_assign({std::string(counterpart), std::string(identifier_type)},
                                  confirmation);
}

std::optional<OwnConfirmation> RunContext::FindConfirmation(
    std::string_view counterpart, std::string_view identifier_type) const {
  const std::lock_guard lock(mutex_);
  const auto found = confirmations_.find({std::string(counterpart), std::string(identifier_type)});
  if (found == confirmations_.end()) return std::nullopt;
  return found->second;
}

void RunContext::End() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  opening_.reset();
  run_keys_.reset();
  confirmations_.clear();
}

RunRegistry::RunRegistry(Dependencies dependencies) : dependencies_(std::move(dependencies)) {}

absl::StatusOr<std::shared_ptr<RunContext>> RunRegistry::TakeUp(
    std::string_view manifest_bytes, const v1::SignedDocument& purpose_document) {
  const Dependencies& d = dependencies_;
  absl::StatusOr<authority::Manifest> manifest = authority::Manifest::Parse(manifest_bytes);
  if (!manifest.ok()) return WithBlame(manifest.status(), "matcher");
  absl::StatusOr<authority::Purpose> purpose = authority::Purpose::Open(purpose_document, d.roster);
  if (!purpose.ok()) return WithBlame(purpose.status(), "matcher");

  const std::lock_guard change(change_mutex_);
  {
    const std::lock_guard lock(mutex_);
    const auto found = runs_.find(manifest->hash());
    if (found != runs_.end()) return found->second;
  }
  const std::shared_ptr<const EpochKeys> keys = d.key_store.active();
  const v1::RunManifest& body = manifest->body();
  absl::StatusOr<SeenRuns> seen =
      d.seen.Look(body.purpose_id(), body.run_counter(), body.attempt());
  if (!seen.ok()) return seen.status();
  if (absl::Status status = d.seen.LookPurpose(body.purpose_id(), *seen); !status.ok()) {
    return status;
  }

  std::optional<crypto::Digest> keys_roster_hash;
  if (keys != nullptr && keys->session.roster_hash() == crypto::ToString(d.roster.hash())) {
    keys_roster_hash = d.roster.hash();
  }
  const ManifestPolicyInput input{.roster = d.roster,
                                  .purpose = *purpose,
                                  .manifest = *manifest,
                                  .keys_roster_hash = keys_roster_hash,
                                  .active_epoch = keys == nullptr ? 0 : keys->epoch(),
                                  .own_id = d.own_id,
                                  .normaliser_version = d.normaliser_version,
                                  .seen = *seen,
                                  .now = d.clock.UnixSeconds()};
  if (absl::Status status = CheckManifest(input); !status.ok()) return status;
  if (absl::Status status =
          d.seen.RecordPurpose(body.purpose_id(), purpose->body().version(), purpose->hash());
      !status.ok()) {
    return status;
  }
  if (absl::Status status =
          d.seen.Record(body.purpose_id(), body.run_counter(), body.attempt(), manifest->hash());
      !status.ok()) {
    return status;
  }

  RunOpening::Parameters parameters{.own_id = d.own_id,
                                    .manifest_hash = manifest->hash(),
                                    .members = {},
                                    .signing_key = &d.roster_key,
                                    .random = &d.random};
  for (const std::string& agency : body.agencies()) {
    parameters.members.push_back({agency, d.roster.RosterKey(agency)});
  }
  absl::StatusOr<std::optional<crypto::SecretBytes>> stored = d.secrets.Get(manifest->hash());
  if (!stored.ok()) return stored.status();
  absl::StatusOr<std::unique_ptr<RunOpening>> opening =
      stored->has_value() ? RunOpening::Restore(std::move(parameters), **stored)
                          : RunOpening::Begin(std::move(parameters));
  if (!opening.ok()) return opening.status();
  if (!stored->has_value()) {
    if (absl::Status status = d.secrets.Put(manifest->hash(), (*opening)->Snapshot());
        !status.ok()) {
      return status;
    }
  }
  std::shared_ptr<RunContext> run(new RunContext(*std::move(manifest), *std::move(purpose),
                                                 d.roster, keys, d.own_id,
                                                 std::shared_ptr<RunOpening>(*std::move(opening))));
  if (run->opening()->complete()) {
    if (absl::Status status = run->AdoptKeys(); !status.ok()) return status;
  }
  const std::lock_guard lock(mutex_);
  closed_.erase(run->manifest_hash());
  runs_[run->manifest_hash()] = run;
  return run;
}

void RunRegistry::Decline(const crypto::Digest& manifest_hash, std::string_view reason) {
  const std::lock_guard lock(mutex_);
  if (closed_.size() >= kMaxClosedRuns) closed_.erase(closed_.begin());
  closed_.insert_or_assign(manifest_hash, absl::StrCat("declined: ", std::string(reason)));
}

absl::Status RunRegistry::End(const crypto::Digest& manifest_hash) {
  const std::lock_guard change(change_mutex_);
  {
    const std::lock_guard lock(mutex_);
    const auto found = runs_.find(manifest_hash);
    if (found != runs_.end()) {
      found->second->End();
      runs_.erase(found);
    }
    if (closed_.size() >= kMaxClosedRuns) closed_.erase(closed_.begin());
    closed_.emplace(manifest_hash, "has ended");
  }
  // First what makes a replay refused, then what the replay would need.
  if (absl::Status status = dependencies_.seen.MarkEnded(manifest_hash); !status.ok()) {
    return status;
  }
  return dependencies_.secrets.Erase(manifest_hash);
}

absl::StatusOr<std::shared_ptr<RunContext>> RunRegistry::Find(
    std::string_view manifest_hash) const {
  crypto::Digest digest{};
  if (manifest_hash.size() != digest.size()) {
    return absl::InvalidArgumentError("a manifest hash has 64 bytes");
  }
  std::copy(manifest_hash.begin(), manifest_hash.end(), digest.begin());
  {
    const std::lock_guard lock(mutex_);
    const auto found = runs_.find(digest);
    if (found != runs_.end()) return found->second;
    const auto closed = closed_.find(digest);
    if (closed != closed_.end()) {
      return absl::FailedPreconditionError(
          absl::StrCat("this node is not in the run (any more): ", closed->second));
    }
  }
  const absl::StatusOr<bool> ended = dependencies_.seen.HasEnded(digest);
  if (!ended.ok()) return ended.status();
  if (*ended) return EndedError();
  return absl::UnavailableError("this node has not taken up the run");
}

std::vector<std::shared_ptr<RunContext>> RunRegistry::Runs() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<RunContext>> runs;
  for (const auto& [hash, run] : runs_) runs.push_back(run);
  return runs;
}

absl::Status RunRegistry::SaveOpening(RunContext& run) {
  // Not during End(), which would be followed by secrets written anew.
  const std::lock_guard change(change_mutex_);
  const std::shared_ptr<RunOpening> opening = run.opening();
  if (opening == nullptr) return EndedError();
  return dependencies_.secrets.Put(run.manifest_hash(), opening->Snapshot());
}

void RunRegistry::NoteForeignOpening(std::string_view peer, std::string_view manifest_hash) {
  const std::lock_guard lock(mutex_);
  foreign_.insert_or_assign(std::string(peer), std::string(manifest_hash));
}

void RunRegistry::ForgetForeignOpening(std::string_view peer) {
  const std::lock_guard lock(mutex_);
  const auto found = foreign_.find(peer);
  if (found != foreign_.end()) foreign_.erase(found);
}

std::optional<std::string> RunRegistry::ForeignOpeningOf(std::string_view peer) const {
  std::string hash;
  {
    const std::lock_guard lock(mutex_);
    const auto found = foreign_.find(peer);
    if (found == foreign_.end()) return std::nullopt;
    hash = found->second;
  }
  if (!absl::IsUnavailable(Find(hash).status())) return std::nullopt;
  return hash;
}

absl::Status RunRegistry::EndRetired() {
  const uint64_t active = dependencies_.key_store.active_epoch();
  absl::Status result;
  for (const std::shared_ptr<RunContext>& run : Runs()) {
    if (run->manifest().body().epoch() == active) continue;
    if (absl::Status status = End(run->manifest_hash()); !status.ok()) result = status;
  }
  return result;
}

}  // namespace raakvlak::node
