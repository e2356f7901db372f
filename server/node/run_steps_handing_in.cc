// What a node hands in during a run: tags, confirmations, records, references. See run_steps.h.
#include <future>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "crypto/base/hash.h"
#include "server/node/match_step.h"
#include "server/node/mesh/confirmation.h"
#include "server/node/overlap.h"
#include "server/node/record_step.h"
#include "server/node/run_files.h"
#include "server/node/run_steps.h"
#include "server/node/run_steps_internal.h"
#include "server/node/shared_file.h"
#include "server/node/status_macros.h"
#include "server/node/tag_table.h"

namespace raakvlak::node {

std::string RequestIdOf(std::string_view call, std::string_view manifest_hash,
                        std::string_view detail) {
  crypto::ByteWriter out;
  out.Lp(call).Raw(manifest_hash).Lp(detail);
  const crypto::Digest digest = crypto::Sha512(out.view());
  return crypto::ToString(crypto::ByteView(digest).first(16));
}

// --- tags ----------------------------------------------------------------------------------------

absl::Status RunSteps::UploadTags(Work& work) {
  StageTimer timer(&d_.stages, Stage::kSubmitting);
  constexpr std::size_t kTagsPerMessage = 32'768;
  const int types = work.manifest().identifier_types_size();
  for (int t = 0; t < types; ++t) {
    const std::string& type = work.manifest().identifier_types(t);
    work.progress("uploading tags", static_cast<std::uint64_t>(t),
                  static_cast<std::uint64_t>(types));
    std::uint64_t count = 0;
    {
      NODE_ASSIGN_OR_RETURN(
          TagTableReader table,
          TagTableReader::Open(work.files->seal(), work.files->directory(), type));
      while (true) {
        if (work.stop.stop_requested()) return absl::CancelledError("stopped");
        NODE_ASSIGN_OR_RETURN(bool more, table.Next());
        if (!more) break;
        ++count;
      }
    }
    NODE_ASSIGN_OR_RETURN(TagTableReader table,
                          TagTableReader::Open(work.files->seal(), work.files->directory(), type));
    v1::UploadTagsHeader header;
    header.set_request_id(RequestIdOf("UploadTags", work.hash(), type));
    header.set_manifest_hash(work.hash());
    header.set_identifier_type(type);
    header.set_count(count);
    NODE_RETURN_IF_ERROR(d_.matcher.UploadTags(
        header,
        [&](std::string& tags) -> absl::StatusOr<bool> {
          tags.clear();
          while (tags.size() < kTagsPerMessage * crypto::kRunTagSize) {
            NODE_ASSIGN_OR_RETURN(bool more, table.Next());
            if (!more) break;
            tags.append(crypto::ToString(table.tag()));
          }
          return !tags.empty();
        },
        work.stop));
  }
  work.progress("waiting for the others", 0, 0);
  return absl::OkStatus();
}

// --- confirm -------------------------------------------------------------------------------------

absl::Status RunSteps::FetchOverlaps(Work& work) {
  const crypto::VerifyKey matcher_key = d_.roster.MatcherKey();
  const std::vector<std::string>& counterparts = work.context->counterparts();
  for (const std::string& type : work.manifest().identifier_types()) {
    NODE_ASSIGN_OR_RETURN(bool fetched, d_.journal.OverlapFetched(work.hash(), type));
    if (fetched) continue;
    OverlapReceiver::Parameters parameters;
    parameters.manifest_hash = work.context->manifest_hash();
    parameters.identifier_type = type;
    parameters.own_id = d_.own_id;
    parameters.counterparts = {counterparts.begin(), counterparts.end()};
    parameters.matcher_key = &matcher_key;
    parameters.ceiling = work.context->purpose().body().overlap_ceiling();
    parameters.keep = [&](const std::string& counterpart, const v1::SignedPayload& statement) {
      return d_.journal.KeepStatement(work.hash(), type, counterpart, statement);
    };
    OverlapReceiver receiver(std::move(parameters), *work.files);
    v1::FetchOverlapRequest request;
    request.set_manifest_hash(work.hash());
    request.set_identifier_type(type);
    NODE_RETURN_IF_ERROR(d_.matcher.FetchOverlap(
        request, [&](const v1::OverlapChunk& chunk) { return receiver.Take(chunk); }, work.stop));
    NODE_RETURN_IF_ERROR(receiver.Finish());
    NODE_RETURN_IF_ERROR(d_.journal.MarkOverlapFetched(work.hash(), type));
  }
  return absl::OkStatus();
}

absl::Status RunSteps::OfferConfirmations(
    Work& work,
    std::map<std::pair<std::string, std::string>, crypto::Confirmation>* confirmations) {
  for (const std::string& counterpart : work.context->counterparts()) {
    for (const std::string& type : work.manifest().identifier_types()) {
      NODE_ASSIGN_OR_RETURN(crypto::Confirmation confirmation,
                            ConfirmationOf(*work.files, type, counterpart));
      NODE_ASSIGN_OR_RETURN(OwnConfirmation own, MakeConfirmation(*work.context, d_.own_id,
                                                                  counterpart, type, confirmation));
      work.context->SetConfirmation(counterpart, type, own);
      if (confirmations != nullptr) {
        confirmations->insert_or_assign({counterpart, type}, confirmation);
      }
    }
  }
  return absl::OkStatus();
}

absl::Status RunSteps::Confirm(Work& work) {
  work.progress("confirming", 0, 0);
  NODE_RETURN_IF_ERROR(FetchOverlaps(work));
  // All own values first: a counterpart may ask for any of them at any time, and nobody may wait
  // for one that comes only after an answer of somebody else.
  std::map<std::pair<std::string, std::string>, crypto::Confirmation> confirmations;
  NODE_RETURN_IF_ERROR(OfferConfirmations(work, &confirmations));

  auto compare_with = [&](const std::string& counterpart) -> absl::Status {
    for (const std::string& type : work.manifest().identifier_types()) {
      NODE_ASSIGN_OR_RETURN(std::optional<bool> known,
                            d_.journal.Confirmation(work.hash(), type, counterpart));
      if (known.has_value()) continue;
      NODE_ASSIGN_OR_RETURN(
          bool equal,
          ConfirmOverlapWith(*work.context, d_.mesh.peers(), counterpart, type,
                             confirmations.at({counterpart, type}), d_.audit, PolicyFor(work.run),
                             [stop = work.stop] { return stop.stop_requested(); }));
      NODE_RETURN_IF_ERROR(d_.journal.SetConfirmation(work.hash(), type, counterpart, equal));
      if (!equal) ++d_.counters.unconfirmed;
    }
    return absl::OkStatus();
  };
  std::vector<std::future<absl::Status>> pending;
  for (const std::string& counterpart : work.context->counterparts()) {
    pending.push_back(std::async(std::launch::async, compare_with, counterpart));
  }
  absl::Status first;
  for (std::future<absl::Status>& outcome : pending) {
    absl::Status status = outcome.get();
    if (first.ok()) first = status;
  }
  return first;
}

absl::StatusOr<std::set<std::string>> RunSteps::Confirmed(Work& work) {
  std::set<std::string> confirmed;
  for (const std::string& counterpart : work.context->counterparts()) {
    bool all = true;
    for (const std::string& type : work.manifest().identifier_types()) {
      NODE_ASSIGN_OR_RETURN(std::optional<bool> equal,
                            d_.journal.Confirmation(work.hash(), type, counterpart));
      all = all && equal.value_or(false);
    }
    if (all) confirmed.insert(counterpart);
  }
  return confirmed;
}

// --- records -------------------------------------------------------------------------------------

absl::Status RunSteps::UploadRecords(Work& work) {
  StageTimer timer(&d_.stages, Stage::kSubmitting);
  work.progress("uploading records", 0, 0);
  // One unequal comparison, and nothing at all leaves for that counterpart: who lies about one type
  // is not to be trusted with the others.
  NODE_ASSIGN_OR_RETURN(std::set<std::string> confirmed, Confirmed(work));
  RecordStepInput input;
  input.identifier_types = ListOf(work.manifest().identifier_types());
  input.agencies = ListOf(work.manifest().agencies());
  input.confirmed = confirmed;
  input.sort_memory_bytes = options_.memory_bytes / 2;
  NODE_ASSIGN_OR_RETURN(std::uint64_t count, MakeHandledRecords(input, *work.files, work.stop));
  d_.counters.records += count;

  v1::UploadRecordsHeader header;
  header.set_request_id(RequestIdOf("UploadRecords", work.hash(), ""));
  header.set_manifest_hash(work.hash());
  header.set_count(count);
  for (const std::string& counterpart : work.context->counterparts()) {
    if (confirmed.contains(counterpart)) continue;
    for (const std::string& type : input.identifier_types) {
      v1::UnconfirmedOverlap& left_out = *header.add_unconfirmed();
      left_out.set_counterpart(counterpart);
      left_out.set_identifier_type(type);
    }
  }
  NODE_ASSIGN_OR_RETURN(HandledRecordReader records, HandledRecordReader::Open(*work.files));
  constexpr int kRecordsPerMessage = 8192;
  constexpr std::size_t kBytesPerMessage = std::size_t{768} << 10;
  HandledRecord record;
  NODE_RETURN_IF_ERROR(d_.matcher.UploadRecords(
      header,
      [&](v1::UploadRecordsRequest& message) -> absl::StatusOr<bool> {
        std::size_t bytes = 0;
        while (message.records_size() < kRecordsPerMessage && bytes < kBytesPerMessage) {
          NODE_ASSIGN_OR_RETURN(bool more, records.Next(record));
          if (!more) break;
          v1::RecordEntry& entry = *message.add_records();
          entry.set_handle(crypto::ToString(record.handle));
          for (const SharedValue& value : record.shared) {
            v1::SharedTag& shared = *entry.add_shared();
            shared.set_type_index(value.type_index);
            shared.set_counterparts(value.counterparts);
            shared.set_tag(crypto::ToString(value.tag));
          }
          bytes += 24 + record.shared.size() * 32;
        }
        return message.records_size() > 0;
      },
      work.stop));
  work.progress("waiting for the others", 0, 0);
  return absl::OkStatus();
}

// --- references ----------------------------------------------------------------------------------

absl::Status RunSteps::FetchMatches(Work& work) {
  MatchStepInput input;
  input.purpose_id = work.manifest().purpose_id();
  input.epoch = work.manifest().epoch();
  input.identifier_types = ListOf(work.manifest().identifier_types());
  input.agencies = ListOf(work.manifest().agencies());
  input.sort_memory_bytes = options_.memory_bytes / 2;
  for (const std::string& counterpart : work.context->counterparts()) {
    NODE_ASSIGN_OR_RETURN(const crypto::Secret<64>* key,
                          work.context->keys().MatchPairKey(counterpart));
    input.match_pair_keys.emplace(counterpart, key);
  }
  NODE_ASSIGN_OR_RETURN(bool nothing_decided, d_.reviews.Empty());
  if (!nothing_decided) {
    input.decided = [&](const OwnMatch& match) {
      return d_.reviews.DecisionOf(
          {work.manifest().purpose_id(), match.counterpart, match.reference, match.record_id});
    };
  }
  if (work.manifest().has_plan()) {
    input.compared_fields =
        static_cast<std::size_t>(work.context->purpose().body().profile().fields_size());
  }
  NODE_ASSIGN_OR_RETURN(auto receiver, MatchReceiver::Create(std::move(input), *work.files));
  v1::FetchMatchesRequest request;
  request.set_manifest_hash(work.hash());
  auto take = [&](const v1::MatchChunk& chunk) -> absl::Status {
    for (const v1::NodeMatch& match : chunk.matches()) {
      NODE_RETURN_IF_ERROR(receiver->Take(match));
    }
    return absl::OkStatus();
  };
  NODE_RETURN_IF_ERROR(d_.matcher.FetchMatches(request, take, work.stop));
  NODE_ASSIGN_OR_RETURN(std::optional<JournaledRun> journaled, d_.journal.Find(work.hash()));
  if (!journaled.has_value()) return absl::InternalError("the run is not in the journal");
  NODE_ASSIGN_OR_RETURN(auto dataset, d_.datasets.OpenDataset(journaled->dataset_id));
  NODE_ASSIGN_OR_RETURN(MatchStepResult result,
                        receiver->Finish(*dataset, d_.seal, MatchesPath(work.hash()), work.stop));
  d_.counters.matches += result.matches;
  d_.counters.disputed += result.disputed;
  return d_.audit.Append({"run.matches",
                          "self",
                          "done",
                          {{"run", work.context->run_id()},
                           {"matches", absl::StrCat(result.matches)},
                           {"disputed", absl::StrCat(result.disputed)}}});
}

absl::Status RunSteps::ReportReferences(Work& work) {
  StageTimer timer(&d_.stages, Stage::kSubmitting);
  work.progress("reporting references", 0, 0);
  if (!HaveReferences(*work.files)) NODE_RETURN_IF_ERROR(FetchMatches(work));
  NODE_ASSIGN_OR_RETURN(ReferenceReader references, ReferenceReader::Open(*work.files));
  std::optional<v1::Exposure> exposure = references.exposure();
  constexpr int kReferencesPerMessage = 8192;
  NODE_RETURN_IF_ERROR(d_.matcher.ReportReferences(
      work.hash(), RequestIdOf("ReportReferences", work.hash(), ""),
      [&](v1::ReportReferencesRequest& message) -> absl::StatusOr<bool> {
        if (exposure.has_value()) *message.mutable_exposure() = *std::exchange(exposure, {});
        v1::PairReference reference;
        while (message.references_size() < kReferencesPerMessage) {
          NODE_ASSIGN_OR_RETURN(bool more, references.Next(reference));
          if (!more) break;
          *message.add_references() = reference;
        }
        return message.references_size() > 0;
      },
      work.stop));
  work.progress("waiting for the others", 0, 0);
  return absl::OkStatus();
}

}  // namespace raakvlak::node
