// What a run that links blocks asks of a node besides: blocks to evaluate, and encodings of the
// records that meet in them. See run_steps.h.
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "authority/comparison.h"
#include "authority/plan_wire.h"
#include "crypto/base/bytes.h"
#include "crypto/oprf/output_keys.h"
#include "linkage/fuzzy/plan_check.h"
#include "linkage/types/identifier_type.h"
#include "server/node/block_values.h"
#include "server/node/encoding_step.h"
#include "server/node/mesh/blame.h"
#include "server/node/run_steps.h"
#include "server/node/run_steps_internal.h"
#include "server/node/status_macros.h"

namespace raakvlak::node {

bool IsBlockTypeName(std::string_view identifier_type) {
  const std::optional<linkage::IdentifierType> type = linkage::ParseIdentifierType(identifier_type);
  return type.has_value() && linkage::IsBlockType(*type);
}

absl::StatusOr<RunSteps::BlockedDataset> RunSteps::MakeBlocksOf(Work& work,
                                                                const std::string& dataset_id) {
  BlockedDataset out;
  out.profile = authority::ToProfile(work.context->purpose().body().profile());
  NODE_ASSIGN_OR_RETURN(linkage::BlockingPlan plan,
                        authority::PlanFromWire(work.manifest().plan()));
  NODE_RETURN_IF_ERROR(linkage::ValidatePlan(out.profile, plan));
  NODE_ASSIGN_OR_RETURN(
      out.table, d_.datasets.ReadCompared(dataset_id, out.profile,
                                          std::numeric_limits<std::size_t>::max(), work.stop));
  if (work.stop.stop_requested()) return absl::CancelledError("stopped");
  out.blocks = linkage::MakeBlocks(out.profile, plan, out.table, nullptr);
  return out;
}

absl::StatusOr<std::vector<GroupedType>> RunSteps::GroupBlocksOf(
    Work& work, const std::string& dataset_id, const crypto::Secret<32>& local_key,
    const GroupingOptions& grouping) {
  NODE_ASSIGN_OR_RETURN(BlockedDataset blocked, MakeBlocksOf(work, dataset_id));
  return GroupBlocks(blocked.blocks, static_cast<std::size_t>(work.manifest().plan().keys_size()),
                     local_key, *d_.seal.fs, *d_.seal.random, work.files->scratch(), grouping,
                     work.stop);
}

absl::Status RunSteps::MakeEncodingsOf(Work& work) {
  NODE_ASSIGN_OR_RETURN(std::optional<JournaledRun> journaled, d_.journal.Find(work.hash()));
  if (!journaled.has_value()) return absl::InternalError("the run is not in the journal");
  NODE_ASSIGN_OR_RETURN(BlockedDataset blocked, MakeBlocksOf(work, journaled->dataset_id));
  EncodingStepInput input;
  input.identifier_types = ListOf(work.manifest().identifier_types());
  input.agencies = ListOf(work.manifest().agencies());
  input.profile = blocked.profile;
  input.table = &blocked.table;
  input.blocks = &blocked.blocks;
  input.sort_memory_bytes = options_.memory_bytes / 2;
  input.block_key =
      [&](const std::string& counterpart, const std::string& type,
          std::span<const std::uint8_t, 32> secret) -> absl::StatusOr<crypto::Secret<64>> {
    NODE_ASSIGN_OR_RETURN(std::shared_ptr<const RunKeys> keys, work.context->run_keys());
    auto pair_key = keys->pair_keys.find(counterpart);
    if (pair_key == keys->pair_keys.end()) return absl::InternalError("a pair without a key");
    return crypto::DeriveBlockKey(pair_key->second, type, secret);
  };
  input.fetch_tasks = [&](const auto& take) {
    v1::FetchEncodingTasksRequest request;
    request.set_manifest_hash(work.hash());
    return d_.matcher.FetchEncodingTasks(request, take, work.stop);
  };
  absl::Status made = MakeEncodings(input, *work.files, work.stop);
  if (!CulpritOf(made).empty()) {
    NODE_RETURN_IF_ERROR(d_.audit.Append(
        {"encodings.refused",
         CulpritOf(made),
         "denied",
         {{"run", work.context->run_id()}, {"reason", std::string(made.message())}}}));
  }
  return made;
}

absl::Status RunSteps::UploadEncodings(Work& work) {
  StageTimer timer(&d_.stages, Stage::kSubmitting);
  work.progress("encoding", 0, 0);
  if (!HaveEncodings(*work.files)) NODE_RETURN_IF_ERROR(MakeEncodingsOf(work));
  v1::UploadEncodingsHeader header;
  header.set_request_id(RequestIdOf("UploadEncodings", work.hash(), ""));
  header.set_manifest_hash(work.hash());
  {
    NODE_ASSIGN_OR_RETURN(EncodingReader encodings, EncodingReader::Open(*work.files));
    *header.mutable_null_model() = encodings.null_model();
    while (true) {
      if (work.stop.stop_requested()) return absl::CancelledError("stopped");
      NODE_ASSIGN_OR_RETURN(bool more, encodings.Next());
      if (!more) break;
      header.set_count(header.count() + 1);
    }
  }
  work.progress("uploading encodings", 0, header.count());
  NODE_ASSIGN_OR_RETURN(EncodingReader encodings, EncodingReader::Open(*work.files));
  constexpr std::size_t kBytesPerMessage = std::size_t{768} << 10;
  std::uint64_t sent = 0;
  NODE_RETURN_IF_ERROR(d_.matcher.UploadEncodings(
      header,
      [&](std::string& message) -> absl::StatusOr<bool> {
        message.clear();
        while (message.size() < kBytesPerMessage) {
          NODE_ASSIGN_OR_RETURN(bool more, encodings.Next());
          if (!more) break;
          message.append(crypto::ToString(encodings.encoding()));
          ++sent;
        }
        work.progress("uploading encodings", sent, header.count());
        return !message.empty();
      },
      work.stop));
  NODE_RETURN_IF_ERROR(d_.audit.Append(
      {"run.encoded",
       "self",
       "done",
       {{"run", work.context->run_id()}, {"encodings", absl::StrCat(header.count())}}}));
  d_.counters.encodings += header.count();
  work.progress("waiting for the others", 0, 0);
  return absl::OkStatus();
}

}  // namespace raakvlak::node
