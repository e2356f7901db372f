#include "server/node/testing/fake_matcher.h"

#include <algorithm>
#include <chrono>

#include "authority/manifest.h"
#include "crypto/base/bytes.h"
#include "server/node/mesh/signed_payload.h"

namespace raakvlak::node::testing {
namespace {

// States of runs that link blocks are numbered after those that end a run.
bool IsOver(v1::RunState state) {
  return state == v1::RUN_STATE_DONE || state == v1::RUN_STATE_FAILED ||
         state == v1::RUN_STATE_CANCELLED;
}

}  // namespace

std::string FakeMatcher::StartRun(const v1::RunManifest& manifest,
                                  const v1::SignedDocument& purpose) {
  Run run;
  run.manifest = manifest;
  run.bytes = manifest.SerializeAsString();
  run.purpose = purpose;
  std::string hash = crypto::ToString(authority::ManifestHash(run.bytes));
  std::lock_guard lock(mutex_);
  runs_[hash] = std::move(run);
  ++version_;
  changed_.notify_all();
  return hash;
}

void FakeMatcher::OfferPurpose(const v1::SignedDocument& purpose) {
  std::lock_guard lock(mutex_);
  purposes_.push_back(purpose);
  changed_.notify_all();
}

std::vector<v1::PlanOffer> FakeMatcher::PlansOf(const std::string& agency) {
  std::lock_guard lock(mutex_);
  return plans_[agency];
}

v1::RunState FakeMatcher::WaitForEnd(const std::string& hash, int seconds) {
  std::unique_lock lock(mutex_);
  Run& run = runs_.at(hash);
  const bool ended =
      changed_.wait_for(lock, std::chrono::seconds(seconds), [&] { return IsOver(run.state); });
  return ended ? run.state : v1::RUN_STATE_UNSPECIFIED;
}

std::string FakeMatcher::Reason(const std::string& hash) {
  std::lock_guard lock(mutex_);
  return runs_.at(hash).reason;
}

std::string FakeMatcher::Blamed(const std::string& hash) {
  std::lock_guard lock(mutex_);
  return runs_.at(hash).blamed;
}

void FakeMatcher::Stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

std::map<std::string, std::uint64_t> FakeMatcher::Watchers() {
  std::lock_guard lock(mutex_);
  return watchers_;
}

FakeMatcher::Run FakeMatcher::run(const std::string& hash) {
  std::lock_guard lock(mutex_);
  return runs_.at(hash);
}

std::string FakeMatcher::received() {
  std::lock_guard lock(mutex_);
  return received_;
}

grpc::Status FakeMatcher::Enter(const grpc::ServerContext& context, const std::string& call,
                                std::string& agency) {
  absl::StatusOr<common::Caller> caller = callers_->CallerOf(context);
  if (!caller.ok()) return {grpc::StatusCode::PERMISSION_DENIED, "a stranger"};
  agency = caller->agency_id;
  return before ? before(call, agency) : grpc::Status::OK;
}

FakeMatcher::Run* FakeMatcher::FindLocked(const std::string& hash) {
  auto found = runs_.find(hash);
  return found == runs_.end() ? nullptr : &found->second;
}

void FakeMatcher::SetStateLocked(Run& run, v1::RunState state) {
  if (IsOver(run.state)) return;
  run.state = state;
  ++version_;
  changed_.notify_all();
}

grpc::Status FakeMatcher::WatchRuns(grpc::ServerContext* context,
                                    const v1::WatchRunsRequest* request,
                                    grpc::ServerWriter<v1::RunOffer>* writer) {
  std::string agency;
  grpc::Status entered = Enter(*context, "WatchRuns", agency);
  if (!entered.ok()) return entered;
  std::unique_lock lock(mutex_);
  watchers_[agency] = request->epoch();
  plans_[agency] = {request->plans().begin(), request->plans().end()};
  std::map<std::string, v1::RunState> told;
  std::size_t purposes_told = 0;
  while (!stopped_ && !context->IsCancelled()) {
    std::vector<v1::RunOffer> offers;
    for (; purposes_told < purposes_.size(); ++purposes_told) {
      *offers.emplace_back().mutable_purpose() = purposes_[purposes_told];
    }
    for (const auto& [hash, run] : runs_) {
      const auto& agencies = run.manifest.agencies();
      if (std::find(agencies.begin(), agencies.end(), agency) == agencies.end()) continue;
      if (told[hash] == run.state) continue;
      told[hash] = run.state;
      v1::RunOffer offer;
      offer.set_manifest(run.bytes);
      *offer.mutable_purpose() = run.purpose;
      offer.set_state(run.state);
      offer.set_reason(run.reason);
      offers.push_back(std::move(offer));
    }
    lock.unlock();
    for (const v1::RunOffer& offer : offers) {
      if (!writer->Write(offer)) return grpc::Status::OK;
    }
    lock.lock();
    if (offers.empty()) changed_.wait_for(lock, std::chrono::milliseconds(50));
  }
  return grpc::Status::OK;
}

grpc::Status FakeMatcher::ReportProgress(grpc::ServerContext* context,
                                         const v1::ReportProgressRequest* request,
                                         v1::ReportProgressResponse* /*response*/) {
  std::string agency;
  grpc::Status entered = Enter(*context, "ReportProgress", agency);
  if (!entered.ok()) return entered;
  std::lock_guard lock(mutex_);
  received_ += request->SerializeAsString();
  return grpc::Status::OK;
}

grpc::Status FakeMatcher::DeclineRun(grpc::ServerContext* context,
                                     const v1::DeclineRunRequest* request,
                                     v1::DeclineRunResponse* /*response*/) {
  std::string agency;
  grpc::Status entered = Enter(*context, "DeclineRun", agency);
  if (!entered.ok()) return entered;
  std::lock_guard lock(mutex_);
  received_ += request->SerializeAsString();
  Run* run = FindLocked(request->manifest_hash());
  if (run == nullptr) return {grpc::StatusCode::NOT_FOUND, "no such run"};
  if (!IsOver(run->state)) {
    run->reason = agency + ": " + request->reason();
    run->blamed = request->blamed();
    SetStateLocked(*run, v1::RUN_STATE_FAILED);
  }
  return grpc::Status::OK;
}

grpc::Status FakeMatcher::UploadTags(grpc::ServerContext* context,
                                     grpc::ServerReader<v1::UploadTagsRequest>* reader,
                                     v1::UploadTagsResponse* response) {
  std::string agency;
  grpc::Status entered = Enter(*context, "UploadTags", agency);
  if (!entered.ok()) return entered;
  v1::UploadTagsRequest message;
  v1::UploadTagsHeader header;
  std::set<std::string> tags;
  std::string last;
  while (reader->Read(&message)) {
    if (message.has_header()) header = message.header();
    for (std::size_t at = 0; at < message.tags().size(); at += 16) {
      std::string tag = message.tags().substr(at, 16);
      if (tag <= last) return {grpc::StatusCode::INVALID_ARGUMENT, "tags do not ascend"};
      last = tag;
      tags.insert(std::move(tag));
    }
  }
  if (tags.size() != header.count()) {
    return {grpc::StatusCode::INVALID_ARGUMENT, "another number of tags"};
  }
  response->set_count(tags.size());
  std::lock_guard lock(mutex_);
  Run* run = FindLocked(header.manifest_hash());
  if (run == nullptr) return {grpc::StatusCode::NOT_FOUND, "no such run"};
  run->tags[{agency, header.identifier_type()}] = std::move(tags);
  const std::size_t all = static_cast<std::size_t>(run->manifest.agencies_size()) *
                          static_cast<std::size_t>(run->manifest.identifier_types_size());
  if (run->tags.size() == all && run->state == v1::RUN_STATE_EVALUATING) {
    SetStateLocked(*run, v1::RUN_STATE_CONFIRMING);
  }
  return grpc::Status::OK;
}

grpc::Status FakeMatcher::FetchOverlap(grpc::ServerContext* context,
                                       const v1::FetchOverlapRequest* request,
                                       grpc::ServerWriter<v1::OverlapChunk>* writer) {
  std::string agency;
  grpc::Status entered = Enter(*context, "FetchOverlap", agency);
  if (!entered.ok()) return entered;
  std::unique_lock lock(mutex_);
  Run* found = FindLocked(request->manifest_hash());
  if (found == nullptr) return {grpc::StatusCode::NOT_FOUND, "no such run"};
  const Run run = *found;
  lock.unlock();
  for (const std::string& other : run.manifest.agencies()) {
    if (other == agency) continue;
    const auto& own = run.tags.at({agency, request->identifier_type()});
    const auto& theirs = run.tags.at({other, request->identifier_type()});
    std::set<std::string> shared;
    std::set_intersection(own.begin(), own.end(), theirs.begin(), theirs.end(),
                          std::inserter(shared, shared.end()));
    if (lie) lie(agency, other, own, shared);
    v1::OverlapChunk chunk;
    chunk.set_counterpart(other);
    for (const std::string& tag : shared) chunk.mutable_tags()->append(tag);
    v1::OverlapStatement statement;
    statement.set_manifest_hash(request->manifest_hash());
    statement.set_identifier_type(request->identifier_type());
    statement.set_recipient(agency);
    statement.set_counterpart(other);
    statement.set_count(shared.size());
    statement.set_tags_digest(crypto::ToString(crypto::Sha512(crypto::AsBytes(chunk.tags()))));
    *chunk.mutable_statement() =
        SignPayload(signing_key_, "matcher", "raakvlak/v1 overlap", statement.SerializeAsString());
    writer->Write(chunk);
  }
  return grpc::Status::OK;
}

grpc::Status FakeMatcher::UploadRecords(grpc::ServerContext* context,
                                        grpc::ServerReader<v1::UploadRecordsRequest>* reader,
                                        v1::UploadRecordsResponse* response) {
  std::string agency;
  grpc::Status entered = Enter(*context, "UploadRecords", agency);
  if (!entered.ok()) return entered;
  v1::UploadRecordsRequest message;
  v1::UploadRecordsHeader header;
  std::vector<v1::RecordEntry> records;
  std::string bytes;
  while (reader->Read(&message)) {
    bytes += message.SerializeAsString();
    if (message.has_header()) header = message.header();
    records.insert(records.end(), message.records().begin(), message.records().end());
  }
  if (records.size() != header.count()) {
    return {grpc::StatusCode::INVALID_ARGUMENT, "another number of records"};
  }
  response->set_count(records.size());
  std::lock_guard lock(mutex_);
  received_ += bytes;
  Run* run = FindLocked(header.manifest_hash());
  if (run == nullptr) return {grpc::StatusCode::NOT_FOUND, "no such run"};
  run->records[agency] = std::move(records);
  for (const v1::UnconfirmedOverlap& left : header.unconfirmed()) {
    run->unconfirmed[agency].insert({left.counterpart(), left.identifier_type()});
  }
  if (run->records.size() == static_cast<std::size_t>(run->manifest.agencies_size()) &&
      run->state == v1::RUN_STATE_CONFIRMING) {
    if (run->manifest.has_plan()) {
      PairLocked(*run);
      SetStateLocked(*run, v1::RUN_STATE_ENCODING);
    } else {
      MatchLocked(*run);
      SetStateLocked(*run, v1::RUN_STATE_REFERENCING);
    }
  }
  return grpc::Status::OK;
}

grpc::Status FakeMatcher::FetchMatches(grpc::ServerContext* context,
                                       const v1::FetchMatchesRequest* request,
                                       grpc::ServerWriter<v1::MatchChunk>* writer) {
  std::string agency;
  grpc::Status entered = Enter(*context, "FetchMatches", agency);
  if (!entered.ok()) return entered;
  std::unique_lock lock(mutex_);
  Run* run = FindLocked(request->manifest_hash());
  if (run == nullptr) return {grpc::StatusCode::NOT_FOUND, "no such run"};
  const std::vector<v1::NodeMatch> matches = run->matches[agency];
  lock.unlock();
  for (const v1::NodeMatch& match : matches) {
    v1::MatchChunk chunk;
    *chunk.add_matches() = match;
    writer->Write(chunk);
  }
  return grpc::Status::OK;
}

grpc::Status FakeMatcher::ReportReferences(grpc::ServerContext* context,
                                           grpc::ServerReader<v1::ReportReferencesRequest>* reader,
                                           v1::ReportReferencesResponse* /*response*/) {
  std::string agency;
  grpc::Status entered = Enter(*context, "ReportReferences", agency);
  if (!entered.ok()) return entered;
  v1::ReportReferencesRequest message;
  std::string hash;
  std::vector<v1::PairReference> references;
  v1::Exposure exposure;
  std::string bytes;
  while (reader->Read(&message)) {
    bytes += message.SerializeAsString();
    if (!message.manifest_hash().empty()) hash = message.manifest_hash();
    if (message.has_exposure()) exposure = message.exposure();
    references.insert(references.end(), message.references().begin(), message.references().end());
  }
  std::lock_guard lock(mutex_);
  received_ += bytes;
  Run* run = FindLocked(hash);
  if (run == nullptr) return {grpc::StatusCode::NOT_FOUND, "no such run"};
  for (const v1::PairReference& reference : references) {
    run->references[reference.pair_id()][agency] = reference;
  }
  run->exposures[agency] = exposure;
  run->reported.insert(agency);
  if (run->reported.size() == static_cast<std::size_t>(run->manifest.agencies_size())) {
    SetStateLocked(*run, v1::RUN_STATE_DONE);
  }
  return grpc::Status::OK;
}

}  // namespace raakvlak::node::testing
