#include "server/node/encoding_tasks.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "crypto/base/bytes.h"
#include "server/node/mesh/blame.h"
#include "server/node/record_step.h"
#include "server/node/run_steps_internal.h"
#include "server/node/status_macros.h"

namespace raakvlak::node {

using crypto::SecretAccess;

namespace {

absl::Status Refused(std::string_view what) {
  return BlamedError(absl::StatusCode::kPermissionDenied, "matcher", what);
}

// One entry for each record, block and counterpart: key || u32 record number || L.
absl::Status AddRecord(const HandledRecord& record, const std::vector<bool>& is_block,
                       std::size_t agencies, common::ExternalSorter& sorter) {
  for (const SharedValue& value : record.shared) {
    if (value.type_index >= is_block.size() || !is_block[value.type_index]) continue;
    for (std::size_t agency = 0; agency < agencies; ++agency) {
      if ((value.counterparts >> agency & 1) == 0) continue;
      crypto::ByteWriter entry;
      entry.U8(static_cast<std::uint8_t>(agency))
          .U8(value.type_index)
          .Raw(value.tag)
          .Raw(record.handle)
          .U32(record.record)
          .Raw(value.block_secret.Reveal(SecretAccess{}));
      crypto::Bytes bytes = entry.Take();
      absl::Status added = sorter.Add(bytes);
      sodium_memzero(bytes.data(), bytes.size());
      NODE_RETURN_IF_ERROR(added);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<TaskChecker>> TaskChecker::Create(
    const std::vector<std::string>& identifier_types, const std::vector<std::string>& agencies,
    const RunFiles& files, std::size_t sort_memory_bytes, std::stop_token stop) {
  std::vector<bool> is_block;
  is_block.reserve(identifier_types.size());
  for (const std::string& type : identifier_types) is_block.push_back(IsBlockTypeName(type));
  common::SortOptions sort;
  sort.memory_bytes = std::max(std::size_t{1} << 20, sort_memory_bytes);
  NODE_ASSIGN_OR_RETURN(auto sorter, common::ExternalSorter::Create(
                                         *files.seal().fs, files.scratch() + "/confirmed-blocks",
                                         *files.seal().random, sort));
  NODE_ASSIGN_OR_RETURN(HandledRecordReader records, HandledRecordReader::Open(files));
  HandledRecord record;
  while (true) {
    if (stop.stop_requested()) return absl::CancelledError("stopped");
    NODE_ASSIGN_OR_RETURN(bool more, records.Next(record));
    if (!more) break;
    NODE_RETURN_IF_ERROR(AddRecord(record, is_block, agencies.size(), *sorter));
  }
  NODE_ASSIGN_OR_RETURN(auto sorted, sorter->Sort());
  return std::unique_ptr<TaskChecker>(new TaskChecker(std::move(sorted)));
}

absl::StatusOr<CheckedTask> TaskChecker::Check(const v1::EncodingTask& task) {
  if (task.tag().size() != crypto::kRunTagSize || task.handle().size() != sizeof(Handle) ||
      task.counterpart() > 0xFF || task.type_index() > 0xFF) {
    return Refused("it asked for an encoding with a malformed task");
  }
  Key key{};
  key[0] = static_cast<std::uint8_t>(task.counterpart());
  key[1] = static_cast<std::uint8_t>(task.type_index());
  std::memcpy(key.data() + 2, task.tag().data(), crypto::kRunTagSize);
  std::memcpy(key.data() + 2 + crypto::kRunTagSize, task.handle().data(), sizeof(Handle));
  if (any_ && key <= last_) {
    return Refused(key == last_ ? "it asked for one encoding twice"
                                : "its tasks for encodings are out of order");
  }
  any_ = true;
  last_ = key;
  auto compare = [&] { return std::memcmp(confirmed_->record().data(), key.data(), key.size()); };
  while (!started_ || (more_ && compare() < 0)) {
    started_ = true;
    NODE_ASSIGN_OR_RETURN(more_, confirmed_->Next());
  }
  if (!more_ || compare() != 0) {
    return Refused(
        "it asked for an encoding of a record in a block that this agency has not confirmed to "
        "share with that counterpart");
  }
  CheckedTask checked;
  checked.counterpart = key[0];
  checked.type_index = key[1];
  std::memcpy(checked.tag.data(), key.data() + 2, checked.tag.size());
  crypto::ByteReader in(confirmed_->record().subspan(kKeySize));
  checked.record = in.U32();
  crypto::ByteView secret = in.Raw(32);
  if (secret.size() != 32 || !in.Finish("a confirmed block").ok()) {
    return absl::DataLossError("a confirmed block is cut off");
  }
  checked.block_secret = crypto::Secret<32>(secret.first<32>());
  return checked;
}

}  // namespace raakvlak::node
