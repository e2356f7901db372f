// The handlers of a run that links blocks, over loopback: tasks out, encodings in, and
// what is refused, by name and on the record.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "authority/comparison.h"
#include "server/common/testing/loopback_server.h"
#include "server/matcher/submission_service.h"
#include "server/matcher/testing/block_runs.h"

namespace raakvlak::matcher {
namespace {

using testing::FakeAgency;
using testing::RunsFixture;

class SubmissionBlocksTest : public ::testing::Test {
 protected:
  void SetUp() override {
    f_.Open();
    run_id_ = f_.StartWithPlan(2);
    testing::DriveBlocks(f_, run_id_, agencies_, Phase::kEncoding);
    service_.emplace(*f_.runs, *f_.nodes, caller_, f_.fs, f_.sample.matcher_key[0], UploadLimits{});
    server_.emplace(*service_);
    stub_ = v1::SubmissionService::NewStub(server_->Channel());
  }

  std::vector<v1::EncodingTask> Tasks() {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    v1::FetchEncodingTasksRequest request;
    request.set_manifest_hash(f_.Hash(run_id_));
    auto reader = stub_->FetchEncodingTasks(&context, request);
    std::vector<v1::EncodingTask> tasks;
    v1::EncodingTaskChunk chunk;
    while (reader->Read(&chunk)) {
      tasks.insert(tasks.end(), chunk.tasks().begin(), chunk.tasks().end());
    }
    const grpc::Status status = reader->Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
    return tasks;
  }
  grpc::Status Upload(const std::string& request_id, std::uint64_t count,
                      const v1::NullModel& null_model, const std::string& encodings) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    v1::UploadEncodingsResponse response;
    auto writer = stub_->UploadEncodings(&context, &response);
    v1::UploadEncodingsRequest message;
    message.mutable_header()->set_request_id(request_id + std::string(16, '.'));
    message.mutable_header()->set_manifest_hash(f_.Hash(run_id_));
    message.mutable_header()->set_count(count);
    *message.mutable_header()->mutable_null_model() = null_model;
    writer->Write(message);
    message.Clear();
    message.set_encodings(encodings);
    writer->Write(message);
    writer->WritesDone();
    grpc::Status status = writer->Finish();
    if (status.ok()) {
      EXPECT_EQ(response.count(), count);
    }
    return status;
  }

  const std::vector<FakeAgency> agencies_ = testing::WithPersons(2, 12);
  RunsFixture f_{2, 2};
  std::string run_id_;
  const common::FixedCaller caller_{
      {common::Role::kNode, "agency-a", "uri:raakvlak:node:agency-a"}};
  std::optional<SubmissionService> service_;
  std::optional<common::testing::LoopbackServer> server_;
  std::unique_ptr<v1::SubmissionService::Stub> stub_;
};

TEST_F(SubmissionBlocksTest, TasksOutEncodingsIn) {
  const linkage::Profile profile = authority::ToProfile(f_.sample.purpose.profile());
  const v1::NullModel null_model = testing::FakeNullModel(profile.fields.size());
  const auto tasks = Tasks();
  auto place = [](const v1::EncodingTask& task) {
    return std::make_tuple(task.type_index(), task.tag(), task.handle());
  };
  ASSERT_EQ(tasks.size(), 36U);
  std::string encodings;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    EXPECT_EQ(tasks[i].counterpart(), 1U);
    if (i > 0) {
      EXPECT_LT(place(tasks[i - 1]), place(tasks[i]));
    }
    encodings +=
        agencies_[0].Encoding(profile, tasks[i].tag(), agencies_[0].RecordOf(tasks[i].handle()));
  }
  v1::NullModel broken = null_model;
  broken.mutable_independent(0)->set_chances(0, 2);
  const std::vector<grpc::Status> refused = {
      Upload("a", 35, null_model, encodings.substr(linkage::EncodedSize(profile))),
      Upload("b", 36, null_model, encodings.substr(1)),
      Upload("c", 36, null_model, encodings + encodings.substr(0, linkage::EncodedSize(profile))),
      Upload("d", 36, broken, encodings)};
  for (const grpc::Status& status : refused) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(status.error_message().find("agency-a: "), 0U) << status.error_message();
  }
  int audited = 0;
  for (const common::AuditEntry& entry : f_.audit.entries()) {
    if (entry.event != "upload.refused") continue;
    ++audited;
    EXPECT_EQ(entry.actor, "agency-a");
    EXPECT_EQ(entry.fields[0].second, "encodings");
  }
  EXPECT_EQ(audited, 4);
  EXPECT_EQ(f_.Status(run_id_).encodings_in, 0U);
  const grpc::Status taken = Upload("e", 36, null_model, encodings);
  EXPECT_TRUE(taken.ok()) << taken.error_message();
  EXPECT_EQ(f_.Status(run_id_).encodings_in, 1U);
  // The same request again has the same answer; other encodings are not taken in.
  EXPECT_TRUE(Upload("e", 36, null_model, encodings).ok());
  std::reverse(encodings.begin() + linkage::EncodedSize(profile) - 8,
               encodings.begin() + linkage::EncodedSize(profile));
  EXPECT_EQ(Upload("f", 36, null_model, encodings).error_code(), grpc::StatusCode::ALREADY_EXISTS);
}

TEST_F(SubmissionBlocksTest, MatchesShowAgreement) {
  testing::DriveBlocks(f_, run_id_, agencies_, Phase::kReferencing);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  v1::FetchMatchesRequest request;
  request.set_manifest_hash(f_.Hash(run_id_));
  auto reader = stub_->FetchMatches(&context, request);
  v1::MatchChunk chunk;
  ASSERT_TRUE(reader->Read(&chunk));
  EXPECT_EQ(chunk.matches_size(), 12);
  for (const v1::NodeMatch& match : chunk.matches()) {
    EXPECT_EQ(match.counterpart(), "agency-b");
    EXPECT_EQ(match.strength(), v1::MATCH_STRENGTH_STRONG);
    EXPECT_EQ(match.agreed_types_size(), 2);
    EXPECT_EQ(match.agreed_tags_size(), 2);
    ASSERT_EQ(match.agreement_size(), 4);
    EXPECT_EQ(match.agreement(0), v1::AGREEMENT_LEVEL_EXACT);
    EXPECT_FALSE(match.chained());
  }
  EXPECT_FALSE(reader->Read(&chunk));
  EXPECT_TRUE(reader->Finish().ok());
}

TEST_F(SubmissionBlocksTest, MatchesOfAChainAreMarked) {
  testing::DriveBlocks(f_, run_id_, agencies_, Phase::kReferencing);
  // A match, and two own records with one of the counterpart's between them.
  const RunDirectory directory(f_.dir.path(), run_id_, 1);
  auto writer = FramedWriter::Create(f_.fs, directory.Pairs(), kPairsMagic);
  ASSERT_TRUE(writer.ok()) << writer.status();
  std::uint8_t number = 0;
  for (const auto& [first, second, group] :
       std::vector<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>>{
           {0, 12, 0}, {1, 13, 1}, {2, 13, 1}}) {
    StoredPair pair;
    pair.id[0] = ++number;
    pair.second_agency = 1;
    pair.first_record = first;
    pair.second_record = second;
    pair.group = group;
    ASSERT_TRUE((*writer)->Add(Encode(pair)).ok());
  }
  ASSERT_TRUE((*writer)->Finish().ok());
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  v1::FetchMatchesRequest request;
  request.set_manifest_hash(f_.Hash(run_id_));
  auto reader = stub_->FetchMatches(&context, request);
  v1::MatchChunk chunk;
  ASSERT_TRUE(reader->Read(&chunk));
  ASSERT_EQ(chunk.matches_size(), 3);
  EXPECT_FALSE(chunk.matches(0).chained());
  EXPECT_TRUE(chunk.matches(1).chained());
  EXPECT_TRUE(chunk.matches(2).chained());
}

}  // namespace
}  // namespace raakvlak::matcher
