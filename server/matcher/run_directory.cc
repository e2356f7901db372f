// Paths and codecs.
#include "server/matcher/run_directory.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"

namespace raakvlak::matcher {
namespace {

constexpr std::size_t kBlockTags = 4096;

}  // namespace

RunDirectory::RunDirectory(const std::string& data_dir, std::string_view run_id,
                           std::uint32_t attempt)
    : run_(absl::StrCat(Runs(data_dir), "/", std::string(run_id))),
      path_(absl::StrCat(run_, "/", attempt)) {}

std::string RunDirectory::Tags(int type, int agency) const {
  return absl::StrCat(path_, "/tags-", type, "-", agency);
}

std::string RunDirectory::Shared(int type, int a, int b) const {
  return absl::StrCat(path_, "/shared-", type, "-", std::min(a, b), "-", std::max(a, b));
}

std::string RunDirectory::Records(int agency) const {
  return absl::StrCat(path_, "/records-", agency);
}

std::string RunDirectory::Candidates(int a, int b) const {
  return absl::StrCat(path_, "/candidates-", a, "-", b);
}

std::string RunDirectory::Tasks(int agency) const { return absl::StrCat(path_, "/tasks-", agency); }

std::string RunDirectory::Encodings(int agency) const {
  return absl::StrCat(path_, "/encodings-", agency);
}

std::string RunDirectory::References(int agency) const {
  return absl::StrCat(path_, "/references-", agency);
}

crypto::Bytes Encode(const StoredRecord& record) {
  crypto::ByteWriter writer;
  writer.Raw(record.handle).U16(static_cast<std::uint16_t>(record.values.size()));
  for (const StoredValue& value : record.values) {
    writer.U8(value.type).U32(value.counterparts).Raw(value.tag.bytes);
  }
  return writer.Take();
}

absl::Status Decode(crypto::ByteView frame, StoredRecord* record) {
  crypto::ByteReader reader(frame);
  record->handle = reader.Array<kHandleBytes>();
  record->values.resize(reader.U16());
  for (StoredValue& value : record->values) {
    value.type = reader.U8();
    value.counterparts = reader.U32();
    value.tag.bytes = reader.Array<linkage::kTagBytes>();
  }
  return reader.ok() && reader.remaining() == 0
             ? absl::OkStatus()
             : absl::DataLossError("a stored record cannot be read");
}

crypto::Bytes Encode(const StoredTask& task) {
  crypto::ByteWriter writer;
  writer.U8(task.counterpart).U8(task.type).Raw(task.tag.bytes).Raw(task.handle);
  return writer.Take();
}

absl::Status Decode(crypto::ByteView frame, StoredTask* task) {
  crypto::ByteReader reader(frame);
  task->counterpart = reader.U8();
  task->type = reader.U8();
  task->tag.bytes = reader.Array<linkage::kTagBytes>();
  task->handle = reader.Array<kHandleBytes>();
  return reader.ok() && reader.remaining() == 0
             ? absl::OkStatus()
             : absl::DataLossError("a stored encoding task cannot be read");
}

crypto::Bytes Encode(const StoredCandidate& candidate) {
  crypto::ByteWriter writer;
  writer.U32(candidate.block)
      .U32(candidate.first_record)
      .U32(candidate.second_record)
      .U32(candidate.first_task)
      .U32(candidate.second_task);
  return writer.Take();
}

absl::Status Decode(crypto::ByteView frame, StoredCandidate* candidate) {
  crypto::ByteReader reader(frame);
  candidate->block = reader.U32();
  candidate->first_record = reader.U32();
  candidate->second_record = reader.U32();
  candidate->first_task = reader.U32();
  candidate->second_task = reader.U32();
  return reader.ok() && reader.remaining() == 0
             ? absl::OkStatus()
             : absl::DataLossError("a stored candidate pair cannot be read");
}

crypto::Bytes Encode(const StoredPair& pair) {
  crypto::ByteWriter writer;
  writer.Raw(pair.id).U8(pair.first_agency).U8(pair.second_agency);
  writer.Raw(pair.first)
      .Raw(pair.second)
      .U32(pair.first_record)
      .U32(pair.second_record)
      .U64(pair.types)
      .U8(static_cast<std::uint8_t>(pair.strength))
      .U32(pair.group);
  writer.U16(static_cast<std::uint16_t>(pair.agreed.size()));
  for (const linkage::Tag& tag : pair.agreed) writer.Raw(tag.bytes);
  writer.U8(static_cast<std::uint8_t>(pair.agreement.size())).Raw(pair.agreement);
  return writer.Take();
}

absl::Status Decode(crypto::ByteView frame, StoredPair* pair) {
  crypto::ByteReader reader(frame);
  pair->id = reader.Array<kHandleBytes>();
  pair->first_agency = reader.U8();
  pair->second_agency = reader.U8();
  pair->first = reader.Array<kHandleBytes>();
  pair->second = reader.Array<kHandleBytes>();
  pair->first_record = reader.U32();
  pair->second_record = reader.U32();
  pair->types = reader.U64();
  const std::uint8_t strength = reader.U8();
  pair->strength = static_cast<linkage::Strength>(strength);
  pair->group = reader.U32();
  pair->agreed.resize(reader.U16());
  for (linkage::Tag& tag : pair->agreed) tag.bytes = reader.Array<linkage::kTagBytes>();
  pair->agreement.resize(reader.U8());
  for (std::uint8_t& level : pair->agreement) level = reader.U8();
  return reader.ok() && reader.remaining() == 0 &&
                 strength <= static_cast<std::uint8_t>(linkage::Strength::kPossible) &&
                 pair->first_agency < linkage::kMaxAgencies &&
                 pair->second_agency < linkage::kMaxAgencies
             ? absl::OkStatus()
             : absl::DataLossError("a stored pair cannot be read");
}

std::uint32_t StoredExposure::Share() const {
  if (records == 0) return 0;
  return static_cast<std::uint32_t>(
      std::ceil(10'000.0 * static_cast<double>(exposed) / static_cast<double>(records)));
}

crypto::Bytes Encode(const StoredExposure& exposure) {
  crypto::ByteWriter writer;
  writer.U64(exposure.records).U64(exposure.exposed);
  return writer.Take();
}

absl::Status Decode(crypto::ByteView frame, StoredExposure* exposure) {
  crypto::ByteReader reader(frame);
  exposure->records = reader.U64();
  exposure->exposed = reader.U64();
  return reader.ok() && reader.remaining() == 0
             ? absl::OkStatus()
             : absl::DataLossError("a stored exposure cannot be read");
}

crypto::Bytes Encode(const StoredReference& reference) {
  crypto::ByteWriter writer;
  writer.Raw(reference.id)
      .U8(reference.accepted ? 1 : 0)
      .U8(static_cast<std::uint8_t>(reference.decision))
      .Lp(std::string_view(reference.reference));
  return writer.Take();
}

absl::Status Decode(crypto::ByteView frame, StoredReference* reference) {
  crypto::ByteReader reader(frame);
  reference->id = reader.Array<kHandleBytes>();
  const std::uint8_t accepted = reader.U8();
  reference->accepted = accepted == 1;
  const std::uint8_t decision = reader.U8();
  reference->decision = static_cast<Decision>(decision);
  reference->reference = crypto::ToString(reader.Lp(kReferenceChars));
  return reader.ok() && reader.remaining() == 0 && accepted <= 1 &&
                 decision <= static_cast<std::uint8_t>(Decision::kNoMatch)
             ? absl::OkStatus()
             : absl::DataLossError("a stored reference cannot be read");
}

absl::StatusOr<std::span<const linkage::Tag>> FileTagSource::NextBlock() {
  block_.clear();
  while (block_.size() < kBlockTags) {
    absl::StatusOr<bool> more = reader_->Next();
    if (!more.ok()) return more.status();
    if (!*more) break;
    block_.push_back(linkage::Tag{reader_->tag()});
  }
  return std::span<const linkage::Tag>(block_);
}

}  // namespace raakvlak::matcher
