// What the fake matcher does where a run links blocks: candidates, tasks and scores by the
// functions that the matcher uses.
#include <algorithm>
#include <tuple>

#include "authority/comparison.h"
#include "linkage/score/assign.h"
#include "linkage/score/candidates.h"
#include "linkage/score/compare_encodings.h"
#include "linkage/score/encoding_layout.h"
#include "linkage/score/null_model.h"
#include "linkage/score/score_model.h"
#include "linkage/types/identifier_type.h"
#include "server/node/testing/fake_matcher.h"

namespace raakvlak::node::testing {
namespace {

linkage::Profile ProfileOf(const v1::SignedDocument& document) {
  v1::Purpose purpose;
  (void)purpose.ParseFromString(document.body());
  return authority::ToProfile(purpose.profile());
}

auto OrderOf(const v1::EncodingTask& task) {
  return std::tuple(task.counterpart(), task.type_index(), task.tag(), task.handle());
}
bool InOrder(const v1::EncodingTask& x, const v1::EncodingTask& y) {
  return OrderOf(x) < OrderOf(y);
}

std::vector<linkage::BlockMember> MembersOf(const std::vector<v1::RecordEntry>& records,
                                            const v1::RunManifest& manifest, int counterpart) {
  std::vector<linkage::BlockMember> members;
  for (std::uint32_t r = 0; r < records.size(); ++r) {
    for (const v1::SharedTag& shared : records[r].shared()) {
      const auto type = linkage::ParseIdentifierType(
          manifest.identifier_types(static_cast<int>(shared.type_index())));
      if (!linkage::IsBlockType(*type) || (shared.counterparts() >> counterpart & 1) == 0) continue;
      linkage::BlockMember member;
      member.block.type = static_cast<std::uint8_t>(shared.type_index());
      std::copy(shared.tag().begin(), shared.tag().end(), member.block.tag.begin());
      member.record = r;
      members.push_back(member);
    }
  }
  return members;
}

v1::EncodingTask TaskOf(const linkage::BlockId& block, int counterpart, const std::string& handle) {
  v1::EncodingTask task;
  task.set_counterpart(static_cast<std::uint32_t>(counterpart));
  task.set_type_index(block.type);
  task.set_tag(std::string(block.tag.begin(), block.tag.end()));
  task.set_handle(handle);
  return task;
}

linkage::FieldChances ChancesOf(
    const google::protobuf::RepeatedPtrField<v1::LevelChances>& message) {
  linkage::FieldChances out;
  for (const v1::LevelChances& field : message) {
    linkage::LevelChances& levels = out.emplace_back();
    std::copy(field.chances().begin(), field.chances().end(), levels.begin());
  }
  return out;
}

linkage::NullModel ModelOf(const v1::NullModel& message) {
  linkage::NullModel model;
  model.independent = ChancesOf(message.independent());
  model.random_pairs = message.random_pairs();
  for (const v1::MixtureClass& c : message.classes()) {
    model.classes.push_back({c.weight(), ChancesOf(c.chances())});
  }
  model.block_pairs = message.block_pairs();
  model.block_chance = message.block_chance();
  return model;
}

const std::string& EncodingFor(const std::vector<v1::EncodingTask>& tasks,
                               const std::vector<std::string>& encodings,
                               const v1::EncodingTask& task) {
  const auto place = std::lower_bound(tasks.begin(), tasks.end(), task, InOrder) - tasks.begin();
  return encodings.at(static_cast<std::size_t>(place));
}

}  // namespace

void FakeMatcher::PairLocked(Run& run) {
  const linkage::Profile profile = ProfileOf(run.purpose);
  const auto& agencies = run.manifest.agencies();
  for (int a = 0; a < agencies.size(); ++a) {
    for (int b = a + 1; b < agencies.size(); ++b) {
      const auto& of_a = run.records[agencies[a]];
      const auto& of_b = run.records[agencies[b]];
      linkage::CandidateLimits limits;
      limits.block_cap = profile.block_cap;
      const auto selection = linkage::SelectCandidates(MembersOf(of_a, run.manifest, b),
                                                       MembersOf(of_b, run.manifest, a), limits);
      for (const linkage::BlockPair& pair : selection->pairs) {
        Candidate candidate;
        candidate.a = pair.a;
        candidate.b = pair.b;
        candidate.a_task = TaskOf(pair.block, b, of_a[pair.a].handle());
        candidate.b_task = TaskOf(pair.block, a, of_b[pair.b].handle());
        run.tasks[agencies[a]].push_back(candidate.a_task);
        run.tasks[agencies[b]].push_back(candidate.b_task);
        run.candidates[{a, b}].push_back(std::move(candidate));
      }
    }
  }
  for (auto& [agency, tasks] : run.tasks) {
    std::sort(tasks.begin(), tasks.end(), InOrder);
    tasks.erase(std::unique(tasks.begin(), tasks.end(),
                            [](const auto& x, const auto& y) { return OrderOf(x) == OrderOf(y); }),
                tasks.end());
    if (ask) ask(agency, tasks);
  }
}

FakeMatcher::Alike FakeMatcher::ScoreLocked(const Run& run, int a, int b) {
  const linkage::Profile profile = ProfileOf(run.purpose);
  const std::string& first = run.manifest.agencies(a);
  const std::string& second = run.manifest.agencies(b);
  std::vector<linkage::CandidatePair> pairs;
  const auto candidates = run.candidates.find({a, b});
  if (candidates == run.candidates.end()) return {};
  for (const Candidate& candidate : candidates->second) {
    linkage::CandidatePair pair;
    pair.a = static_cast<std::uint32_t>(candidate.a);
    pair.b = static_cast<std::uint32_t>(candidate.b);
    if (!linkage::CompareEncodings(
            profile, EncodingFor(run.tasks.at(first), run.encodings.at(first), candidate.a_task),
            EncodingFor(run.tasks.at(second), run.encodings.at(second), candidate.b_task),
            &pair.pattern)) {
      continue;
    }
    pairs.push_back(pair);
  }
  const linkage::NullModel null = linkage::CombineNullModels(
      profile, {ModelOf(run.null_models.at(first)), ModelOf(run.null_models.at(second))});
  const linkage::ScoreModel model = linkage::FitScoreModel(profile, null, &pairs);
  for (linkage::CandidatePair& pair : pairs) pair.score -= model.threshold;
  Alike alike;
  for (const std::size_t i : linkage::Assign(pairs, /*threshold=*/0, profile.deduplicated)) {
    alike[{pairs[i].a, pairs[i].b}] = pairs[i];
  }
  return alike;
}

grpc::Status FakeMatcher::FetchEncodingTasks(grpc::ServerContext* context,
                                             const v1::FetchEncodingTasksRequest* request,
                                             grpc::ServerWriter<v1::EncodingTaskChunk>* writer) {
  std::string agency;
  grpc::Status entered = Enter(*context, "FetchEncodingTasks", agency);
  if (!entered.ok()) return entered;
  std::unique_lock lock(mutex_);
  Run* run = FindLocked(request->manifest_hash());
  if (run == nullptr) return {grpc::StatusCode::NOT_FOUND, "no such run"};
  const std::vector<v1::EncodingTask> tasks = run->tasks[agency];
  lock.unlock();
  constexpr std::size_t kTasksPerMessage = 100;
  for (std::size_t at = 0; at < tasks.size(); at += kTasksPerMessage) {
    v1::EncodingTaskChunk chunk;
    for (std::size_t i = at; i < std::min(at + kTasksPerMessage, tasks.size()); ++i) {
      *chunk.add_tasks() = tasks[i];
    }
    if (!writer->Write(chunk)) break;
  }
  return grpc::Status::OK;
}

grpc::Status FakeMatcher::UploadEncodings(grpc::ServerContext* context,
                                          grpc::ServerReader<v1::UploadEncodingsRequest>* reader,
                                          v1::UploadEncodingsResponse* response) {
  v1::UploadEncodingsRequest message;
  v1::UploadEncodingsHeader header;
  std::string all;
  while (reader->Read(&message)) {
    if (message.has_header()) header = message.header();
    all += message.encodings();
  }
  std::string agency;
  std::lock_guard lock(mutex_);
  Run* run = FindLocked(header.manifest_hash());
  if (run == nullptr) return {grpc::StatusCode::NOT_FOUND, "no such run"};
  // What came is noted before the call may be made to fail: the node must send the same again.
  grpc::Status entered = Enter(*context, "UploadEncodings", agency);
  run->encoding_uploads[agency].push_back(header.SerializeAsString() + all);
  if (!entered.ok()) return entered;
  received_ += header.SerializeAsString() + all;
  const std::size_t size = linkage::EncodedSize(ProfileOf(run->purpose));
  if (header.count() != run->tasks[agency].size() || all.size() != header.count() * size) {
    return {grpc::StatusCode::INVALID_ARGUMENT, "another number of encodings, or another size"};
  }
  std::vector<std::string>& encodings = run->encodings[agency];
  encodings.clear();
  for (std::size_t at = 0; at < all.size(); at += size) encodings.push_back(all.substr(at, size));
  run->null_models[agency] = header.null_model();
  response->set_count(header.count());
  if (run->null_models.size() == static_cast<std::size_t>(run->manifest.agencies_size()) &&
      run->state == v1::RUN_STATE_ENCODING) {
    MatchLocked(*run);
    SetStateLocked(*run, v1::RUN_STATE_REFERENCING);
  }
  return grpc::Status::OK;
}

}  // namespace raakvlak::node::testing
