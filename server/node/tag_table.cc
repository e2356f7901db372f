#include "server/node/tag_table.h"

#include <sodium.h>

#include <array>
#include <cstring>

#include "crypto/base/bytes.h"
#include "server/node/status_macros.h"

namespace raakvlak::node {

using crypto::SecretAccess;

namespace {
constexpr std::size_t kHeadSize = crypto::kRunTagSize + 32;
std::string Label(const std::string& identifier_type) { return "run tags " + identifier_type; }
}  // namespace

crypto::Bytes TagEntryBytes(const crypto::RunTag& tag, std::span<const std::uint8_t, 32> secret,
                            const std::vector<std::uint32_t>& records) {
  crypto::ByteWriter out;
  out.Raw(tag).Raw(secret);
  for (std::uint32_t record : records) out.U32(record);
  return out.Take();
}

absl::Status AddTagEntry(common::ExternalSorter& sorter, const crypto::RunTag& tag,
                         std::span<const std::uint8_t, 32> secret,
                         const std::vector<std::uint32_t>& records) {
  // Nearly every value is one record's.
  if (records.size() == 1) {
    const std::uint32_t r = records.front();
    const std::array<std::uint8_t, 4> number = {
        static_cast<std::uint8_t>(r >> 24), static_cast<std::uint8_t>(r >> 16),
        static_cast<std::uint8_t>(r >> 8), static_cast<std::uint8_t>(r)};
    return sorter.AddJoined({tag, secret, number});
  }
  crypto::Bytes entry = TagEntryBytes(tag, secret, records);
  absl::Status status = sorter.Add(entry);
  sodium_memzero(entry.data(), entry.size());
  return status;
}

std::string TagTablePath(const std::string& run_directory, const std::string& identifier_type) {
  return run_directory + "/tags-" + identifier_type;
}

absl::StatusOr<TagTableReader> TagTableReader::Open(const SealContext& seal,
                                                    const std::string& run_directory,
                                                    const std::string& identifier_type) {
  NODE_ASSIGN_OR_RETURN(auto file,
                        RecordFileReader::Open(seal, TagTablePath(run_directory, identifier_type),
                                               Label(identifier_type)));
  return TagTableReader(std::move(file));
}

absl::StatusOr<bool> TagTableReader::Next() {
  NODE_ASSIGN_OR_RETURN(bool more, file_->Next());
  if (!more) {
    ended_ = true;
    return false;
  }
  crypto::ByteView record = file_->record();
  if (record.size() < kHeadSize || (record.size() - kHeadSize) % 4 != 0) {
    return absl::DataLossError("an entry of the run's tags has a wrong size");
  }
  crypto::RunTag tag;
  std::memcpy(tag.data(), record.data(), tag.size());
  if (started_ && tag <= tag_) return absl::DataLossError("the run's tags do not ascend");
  tag_ = tag;
  started_ = true;
  return true;
}

absl::StatusOr<bool> TagTableReader::Seek(const crypto::RunTag& tag) {
  while (!ended_ && (!started_ || tag_ < tag)) {
    NODE_ASSIGN_OR_RETURN(bool more, Next());
    if (!more) break;
  }
  return !ended_ && started_ && tag_ == tag;
}

std::span<const std::uint8_t, 32> TagTableReader::block_secret(SecretAccess) const {
  return file_->record().subspan(crypto::kRunTagSize).first<32>();
}

std::vector<std::uint32_t> TagTableReader::records() const {
  crypto::ByteReader in(file_->record().subspan(kHeadSize));
  std::vector<std::uint32_t> records;
  records.reserve(in.remaining() / 4);
  while (in.remaining() > 0) records.push_back(in.U32());
  return records;
}

absl::StatusOr<TagTableWriter> TagTableWriter::Create(const SealContext& seal,
                                                      const std::string& run_directory,
                                                      const std::string& identifier_type) {
  NODE_ASSIGN_OR_RETURN(auto file,
                        RecordFileWriter::Create(seal, TagTablePath(run_directory, identifier_type),
                                                 Label(identifier_type)));
  return TagTableWriter(std::move(file));
}

absl::Status TagTableWriter::Add(crypto::ByteView entry) {
  if (entry.size() < kHeadSize) return absl::InvalidArgumentError("a tag entry is too short");
  crypto::RunTag tag;
  std::memcpy(tag.data(), entry.data(), tag.size());
  // Two values with one 16-byte tag: no honest run sees that.
  if (file_->count() > 0 && tag <= last_) {
    return absl::InternalError("two values of this node have the same run tag");
  }
  last_ = tag;
  return file_->Add(entry);
}

absl::Status TagTableWriter::Finish() { return file_->Finish(); }

}  // namespace raakvlak::node
