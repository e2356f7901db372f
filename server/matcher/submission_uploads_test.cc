// What all uploads with a header have in common, over loopback: the refusals before and between
// the checks of their own.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "authority/comparison.h"
#include "server/common/testing/loopback_server.h"
#include "server/matcher/submission_service.h"
#include "server/matcher/testing/block_runs.h"

namespace raakvlak::matcher {
namespace {

using Stub = v1::SubmissionService::Stub;

struct TagsCall {
  using Request = v1::UploadTagsRequest;
  using Response = v1::UploadTagsResponse;
  static constexpr Phase kPhase = Phase::kEvaluating;
  static constexpr char kWhat[] = "tags";
  static auto Open(Stub& stub, grpc::ClientContext* context, Response* response) {
    return stub.UploadTags(context, response);
  }
  static void Complete(v1::UploadTagsHeader& header, const v1::Purpose&) {
    header.set_identifier_type("iban");
  }
};

struct RecordsCall {
  using Request = v1::UploadRecordsRequest;
  using Response = v1::UploadRecordsResponse;
  static constexpr Phase kPhase = Phase::kConfirming;
  static constexpr char kWhat[] = "records";
  static auto Open(Stub& stub, grpc::ClientContext* context, Response* response) {
    return stub.UploadRecords(context, response);
  }
  static void Complete(v1::UploadRecordsHeader&, const v1::Purpose&) {}
};

struct EncodingsCall {
  using Request = v1::UploadEncodingsRequest;
  using Response = v1::UploadEncodingsResponse;
  static constexpr Phase kPhase = Phase::kEncoding;
  static constexpr char kWhat[] = "encodings";
  static auto Open(Stub& stub, grpc::ClientContext* context, Response* response) {
    return stub.UploadEncodings(context, response);
  }
  static void Complete(v1::UploadEncodingsHeader& header, const v1::Purpose& purpose) {
    // As many as are asked of agency-a; another number is refused before what follows the header.
    header.set_count(36);
    *header.mutable_null_model() =
        testing::FakeNullModel(authority::ToProfile(purpose.profile()).fields.size());
  }
};

template <typename Call>
class SubmissionUploadsTest : public ::testing::Test {
 protected:
  using Request = typename Call::Request;

  void SetUp() override {
    f_.Open();
    run_id_ = f_.StartWithPlan(2);
    testing::DriveBlocks(f_, run_id_, testing::WithPersons(2, 12), Call::kPhase);
    ASSERT_EQ(f_.Status(run_id_).phase, Call::kPhase);
    service_.emplace(*f_.runs, *f_.nodes, caller_, f_.fs, f_.sample.matcher_key[0], UploadLimits{});
    server_.emplace(*service_);
    stub_ = v1::SubmissionService::NewStub(server_->Channel());
  }

  Request WithHeader(const std::string& hash) {
    Request message;
    auto& header = *message.mutable_header();
    header.set_request_id(std::string(16, 'r'));
    header.set_manifest_hash(hash);
    header.set_count(1);
    Call::Complete(header, f_.sample.purpose);
    return message;
  }
  grpc::Status Send(const std::vector<Request>& messages) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    typename Call::Response response;
    auto writer = Call::Open(*stub_, &context, &response);
    for (const Request& message : messages) writer->Write(message);
    writer->WritesDone();
    return writer->Finish();
  }
  void ExpectRefused(const std::vector<Request>& messages, grpc::StatusCode code,
                     const std::string& why) {
    const grpc::Status status = Send(messages);
    EXPECT_EQ(status.error_code(), code);
    EXPECT_EQ(status.error_message(), "agency-a: " + why);
  }

  testing::RunsFixture f_{2, 2};
  std::string run_id_;
  const common::FixedCaller caller_{
      {common::Role::kNode, "agency-a", "uri:raakvlak:node:agency-a"}};
  std::optional<SubmissionService> service_;
  std::optional<common::testing::LoopbackServer> server_;
  std::unique_ptr<Stub> stub_;
};

struct CallNames {
  template <typename Call>
  static std::string GetName(int) {
    return Call::kWhat;
  }
};
using Calls = ::testing::Types<TagsCall, RecordsCall, EncodingsCall>;
TYPED_TEST_SUITE(SubmissionUploadsTest, Calls, CallNames);

TYPED_TEST(SubmissionUploadsTest, HeadersAreFirstAndOnce) {
  const auto good = this->WithHeader(this->f_.Hash(this->run_id_));
  constexpr grpc::StatusCode kBad = grpc::StatusCode::INVALID_ARGUMENT;
  this->ExpectRefused({typename TypeParam::Request()}, kBad, "the first message has no header");
  this->ExpectRefused({this->WithHeader("short")}, kBad, "a manifest hash is 64 bytes");
  this->ExpectRefused({good, good}, kBad, "a second header");
  int audited = 0;
  for (const common::AuditEntry& entry : this->f_.audit.entries()) {
    if (entry.event != "upload.refused") continue;
    ++audited;
    EXPECT_EQ(entry.actor, "agency-a");
    EXPECT_EQ(entry.fields[0].second, TypeParam::kWhat);
  }
  EXPECT_EQ(audited, 3);
  // No place in the run is kept by what was refused: the upload's own check is reached.
  EXPECT_EQ(this->Send({good}).error_code(), kBad);
}

TYPED_TEST(SubmissionUploadsTest, RunsThatNobodyOfferedAreNotFound) {
  EXPECT_EQ(this->Send({this->WithHeader(std::string(64, 'h'))}).error_code(),
            grpc::StatusCode::NOT_FOUND);
}

}  // namespace
}  // namespace raakvlak::matcher
