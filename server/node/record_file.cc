#include "server/node/record_file.h"

#include <array>

#include "server/node/status_macros.h"

namespace raakvlak::node {

using crypto::SecretAccess;

absl::StatusOr<std::unique_ptr<RecordFileWriter>> RecordFileWriter::Create(const SealContext& seal,
                                                                           const std::string& path,
                                                                           std::string_view label) {
  NODE_ASSIGN_OR_RETURN(
      auto writer, common::SealedWriter::Create(*seal.fs, path, *seal.key, label, *seal.random));
  return std::unique_ptr<RecordFileWriter>(new RecordFileWriter(std::move(writer)));
}

absl::Status RecordFileWriter::Add(crypto::ByteView record) { return AddJoined({record}); }

absl::Status RecordFileWriter::AddJoined(std::initializer_list<crypto::ByteView> parts) {
  std::size_t total = 0;
  for (const crypto::ByteView part : parts) total += part.size();
  if (total > kMaxRecordBytes) {
    return absl::InvalidArgumentError("a record is too long to be stored");
  }
  const std::uint32_t size = static_cast<std::uint32_t>(total);
  const std::array<std::uint8_t, 4> prefix = {
      static_cast<std::uint8_t>(size >> 24), static_cast<std::uint8_t>(size >> 16),
      static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
  NODE_RETURN_IF_ERROR(writer_->Write(prefix));
  for (const crypto::ByteView part : parts) NODE_RETURN_IF_ERROR(writer_->Write(part));
  ++count_;
  return absl::OkStatus();
}

absl::Status RecordFileWriter::Finish(bool durable) { return writer_->Finish(durable); }

absl::StatusOr<std::unique_ptr<RecordFileReader>> RecordFileReader::Open(const SealContext& seal,
                                                                         const std::string& path,
                                                                         std::string_view label) {
  NODE_ASSIGN_OR_RETURN(auto reader, common::SealedReader::Open(*seal.fs, path, *seal.key, label));
  return std::unique_ptr<RecordFileReader>(new RecordFileReader(std::move(reader)));
}

absl::StatusOr<bool> RecordFileReader::Next() {
  std::array<std::uint8_t, 4> prefix;
  NODE_ASSIGN_OR_RETURN(std::size_t got, reader_->Read(prefix));
  if (got == 0) return false;
  if (got < prefix.size()) return absl::DataLossError("a stored record is cut off");
  crypto::ByteReader parse(prefix);
  const std::uint32_t size = parse.U32();
  if (size > kMaxRecordBytes) return absl::DataLossError("a stored record is too long");
  if (size > buffer_.size()) buffer_ = crypto::SecretBytes(size);
  size_ = size;
  NODE_RETURN_IF_ERROR(reader_->ReadExactly(buffer_.Mutable(SecretAccess{}).first(size)));
  return true;
}

crypto::ByteView RecordFileReader::record() const {
  return buffer_.Reveal(SecretAccess{}).first(size_);
}

}  // namespace raakvlak::node
