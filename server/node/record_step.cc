#include "server/node/record_step.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "crypto/base/bytes.h"
#include "server/common/external_sort.h"
#include "server/node/shared_file.h"
#include "server/node/status_macros.h"
#include "server/node/tag_table.h"

namespace raakvlak::node {

using crypto::SecretAccess;

namespace {

constexpr std::string_view kLabel = "handled records";

std::string Path(const RunFiles& files) { return files.directory() + "/records"; }

// Shared tags of one counterpart, standing on its next tag.
struct Cursor {
  std::uint32_t bit;
  SharedReader reader;
  bool more;
};

// For every confirmed shared tag of a type: one entry for each record that holds the value,
// u32 record number || u8 type index || u32 counterparts || tag || L.
absl::Status AddType(const RecordStepInput& input, std::size_t type_index, const RunFiles& files,
                     common::ExternalSorter& sorter, const std::stop_token& stop) {
  const std::string& type = input.identifier_types[type_index];
  std::vector<Cursor> cursors;
  for (std::size_t i = 0; i < input.agencies.size(); ++i) {
    if (!input.confirmed.contains(input.agencies[i])) continue;
    NODE_ASSIGN_OR_RETURN(SharedReader reader, SharedReader::Open(files, type, input.agencies[i]));
    NODE_ASSIGN_OR_RETURN(bool more, reader.Next());
    cursors.push_back(Cursor{std::uint32_t{1} << i, std::move(reader), more});
  }
  NODE_ASSIGN_OR_RETURN(TagTableReader own,
                        TagTableReader::Open(files.seal(), files.directory(), type));
  while (true) {
    if (stop.stop_requested()) return absl::CancelledError("stopped");
    std::optional<crypto::RunTag> least;
    for (const Cursor& cursor : cursors) {
      if (cursor.more && (!least.has_value() || cursor.reader.tag() < *least)) {
        least = cursor.reader.tag();
      }
    }
    if (!least.has_value()) return absl::OkStatus();
    std::uint32_t counterparts = 0;
    for (Cursor& cursor : cursors) {
      if (!cursor.more || cursor.reader.tag() != *least) continue;
      counterparts |= cursor.bit;
      NODE_ASSIGN_OR_RETURN(cursor.more, cursor.reader.Next());
    }
    NODE_ASSIGN_OR_RETURN(bool ours, own.Seek(*least));
    if (!ours) return absl::InternalError("a shared tag is missing in the run's tags");
    for (std::uint32_t record : own.records()) {
      crypto::ByteWriter entry;
      entry.U32(record)
          .U8(static_cast<std::uint8_t>(type_index))
          .U32(counterparts)
          .Raw(*least)
          .Raw(own.block_secret(SecretAccess{}));
      NODE_RETURN_IF_ERROR(sorter.Add(entry.view()));
    }
  }
}

// Groups entries by record, gives each record a handle, and sorts by it.
absl::Status AssignHandles(common::SortedReader& entries, const RunFiles& files,
                           common::ExternalSorter& by_handle, const std::stop_token& stop) {
  std::optional<std::uint32_t> current;
  std::size_t shared = 0;
  // Drawn so many at a time, since a call for each costs a system call.
  std::array<Handle, 64> handles;
  std::size_t used = handles.size();
  crypto::ByteWriter entry;
  auto flush = [&]() -> absl::Status {
    if (!current.has_value()) return absl::OkStatus();
    crypto::Bytes whole = entry.Take();
    absl::Status status = by_handle.Add(whole);
    sodium_memzero(whole.data(), whole.size());
    return status;
  };
  while (true) {
    if (stop.stop_requested()) return absl::CancelledError("stopped");
    NODE_ASSIGN_OR_RETURN(bool more, entries.Next());
    if (!more) break;
    crypto::ByteReader in(entries.record());
    const std::uint32_t record = in.U32();
    if (current != record) {
      NODE_RETURN_IF_ERROR(flush());
      if (used == handles.size()) {
        files.seal().random->Fill(
            {handles.front().data(), handles.size() * sizeof(handles.front())});
        used = 0;
      }
      entry.Raw(handles[used++]).U32(record);
      current = record;
      shared = 0;
    }
    if (++shared <= kMaxSharedPerRecord) entry.Raw(entries.record().subspan(4));
  }
  return flush();
}

}  // namespace

absl::StatusOr<std::uint64_t> MakeHandledRecords(const RecordStepInput& input,
                                                 const RunFiles& files, std::stop_token stop) {
  common::FileSystem& fs = *files.seal().fs;
  if (fs.Exists(Path(files))) {
    NODE_ASSIGN_OR_RETURN(auto file, RecordFileReader::Open(files.seal(), Path(files), kLabel));
    std::uint64_t count = 0;
    while (true) {
      if (stop.stop_requested()) return absl::CancelledError("stopped");
      NODE_ASSIGN_OR_RETURN(bool more, file->Next());
      if (!more) return count;
      ++count;
    }
  }
  common::SortOptions sort;
  sort.memory_bytes = std::max(std::size_t{1} << 20, input.sort_memory_bytes / 2);
  NODE_ASSIGN_OR_RETURN(auto by_record,
                        common::ExternalSorter::Create(fs, files.scratch() + "/by-record",
                                                       *files.seal().random, sort));
  for (std::size_t t = 0; t < input.identifier_types.size(); ++t) {
    NODE_RETURN_IF_ERROR(AddType(input, t, files, *by_record, stop));
  }
  NODE_ASSIGN_OR_RETURN(auto entries, by_record->Sort());
  NODE_ASSIGN_OR_RETURN(auto by_handle,
                        common::ExternalSorter::Create(fs, files.scratch() + "/by-handle",
                                                       *files.seal().random, sort));
  NODE_RETURN_IF_ERROR(AssignHandles(*entries, files, *by_handle, stop));
  NODE_ASSIGN_OR_RETURN(auto sorted, by_handle->Sort());
  NODE_ASSIGN_OR_RETURN(auto out, RecordFileWriter::Create(files.seal(), Path(files), kLabel));
  while (true) {
    if (stop.stop_requested()) return absl::CancelledError("stopped");
    NODE_ASSIGN_OR_RETURN(bool more, sorted->Next());
    if (!more) break;
    NODE_RETURN_IF_ERROR(out->Add(sorted->record()));
  }
  const std::uint64_t count = out->count();
  NODE_RETURN_IF_ERROR(out->Finish());
  return count;
}

absl::StatusOr<HandledRecordReader> HandledRecordReader::Open(const RunFiles& files) {
  NODE_ASSIGN_OR_RETURN(auto file, RecordFileReader::Open(files.seal(), Path(files), kLabel));
  return HandledRecordReader(std::move(file));
}

absl::StatusOr<bool> HandledRecordReader::Next(HandledRecord& record) {
  NODE_ASSIGN_OR_RETURN(bool more, file_->Next());
  if (!more) return false;
  crypto::ByteReader in(file_->record());
  record.handle = in.Array<16>();
  record.record = in.U32();
  record.shared.clear();
  while (in.ok() && in.remaining() > 0) {
    SharedValue value;
    value.type_index = in.U8();
    value.counterparts = in.U32();
    value.tag = in.Array<crypto::kRunTagSize>();
    crypto::ByteView secret = in.Raw(32);
    if (secret.size() == 32) value.block_secret = crypto::Secret<32>(secret.first<32>());
    record.shared.push_back(std::move(value));
  }
  NODE_RETURN_IF_ERROR(in.Finish("a handled record"));
  return true;
}

}  // namespace raakvlak::node
