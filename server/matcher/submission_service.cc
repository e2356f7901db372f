// Handlers for nodes: the watch and what they fetch. What they hand in: submission_uploads.cc.
#include "server/matcher/submission_service.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "server/common/grpc_status.h"
#include "server/matcher/own_chains.h"
#include "server/matcher/report_wire.h"
#include "server/matcher/submission_internal.h"

namespace raakvlak::matcher {
namespace {

using common::ToGrpc;

constexpr absl::Duration kWatchPoll = absl::Milliseconds(500);
constexpr std::size_t kMaxMatchesPerMessage = 8'192;
constexpr int kMaxTasksPerMessage = 8'192;
constexpr std::size_t kMatchBytesPerMessage = 1 << 20;
constexpr std::size_t kMaxReasonBytes = 512;
constexpr std::size_t kMaxStageBytes = 32;

// For people, in logs and terminals: no control characters, cut to size.
std::string Printable(const std::string& text, std::size_t most) {
  std::string out = text.substr(0, most);
  std::replace_if(
      out.begin(), out.end(), [](unsigned char c) { return c < 0x20 || c >= 0x7f; }, '?');
  return out;
}

}  // namespace

absl::StatusOr<std::string> SubmissionService::Agency(const grpc::ServerContext& context) const {
  absl::StatusOr<common::Caller> caller = callers_.CallerOf(context);
  if (!caller.ok()) return caller.status();
  if (caller->role != common::Role::kNode || caller->agency_id.empty()) {
    return absl::PermissionDeniedError("only nodes may call this");
  }
  return caller->agency_id;
}

grpc::Status SubmissionService::Refused(const std::string& agency, std::string_view what,
                                        absl::Status status) {
  const absl::StatusCode code = status.code();
  // Being early, late or cut off is not an attack.
  if (code == absl::StatusCode::kInvalidArgument || code == absl::StatusCode::kPermissionDenied ||
      code == absl::StatusCode::kAlreadyExists || code == absl::StatusCode::kNotFound) {
    runs_.AuditRefusal(agency, what, status);
    status = absl::Status(code, absl::StrCat(agency, ": ", status.message()));
  }
  return ToGrpc(status);
}

grpc::Status SubmissionService::WatchRuns(grpc::ServerContext* context,
                                          const v1::WatchRunsRequest* request,
                                          grpc::ServerWriter<v1::RunOffer>* writer) {
  absl::StatusOr<std::string> agency = Agency(*context);
  if (!agency.ok()) return ToGrpc(agency.status());
  if (request->normaliser_version().size() > 64) {
    return ToGrpc(absl::InvalidArgumentError("a normaliser version has at most 64 characters"));
  }
  if (absl::Status s = runs_.CheckAnnouncedPlans(*agency, *request); !s.ok()) return ToGrpc(s);
  const Connections::Guard guard =
      nodes_.Enter(*agency, {request->epoch(),
                             Printable(request->normaliser_version(), 64),
                             {request->plans().begin(), request->plans().end()}});
  std::uint64_t version = 0;
  while (!stopping_ && !context->IsCancelled()) {
    for (const OfferView& offer : runs_.WaitForOffers(*agency, &version, kWatchPoll)) {
      v1::RunOffer message;
      message.set_manifest(offer.manifest);
      if (!message.mutable_purpose()->ParseFromString(offer.purpose_document)) {
        return ToGrpc(absl::DataLossError("the purpose of a run cannot be read"));
      }
      if (!offer.manifest.empty()) {
        message.set_state(static_cast<v1::RunState>(offer.phase));
        message.set_reason(offer.reason);
      }
      if (!writer->Write(message)) return grpc::Status::OK;
    }
  }
  return stopping_ ? ToGrpc(absl::UnavailableError("the matcher is shutting down"))
                   : grpc::Status::OK;
}

grpc::Status SubmissionService::ReportProgress(grpc::ServerContext* context,
                                               const v1::ReportProgressRequest* request,
                                               v1::ReportProgressResponse*) {
  absl::StatusOr<std::string> agency = Agency(*context);
  if (!agency.ok()) return ToGrpc(agency.status());
  if (absl::Status s = CheckHash(request->manifest_hash()); !s.ok()) return ToGrpc(s);
  return ToGrpc(runs_.SetProgress(
      *agency, request->manifest_hash(),
      {Printable(request->stage(), kMaxStageBytes), request->done(), request->total()}));
}

grpc::Status SubmissionService::DeclineRun(grpc::ServerContext* context,
                                           const v1::DeclineRunRequest* request,
                                           v1::DeclineRunResponse*) {
  absl::StatusOr<std::string> agency = Agency(*context);
  if (!agency.ok()) return ToGrpc(agency.status());
  if (absl::Status s = CheckHash(request->manifest_hash()); !s.ok()) return ToGrpc(s);
  if (request->reason().empty() || request->reason().size() > kMaxReasonBytes) {
    return ToGrpc(absl::InvalidArgumentError("a reason has 1 to 512 characters"));
  }
  return ToGrpc(
      runs_.Decline(*agency, request->manifest_hash(),
                    Printable(request->reason(), kMaxReasonBytes), request->blamed(),
                    {*agency, "DeclineRun", request->request_id(), request->SerializeAsString()}));
}

absl::Status SubmissionService::SendOverlap(const Runs::Ticket& ticket, int counterpart,
                                            grpc::ServerWriter<v1::OverlapChunk>* writer) {
  const v1::RunManifest& manifest = ticket.manifest->body();
  absl::StatusOr<std::unique_ptr<common::SortedFileReader>> reader = common::SortedFileReader::Open(
      fs_, ticket.directory.Shared(ticket.type_index, ticket.agency_index, counterpart));
  if (!reader.ok()) return reader.status();
  const std::string& name = manifest.agencies(counterpart);
  crypto::Sha512Hasher hasher;
  v1::OverlapChunk chunk;
  chunk.set_counterpart(name);
  std::uint64_t count = 0;
  while (true) {
    absl::StatusOr<bool> more = (*reader)->Next();
    if (!more.ok()) return more.status();
    if (*more && chunk.tags().size() < kMaxTagsPerMessage * linkage::kTagBytes) {
      const common::FileTag& tag = (*reader)->tag();
      chunk.mutable_tags()->append(tag.begin(), tag.end());
      ++count;
      continue;
    }
    hasher.Update(crypto::AsBytes(chunk.tags()));
    if (!*more) break;
    if (absl::Status s = runs_.StillOpen(ticket); !s.ok()) return s;
    if (!writer->Write(chunk)) return Lost();
    const common::FileTag& tag = (*reader)->tag();
    chunk.mutable_tags()->assign(tag.begin(), tag.end());
    ++count;
  }
  v1::OverlapStatement statement;
  statement.set_manifest_hash(crypto::ToString(ticket.manifest->hash()));
  statement.set_identifier_type(manifest.identifier_types(ticket.type_index));
  statement.set_recipient(ticket.agency);
  statement.set_counterpart(name);
  statement.set_count(count);
  statement.set_tags_digest(crypto::ToString(hasher.Finish()));
  v1::SignedPayload& sealed = *chunk.mutable_statement();
  sealed.set_signer("matcher");
  sealed.set_payload(statement.SerializeAsString());
  sealed.set_signature(
      crypto::ToString(key_.Sign(kOverlapContext, crypto::AsBytes(sealed.payload()))));
  return writer->Write(chunk) ? absl::OkStatus() : Lost();
}

grpc::Status SubmissionService::FetchOverlap(grpc::ServerContext* context,
                                             const v1::FetchOverlapRequest* request,
                                             grpc::ServerWriter<v1::OverlapChunk>* writer) {
  absl::StatusOr<std::string> agency = Agency(*context);
  if (!agency.ok()) return ToGrpc(agency.status());
  if (absl::Status s = CheckHash(request->manifest_hash()); !s.ok()) return ToGrpc(s);
  absl::StatusOr<Runs::TicketPtr> ticket = runs_.BeginFetch(
      *agency, request->manifest_hash(), FetchKind::kOverlap, request->identifier_type());
  if (!ticket.ok()) return ToGrpc(ticket.status());
  for (int c = 0; c < (*ticket)->manifest->body().agencies_size(); ++c) {
    if (c == (*ticket)->agency_index) continue;
    if (absl::Status s = SendOverlap(**ticket, c, writer); !s.ok()) return ToGrpc(s);
  }
  return grpc::Status::OK;
}

grpc::Status SubmissionService::FetchEncodingTasks(
    grpc::ServerContext* context, const v1::FetchEncodingTasksRequest* request,
    grpc::ServerWriter<v1::EncodingTaskChunk>* writer) {
  absl::StatusOr<std::string> agency = Agency(*context);
  if (!agency.ok()) return ToGrpc(agency.status());
  if (absl::Status s = CheckHash(request->manifest_hash()); !s.ok()) return ToGrpc(s);
  absl::StatusOr<Runs::TicketPtr> ticket =
      runs_.BeginFetch(*agency, request->manifest_hash(), FetchKind::kEncodingTasks, "");
  if (!ticket.ok()) return ToGrpc(ticket.status());
  v1::EncodingTaskChunk chunk;
  auto send = [&]() -> absl::Status {
    if (absl::Status s = runs_.StillOpen(**ticket); !s.ok()) return s;
    if (!writer->Write(chunk)) return Lost();
    chunk.Clear();
    return absl::OkStatus();
  };
  absl::Status status = ForEachStored<StoredTask>(
      fs_, (*ticket)->directory.Tasks((*ticket)->agency_index), kTasksMagic,
      [&](const StoredTask& stored) -> absl::Status {
        v1::EncodingTask& task = *chunk.add_tasks();
        task.set_counterpart(stored.counterpart);
        task.set_type_index(stored.type);
        task.set_tag(crypto::ToString(stored.tag.bytes));
        task.set_handle(crypto::ToString(stored.handle));
        return chunk.tasks_size() == kMaxTasksPerMessage ? send() : absl::OkStatus();
      });
  if (status.ok() && chunk.tasks_size() > 0) status = send();
  return ToGrpc(status);
}

grpc::Status SubmissionService::FetchMatches(grpc::ServerContext* context,
                                             const v1::FetchMatchesRequest* request,
                                             grpc::ServerWriter<v1::MatchChunk>* writer) {
  absl::StatusOr<std::string> agency = Agency(*context);
  if (!agency.ok()) return ToGrpc(agency.status());
  if (absl::Status s = CheckHash(request->manifest_hash()); !s.ok()) return ToGrpc(s);
  absl::StatusOr<Runs::TicketPtr> ticket =
      runs_.BeginFetch(*agency, request->manifest_hash(), FetchKind::kMatches, "");
  if (!ticket.ok()) return ToGrpc(ticket.status());
  const v1::RunManifest& manifest = (*ticket)->manifest->body();
  const int own = (*ticket)->agency_index;
  // Numbered anew for each node, so that the numbers tell nothing of groups it has no part in: four
  // bytes a group of the run, 0 for one that the node has not had yet.
  std::vector<std::uint32_t> number_of;
  std::uint32_t last_number = 0;
  absl::StatusOr<OwnChains> chains = OwnChains::Find(fs_, (*ticket)->directory, own);
  if (!chains.ok()) return ToGrpc(chains.status());
  v1::MatchChunk chunk;
  std::size_t bytes = 0;
  auto send = [&]() -> absl::Status {
    if (absl::Status s = runs_.StillOpen(**ticket); !s.ok()) return s;
    if (!writer->Write(chunk)) return Lost();
    chunk.Clear();
    bytes = 0;
    return absl::OkStatus();
  };
  absl::Status status = ForEachStored<StoredPair>(
      fs_, (*ticket)->directory.Pairs(), kPairsMagic, [&](const StoredPair& pair) -> absl::Status {
        const bool is_first = pair.first_agency == own;
        if (!is_first && pair.second_agency != own) return absl::OkStatus();
        v1::NodeMatch& match = *chunk.add_matches();
        match.set_pair_id(crypto::ToString(pair.id));
        match.set_handle(crypto::ToString(is_first ? pair.first : pair.second));
        const int other = is_first ? pair.second_agency : pair.first_agency;
        if (other >= manifest.agencies_size()) {
          return absl::DataLossError("a stored pair is of no agency of the run");
        }
        match.set_counterpart(manifest.agencies(other));
        match.set_strength(ToWire(pair.strength));
        for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(manifest.identifier_types_size());
             ++i) {
          if ((pair.types >> i & 1) != 0) match.add_agreed_types(i);
        }
        if (pair.group >= number_of.size()) {
          number_of.resize(
              std::max<std::size_t>(pair.group + std::size_t{1}, 2 * number_of.size()));
        }
        std::uint32_t& number = number_of[pair.group];
        if (number == 0) number = ++last_number;
        match.set_group(number);
        match.set_chained(chains->IsChained(pair.group));
        for (const linkage::Tag& tag : pair.agreed) {
          match.add_agreed_tags(crypto::ToString(tag.bytes));
        }
        for (const std::uint8_t level : pair.agreement) match.add_agreement(LevelToWire(level));
        bytes += 160 + 18 * pair.agreed.size();
        if (static_cast<std::size_t>(chunk.matches_size()) == kMaxMatchesPerMessage ||
            bytes >= kMatchBytesPerMessage) {
          return send();
        }
        return absl::OkStatus();
      });
  if (status.ok() && chunk.matches_size() > 0) status = send();
  return ToGrpc(status);
}

}  // namespace raakvlak::matcher
