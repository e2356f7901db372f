// Handlers for what nodes hand in: tags, records, encodings, references. Each streams into the
// upload that checks it, and is taken in as a whole or not at all.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "authority/comparison.h"
#include "server/common/grpc_status.h"
#include "server/matcher/encoding_upload.h"
#include "server/matcher/submission_internal.h"
#include "server/matcher/submission_service.h"

namespace raakvlak::matcher {
namespace {

std::string CountAnswer(std::uint64_t count) { return absl::StrCat(count); }

absl::StatusOr<std::uint64_t> ParseCountAnswer(const std::string& answer) {
  std::uint64_t count = 0;
  if (!absl::SimpleAtoi(answer, &count)) return absl::DataLossError("a kept answer is damaged");
  return count;
}

}  // namespace

absl::StatusOr<std::uint64_t> SubmissionService::TakeTags(
    const std::string& agency, grpc::ServerReader<v1::UploadTagsRequest>* reader) {
  v1::UploadTagsRequest message;
  if (!reader->Read(&message)) return Lost();
  if (!message.has_header()) return absl::InvalidArgumentError("the first message has no header");
  const v1::UploadTagsHeader header = message.header();
  if (absl::Status s = CheckHash(header.manifest_hash()); !s.ok()) return s;
  const RequestKey key{agency, "UploadTags", header.request_id(), header.SerializeAsString()};
  absl::StatusOr<std::optional<std::string>> before = runs_.FindAnswer(key);
  if (!before.ok()) return before.status();
  if (before->has_value()) return ParseCountAnswer(**before);
  absl::StatusOr<Runs::TicketPtr> ticket = runs_.BeginUpload(
      agency, header.manifest_hash(), UploadKind::kTags, header.identifier_type());
  if (!ticket.ok()) return ticket.status();
  // Every tag was evaluated in this epoch.
  const v1::TypePolicy* policy = (*ticket)->purpose->FindType(header.identifier_type());
  const std::uint64_t most = policy == nullptr
                                 ? limits_.max_tags_per_set
                                 : std::min(limits_.max_tags_per_set, policy->epoch_ceiling());
  absl::StatusOr<std::unique_ptr<TagUpload>> upload =
      TagUpload::Create(fs_, (*ticket)->staging_path, header.count(), most);
  if (!upload.ok()) return upload.status();
  do {
    if (absl::Status s = (*upload)->Add(message.tags()); !s.ok()) return s;
    if (absl::Status s = runs_.StillOpen(**ticket); !s.ok()) return s;
    message.Clear();
    if (!reader->Read(&message)) break;
    if (message.has_header()) return absl::InvalidArgumentError("a second header");
  } while (true);
  absl::StatusOr<UploadResult> result = (*upload)->Finish();
  if (!result.ok()) return result.status();
  if (absl::Status s = runs_.CompleteUpload(**ticket, *result, {}, key, CountAnswer(result->count));
      !s.ok()) {
    return s;
  }
  return result->count;
}

grpc::Status SubmissionService::UploadTags(grpc::ServerContext* context,
                                           grpc::ServerReader<v1::UploadTagsRequest>* reader,
                                           v1::UploadTagsResponse* response) {
  absl::StatusOr<std::string> agency = Agency(*context);
  if (!agency.ok()) return common::ToGrpc(agency.status());
  absl::StatusOr<std::uint64_t> count = TakeTags(*agency, reader);
  if (context->IsCancelled() && !count.ok()) return common::ToGrpc(Lost());
  if (!count.ok()) return Refused(*agency, "tags", count.status());
  response->set_count(*count);
  return grpc::Status::OK;
}

absl::StatusOr<std::uint64_t> SubmissionService::TakeRecords(
    const std::string& agency, grpc::ServerReader<v1::UploadRecordsRequest>* reader) {
  v1::UploadRecordsRequest message;
  if (!reader->Read(&message)) return Lost();
  if (!message.has_header()) return absl::InvalidArgumentError("the first message has no header");
  const v1::UploadRecordsHeader header = message.header();
  if (absl::Status s = CheckHash(header.manifest_hash()); !s.ok()) return s;
  const RequestKey key{agency, "UploadRecords", header.request_id(), header.SerializeAsString()};
  absl::StatusOr<std::optional<std::string>> before = runs_.FindAnswer(key);
  if (!before.ok()) return before.status();
  if (before->has_value()) return ParseCountAnswer(**before);
  absl::StatusOr<Runs::TicketPtr> ticket =
      runs_.BeginUpload(agency, header.manifest_hash(), UploadKind::kRecords, "");
  if (!ticket.ok()) return ticket.status();

  const v1::RunManifest& manifest = (*ticket)->manifest->body();
  RecordUploadContext about;
  about.agency = (*ticket)->agency_index;
  about.agencies.assign(manifest.agencies().begin(), manifest.agencies().end());
  about.types.assign(manifest.identifier_types().begin(), manifest.identifier_types().end());
  about.unconfirmed.assign(about.types.size(), 0);
  std::vector<UnconfirmedRow> unconfirmed;
  for (const v1::UnconfirmedOverlap& u : header.unconfirmed()) {
    const int counterpart = (*ticket)->manifest->AgencyIndex(u.counterpart());
    const int type = (*ticket)->manifest->TypeIndex(u.identifier_type());
    if (counterpart < 0 || counterpart == about.agency || type < 0) {
      return absl::InvalidArgumentError("an unconfirmed pair that is not in the run");
    }
    AgencyMask& mask = about.unconfirmed[static_cast<std::size_t>(type)];
    if ((mask >> counterpart & 1) != 0) {
      return absl::InvalidArgumentError("the same unconfirmed pair twice");
    }
    mask |= AgencyMask{1} << counterpart;
    unconfirmed.push_back({agency, u.counterpart(), u.identifier_type()});
  }
  absl::StatusOr<std::unique_ptr<RecordUpload>> upload =
      RecordUpload::Create(fs_, (*ticket)->directory, (*ticket)->staging_path, std::move(about),
                           header.count(), limits_);
  if (!upload.ok()) return upload.status();
  do {
    if (message.records_size() > kMaxRecordsPerMessage) {
      return absl::InvalidArgumentError("more than 8,192 records in a message");
    }
    for (const v1::RecordEntry& entry : message.records()) {
      if (absl::Status s = (*upload)->Add(entry); !s.ok()) return s;
    }
    if (absl::Status s = runs_.StillOpen(**ticket); !s.ok()) return s;
    message.Clear();
    if (!reader->Read(&message)) break;
    if (message.has_header()) return absl::InvalidArgumentError("a second header");
  } while (true);
  absl::StatusOr<UploadResult> result = (*upload)->Finish();
  if (!result.ok()) return result.status();
  if (absl::Status s =
          runs_.CompleteUpload(**ticket, *result, unconfirmed, key, CountAnswer(result->count));
      !s.ok()) {
    return s;
  }
  return result->count;
}

grpc::Status SubmissionService::UploadRecords(grpc::ServerContext* context,
                                              grpc::ServerReader<v1::UploadRecordsRequest>* reader,
                                              v1::UploadRecordsResponse* response) {
  absl::StatusOr<std::string> agency = Agency(*context);
  if (!agency.ok()) return common::ToGrpc(agency.status());
  absl::StatusOr<std::uint64_t> count = TakeRecords(*agency, reader);
  if (context->IsCancelled() && !count.ok()) return common::ToGrpc(Lost());
  if (!count.ok()) return Refused(*agency, "records", count.status());
  response->set_count(*count);
  return grpc::Status::OK;
}

absl::StatusOr<std::uint64_t> SubmissionService::TakeEncodings(
    const std::string& agency, grpc::ServerReader<v1::UploadEncodingsRequest>* reader) {
  v1::UploadEncodingsRequest message;
  if (!reader->Read(&message)) return Lost();
  if (!message.has_header()) return absl::InvalidArgumentError("the first message has no header");
  const v1::UploadEncodingsHeader header = message.header();
  if (absl::Status s = CheckHash(header.manifest_hash()); !s.ok()) return s;
  const RequestKey key{agency, "UploadEncodings", header.request_id(), header.SerializeAsString()};
  absl::StatusOr<std::optional<std::string>> before = runs_.FindAnswer(key);
  if (!before.ok()) return before.status();
  if (before->has_value()) return ParseCountAnswer(**before);
  absl::StatusOr<Runs::TicketPtr> ticket =
      runs_.BeginUpload(agency, header.manifest_hash(), UploadKind::kEncodings, "");
  if (!ticket.ok()) return ticket.status();
  absl::StatusOr<std::unique_ptr<EncodingUpload>> upload = EncodingUpload::Create(
      fs_, (*ticket)->directory, (*ticket)->staging_path, (*ticket)->agency_index,
      authority::ToProfile((*ticket)->purpose->body().profile()), header);
  if (!upload.ok()) return upload.status();
  do {
    if (absl::Status s = (*upload)->Add(message.encodings()); !s.ok()) return s;
    if (absl::Status s = runs_.StillOpen(**ticket); !s.ok()) return s;
    message.Clear();
    if (!reader->Read(&message)) break;
    if (message.has_header()) return absl::InvalidArgumentError("a second header");
  } while (true);
  absl::StatusOr<UploadResult> result = (*upload)->Finish();
  if (!result.ok()) return result.status();
  if (absl::Status s = runs_.CompleteUpload(**ticket, *result, {}, key, CountAnswer(result->count));
      !s.ok()) {
    return s;
  }
  return result->count;
}

grpc::Status SubmissionService::UploadEncodings(
    grpc::ServerContext* context, grpc::ServerReader<v1::UploadEncodingsRequest>* reader,
    v1::UploadEncodingsResponse* response) {
  absl::StatusOr<std::string> agency = Agency(*context);
  if (!agency.ok()) return common::ToGrpc(agency.status());
  absl::StatusOr<std::uint64_t> count = TakeEncodings(*agency, reader);
  if (context->IsCancelled() && !count.ok()) return common::ToGrpc(Lost());
  if (!count.ok()) return Refused(*agency, "encodings", count.status());
  response->set_count(*count);
  return grpc::Status::OK;
}

absl::Status SubmissionService::TakeReferences(
    const std::string& agency, grpc::ServerReader<v1::ReportReferencesRequest>* reader) {
  v1::ReportReferencesRequest message;
  if (!reader->Read(&message)) return Lost();
  if (absl::Status s = CheckHash(message.manifest_hash()); !s.ok()) return s;
  const std::string hash = message.manifest_hash();
  const RequestKey key{agency, "ReportReferences", message.request_id(), hash};
  absl::StatusOr<std::optional<std::string>> before = runs_.FindAnswer(key);
  if (!before.ok()) return before.status();
  if (before->has_value()) return absl::OkStatus();
  absl::StatusOr<Runs::TicketPtr> ticket =
      runs_.BeginUpload(agency, hash, UploadKind::kReferences, "");
  if (!ticket.ok()) return ticket.status();
  absl::StatusOr<std::unique_ptr<ReferenceUpload>> upload = ReferenceUpload::Create(
      fs_, (*ticket)->directory, (*ticket)->staging_path, (*ticket)->agency_index,
      (*ticket)->manifest->body().has_plan(), message);
  if (!upload.ok()) return upload.status();
  do {
    if (message.references_size() > kMaxReferencesPerMessage) {
      return absl::InvalidArgumentError("more than 8,192 references in a message");
    }
    for (const v1::PairReference& reference : message.references()) {
      if (absl::Status s = (*upload)->Add(reference); !s.ok()) return s;
    }
    if (absl::Status s = runs_.StillOpen(**ticket); !s.ok()) return s;
    message.Clear();
  } while (reader->Read(&message));
  absl::StatusOr<UploadResult> result = (*upload)->Finish();
  if (!result.ok()) return result.status();
  return runs_.CompleteUpload(**ticket, *result, {}, key, "");
}

grpc::Status SubmissionService::ReportReferences(
    grpc::ServerContext* context, grpc::ServerReader<v1::ReportReferencesRequest>* reader,
    v1::ReportReferencesResponse*) {
  absl::StatusOr<std::string> agency = Agency(*context);
  if (!agency.ok()) return common::ToGrpc(agency.status());
  absl::Status status = TakeReferences(*agency, reader);
  if (context->IsCancelled() && !status.ok()) return common::ToGrpc(Lost());
  if (!status.ok()) return Refused(*agency, "references", std::move(status));
  return grpc::Status::OK;
}

}  // namespace raakvlak::matcher
