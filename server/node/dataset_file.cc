#include "server/node/dataset_file.h"

#include "crypto/base/bytes.h"
#include "server/node/status_macros.h"

namespace raakvlak::node {
namespace {
constexpr std::string_view kLabel = "dataset";

std::string Text(crypto::ByteView bytes) { return crypto::ToString(bytes); }
}  // namespace

absl::StatusOr<std::unique_ptr<DatasetFileWriter>> DatasetFileWriter::Create(
    const SealContext& seal, const std::string& path) {
  NODE_ASSIGN_OR_RETURN(auto file, RecordFileWriter::Create(seal, path, kLabel));
  return std::unique_ptr<DatasetFileWriter>(new DatasetFileWriter(std::move(file)));
}

absl::Status DatasetFileWriter::Add(const StoredRecord& record) {
  if (records_ >= kMaxDatasetRecords) {
    return absl::InvalidArgumentError("a dataset holds at most 4,294,967,295 records");
  }
  if (record.record_id.size() > crypto::kMaxLengthPrefixed) {
    return absl::InvalidArgumentError("a record id is longer than 65,535 bytes");
  }
  if (record.values.size() > 0xFFFF || record.compare.size() > 0xFFFF) {
    return absl::InvalidArgumentError("a record has more than 65,535 values");
  }
  crypto::ByteWriter out;
  out.Lp(record.record_id).U16(static_cast<std::uint16_t>(record.values.size()));
  for (const auto& [type, value] : record.values) {
    if (value.size() > kMaxValueBytes) {
      return absl::InvalidArgumentError("a value of type " + type + " is longer than 4,096 bytes");
    }
    out.Lp(type).Lp(value);
  }
  out.U16(static_cast<std::uint16_t>(record.compare.size()));
  for (const std::string& field : record.compare) {
    if (field.size() > crypto::kMaxLengthPrefixed) {
      return absl::InvalidArgumentError("a field for comparison is longer than 65,535 bytes");
    }
    out.Lp(field);
  }
  NODE_RETURN_IF_ERROR(file_->Add(out.view()));
  ++records_;
  identifiers_ += record.values.size();
  return absl::OkStatus();
}

absl::Status DatasetFileWriter::Finish() { return file_->Finish(); }

absl::StatusOr<std::unique_ptr<DatasetFileReader>> DatasetFileReader::Open(
    const SealContext& seal, const std::string& path) {
  NODE_ASSIGN_OR_RETURN(auto file, RecordFileReader::Open(seal, path, kLabel));
  return std::unique_ptr<DatasetFileReader>(new DatasetFileReader(std::move(file)));
}

absl::StatusOr<bool> DatasetFileReader::Next(StoredRecord& record) {
  NODE_ASSIGN_OR_RETURN(bool more, file_->Next());
  if (!more) return false;
  crypto::ByteReader in(file_->record());
  record.record_id = Text(in.Lp());
  record.values.clear();
  record.compare.clear();
  for (std::uint16_t n = in.U16(); n > 0 && in.ok(); --n) {
    std::string type = Text(in.Lp());
    record.values.emplace_back(std::move(type), Text(in.Lp(kMaxValueBytes)));
  }
  for (std::uint16_t n = in.U16(); n > 0 && in.ok(); --n) record.compare.push_back(Text(in.Lp()));
  NODE_RETURN_IF_ERROR(in.Finish("a stored record"));
  return true;
}

}  // namespace raakvlak::node
