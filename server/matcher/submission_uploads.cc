// Handlers for what nodes hand in: tags, records, encodings, references. Each streams into the
// upload that checks it, and is taken in as a whole or not at all.
#include <algorithm>
#include <memory>
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

// --- kinds ---------------------------------------------------------------------------------------

struct Opening {
  common::FileSystem& fs;
  const UploadLimits& limits;
  const Runs::Ticket& ticket;
};

// What each kind of upload that begins with a header has of its own; SubmissionService::Take has
// the rest.

struct Tags {
  using Request = v1::UploadTagsRequest;
  static constexpr char kMethod[] = "UploadTags";
  static constexpr char kWhat[] = "tags";
  static constexpr UploadKind kKind = UploadKind::kTags;

  static std::string Type(const v1::UploadTagsHeader& header) { return header.identifier_type(); }
  static absl::StatusOr<std::unique_ptr<TagUpload>> Open(const Opening& opening,
                                                         const v1::UploadTagsHeader& header,
                                                         std::vector<UnconfirmedRow>&) {
    // Every tag was evaluated in this epoch.
    const v1::TypePolicy* policy = opening.ticket.purpose->FindType(header.identifier_type());
    std::uint64_t most = opening.limits.max_tags_per_set;
    if (policy != nullptr) most = std::min(most, policy->epoch_ceiling());
    return TagUpload::Create(opening.fs, opening.ticket.staging_path, header.count(), most);
  }
  static absl::Status Add(const Request& message, TagUpload& upload) {
    return upload.Add(message.tags());
  }
};

struct Records {
  using Request = v1::UploadRecordsRequest;
  static constexpr char kMethod[] = "UploadRecords";
  static constexpr char kWhat[] = "records";
  static constexpr UploadKind kKind = UploadKind::kRecords;

  static std::string Type(const v1::UploadRecordsHeader&) { return ""; }
  static absl::StatusOr<std::unique_ptr<RecordUpload>> Open(
      const Opening& opening, const v1::UploadRecordsHeader& header,
      std::vector<UnconfirmedRow>& unconfirmed) {
    const Runs::Ticket& ticket = opening.ticket;
    const v1::RunManifest& manifest = ticket.manifest->body();
    RecordUploadContext about;
    about.agency = ticket.agency_index;
    about.agencies.assign(manifest.agencies().begin(), manifest.agencies().end());
    about.types.assign(manifest.identifier_types().begin(), manifest.identifier_types().end());
    about.unconfirmed.assign(about.types.size(), 0);
    for (const v1::UnconfirmedOverlap& u : header.unconfirmed()) {
      const int counterpart = ticket.manifest->AgencyIndex(u.counterpart());
      const int type = ticket.manifest->TypeIndex(u.identifier_type());
      if (counterpart < 0 || counterpart == about.agency || type < 0) {
        return absl::InvalidArgumentError("an unconfirmed pair that is not in the run");
      }
      AgencyMask& mask = about.unconfirmed[static_cast<std::size_t>(type)];
      if ((mask >> counterpart & 1) != 0) {
        return absl::InvalidArgumentError("the same unconfirmed pair twice");
      }
      mask |= AgencyMask{1} << counterpart;
      unconfirmed.push_back({ticket.agency, u.counterpart(), u.identifier_type()});
    }
    return RecordUpload::Create(opening.fs, ticket.directory, ticket.staging_path, std::move(about),
                                header.count(), opening.limits);
  }
  static absl::Status Add(const Request& message, RecordUpload& upload) {
    if (message.records_size() > kMaxRecordsPerMessage) {
      return absl::InvalidArgumentError("more than 8,192 records in a message");
    }
    for (const v1::RecordEntry& entry : message.records()) {
      if (absl::Status s = upload.Add(entry); !s.ok()) return s;
    }
    return absl::OkStatus();
  }
};

struct Encodings {
  using Request = v1::UploadEncodingsRequest;
  static constexpr char kMethod[] = "UploadEncodings";
  static constexpr char kWhat[] = "encodings";
  static constexpr UploadKind kKind = UploadKind::kEncodings;

  static std::string Type(const v1::UploadEncodingsHeader&) { return ""; }
  static absl::StatusOr<std::unique_ptr<EncodingUpload>> Open(
      const Opening& opening, const v1::UploadEncodingsHeader& header,
      std::vector<UnconfirmedRow>&) {
    const Runs::Ticket& ticket = opening.ticket;
    return EncodingUpload::Create(opening.fs, ticket.directory, ticket.staging_path,
                                  ticket.agency_index,
                                  authority::ToProfile(ticket.purpose->body().profile()), header);
  }
  static absl::Status Add(const Request& message, EncodingUpload& upload) {
    return upload.Add(message.encodings());
  }
};

}  // namespace

// --- what they share -----------------------------------------------------------------------------

template <typename Kind>
absl::StatusOr<std::uint64_t> SubmissionService::Take(
    const std::string& agency, grpc::ServerReader<typename Kind::Request>* reader) {
  typename Kind::Request message;
  if (!reader->Read(&message)) return Lost();
  if (!message.has_header()) return absl::InvalidArgumentError("the first message has no header");
  const auto header = message.header();
  if (absl::Status s = CheckHash(header.manifest_hash()); !s.ok()) return s;
  const RequestKey key{agency, Kind::kMethod, header.request_id(), header.SerializeAsString()};
  absl::StatusOr<std::optional<std::string>> before = runs_.FindAnswer(key);
  if (!before.ok()) return before.status();
  if (before->has_value()) return ParseCountAnswer(**before);
  absl::StatusOr<Runs::TicketPtr> ticket =
      runs_.BeginUpload(agency, header.manifest_hash(), Kind::kKind, Kind::Type(header));
  if (!ticket.ok()) return ticket.status();
  std::vector<UnconfirmedRow> unconfirmed;
  auto upload = Kind::Open({fs_, limits_, **ticket}, header, unconfirmed);
  if (!upload.ok()) return upload.status();
  do {
    if (absl::Status s = Kind::Add(message, **upload); !s.ok()) return s;
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

template <typename Kind, typename Response>
grpc::Status SubmissionService::Receive(const grpc::ServerContext& context,
                                        grpc::ServerReader<typename Kind::Request>* reader,
                                        Response* response) {
  absl::StatusOr<std::string> agency = Agency(context);
  if (!agency.ok()) return common::ToGrpc(agency.status());
  absl::StatusOr<std::uint64_t> count = Take<Kind>(*agency, reader);
  if (context.IsCancelled() && !count.ok()) return common::ToGrpc(Lost());
  if (!count.ok()) return Refused(*agency, Kind::kWhat, count.status());
  response->set_count(*count);
  return grpc::Status::OK;
}

// --- handlers ------------------------------------------------------------------------------------

grpc::Status SubmissionService::UploadTags(grpc::ServerContext* context,
                                           grpc::ServerReader<v1::UploadTagsRequest>* reader,
                                           v1::UploadTagsResponse* response) {
  return Receive<Tags>(*context, reader, response);
}

grpc::Status SubmissionService::UploadRecords(grpc::ServerContext* context,
                                              grpc::ServerReader<v1::UploadRecordsRequest>* reader,
                                              v1::UploadRecordsResponse* response) {
  return Receive<Records>(*context, reader, response);
}

grpc::Status SubmissionService::UploadEncodings(
    grpc::ServerContext* context, grpc::ServerReader<v1::UploadEncodingsRequest>* reader,
    v1::UploadEncodingsResponse* response) {
  return Receive<Encodings>(*context, reader, response);
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
