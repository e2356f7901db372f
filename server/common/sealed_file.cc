#include "server/common/sealed_file.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crypto/base/aead.h"

namespace raakvlak::common {
namespace {

constexpr std::string_view kMagic = "RVSEAL01";
constexpr size_t kSealedBlock = kSealedBlockSize + crypto::kAeadOverhead;

crypto::Bytes AssociatedData(std::string_view label, crypto::ByteView header, uint64_t block,
                             bool last) {
  crypto::ByteWriter writer;
  writer.Lp("raakvlak/v1 sealed file").Lp(label).Raw(header).U64(block).U8(last ? 1 : 0);
  return writer.Take();
}

absl::Status Damaged(const std::string& path) {
  return absl::DataLossError(absl::StrCat(
      path, " cannot be opened: it was altered or cut off, or belongs to another key or purpose"));
}

}  // namespace

SealedWriter::SealedWriter(FileSystem& fs, std::string path, crypto::Secret<32> key,
                           std::string label, crypto::Random& random)
    : fs_(fs),
      path_(std::move(path)),
      key_(std::move(key)),
      label_(std::move(label)),
      random_(random),
      box_(kSealedBlock) {}

absl::StatusOr<std::unique_ptr<SealedWriter>> SealedWriter::Create(FileSystem& fs,
                                                                   const std::string& path,
                                                                   const crypto::Secret<32>& key,
                                                                   std::string_view label,
                                                                   crypto::Random& random) {
  std::unique_ptr<SealedWriter> writer(
      new SealedWriter(fs, path, key.Clone(crypto::SecretAccess{}), std::string(label), random));
  std::memcpy(writer->header_.data(), kMagic.data(), kMagic.size());
  random.Fill(std::span<uint8_t>(writer->header_).subspan(kMagic.size()));
  absl::StatusOr<std::unique_ptr<WritableFile>> file = fs.Create(path + ".tmp");
  if (!file.ok()) return file.status();
  writer->file_ = *std::move(file);
  if (absl::Status status = writer->file_->Append(writer->header_); !status.ok()) return status;
  return writer;
}

SealedWriter::~SealedWriter() {
  if (finished_) return;
  file_.reset();
  fs_.Remove(path_ + ".tmp").IgnoreError();
}

absl::Status SealedWriter::Write(crypto::ByteView bytes) {
  if (finished_) return absl::FailedPreconditionError(absl::StrCat(path_, " is finished"));
  while (!bytes.empty()) {
    // A full block is only sealed when more comes, since the last block is sealed as the last.
    if (buffered_ == kSealedBlockSize) {
      if (absl::Status status = Flush(/*last=*/false); !status.ok()) return status;
    }
    const size_t size = std::min(bytes.size(), kSealedBlockSize - buffered_);
    std::memcpy(box_.Mutable(crypto::SecretAccess{}).data() + crypto::kAeadNonceSize + buffered_,
                bytes.data(), size);
    buffered_ += size;
    bytes = bytes.subspan(size);
  }
  return absl::OkStatus();
}

absl::Status SealedWriter::Flush(bool last) {
  const std::span<uint8_t> box =
      box_.Mutable(crypto::SecretAccess{}).first(buffered_ + crypto::kAeadOverhead);
  crypto::SealInPlace(key_, AssociatedData(label_, header_, block_, last), box, random_);
  ++block_;
  buffered_ = 0;
  return file_->Append(box);
}

absl::Status SealedWriter::Finish(bool durable) {
  if (finished_) return absl::FailedPreconditionError(absl::StrCat(path_, " is finished"));
  if (absl::Status status = Flush(/*last=*/true); !status.ok()) return status;
  if (durable) {
    if (absl::Status status = file_->Sync(); !status.ok()) return status;
  }
  if (absl::Status status = file_->Close(); !status.ok()) return status;
  if (absl::Status status = fs_.Rename(path_ + ".tmp", path_); !status.ok()) return status;
  finished_ = true;
  return durable ? fs_.SyncDirectory(DirectoryOf(path_)) : absl::OkStatus();
}

SealedReader::SealedReader(std::string path, crypto::Secret<32> key, std::string label)
    : path_(std::move(path)), key_(std::move(key)), label_(std::move(label)) {}

absl::StatusOr<std::unique_ptr<SealedReader>> SealedReader::Open(FileSystem& fs,
                                                                 const std::string& path,
                                                                 const crypto::Secret<32>& key,
                                                                 std::string_view label) {
  std::unique_ptr<SealedReader> reader(
      new SealedReader(path, key.Clone(crypto::SecretAccess{}), std::string(label)));
  absl::StatusOr<std::unique_ptr<ReadableFile>> file = fs.OpenRead(path);
  if (!file.ok()) return file.status();
  reader->file_ = *std::move(file);
  if (reader->file_->size() < kSealedHeaderSize + crypto::kAeadOverhead) return Damaged(path);
  absl::StatusOr<size_t> got = reader->file_->Read(reader->header_);
  if (!got.ok()) return got.status();
  if (*got != kSealedHeaderSize ||
      std::memcmp(reader->header_.data(), kMagic.data(), kMagic.size()) != 0) {
    return Damaged(path);
  }
  reader->remaining_ = reader->file_->size() - kSealedHeaderSize;
  return reader;
}

absl::Status SealedReader::NextBlock() {
  const size_t size = static_cast<size_t>(std::min<uint64_t>(remaining_, kSealedBlock));
  if (size < crypto::kAeadOverhead) return Damaged(path_);
  unread_ = {};
  // The first block is the longest of a file.
  if (box_.empty()) box_ = crypto::SecretBytes(size);
  const std::span<uint8_t> box = box_.Mutable(crypto::SecretAccess{}).first(size);
  absl::StatusOr<size_t> got = file_->Read(box);
  if (!got.ok()) return got.status();
  if (*got != size) return Damaged(path_);
  remaining_ -= size;
  // What ends the file must have been sealed as its end.
  last_ = remaining_ == 0;
  const absl::StatusOr<std::span<uint8_t>> plain =
      crypto::OpenInPlace(key_, AssociatedData(label_, header_, block_, last_), box);
  if (!plain.ok()) return Damaged(path_);
  unread_ = *plain;
  ++block_;
  return absl::OkStatus();
}

absl::StatusOr<size_t> SealedReader::Read(std::span<uint8_t> out) {
  size_t done = 0;
  while (done < out.size()) {
    if (unread_.empty()) {
      if (last_) break;
      if (absl::Status status = NextBlock(); !status.ok()) return status;
      continue;
    }
    const size_t size = std::min(out.size() - done, unread_.size());
    std::memcpy(out.data() + done, unread_.data(), size);
    unread_ = unread_.subspan(size);
    done += size;
  }
  return done;
}

absl::Status SealedReader::ReadExactly(std::span<uint8_t> out) {
  absl::StatusOr<size_t> got = Read(out);
  if (!got.ok()) return got.status();
  if (*got != out.size()) {
    return absl::DataLossError(absl::StrCat(path_, " ends in the middle of a record"));
  }
  return absl::OkStatus();
}

absl::Status WriteSealedFile(FileSystem& fs, const std::string& path, const crypto::Secret<32>& key,
                             std::string_view label, crypto::ByteView bytes,
                             crypto::Random& random) {
  auto writer = SealedWriter::Create(fs, path, key, label, random);
  if (!writer.ok()) return writer.status();
  if (absl::Status status = (*writer)->Write(bytes); !status.ok()) return status;
  return (*writer)->Finish();
}

absl::StatusOr<crypto::SecretBytes> ReadSealedFile(FileSystem& fs, const std::string& path,
                                                   const crypto::Secret<32>& key,
                                                   std::string_view label, uint64_t max_bytes) {
  absl::StatusOr<std::unique_ptr<ReadableFile>> file = fs.OpenRead(path);
  if (!file.ok()) return file.status();
  const uint64_t sealed = (*file)->size();
  // Sealing only adds, so the sealed size bounds the plaintext well enough to allocate for it.
  const uint64_t blocks = sealed / kSealedBlock + 1;
  if (sealed > max_bytes + kSealedHeaderSize + blocks * crypto::kAeadOverhead) {
    return absl::ResourceExhaustedError(
        absl::StrCat(path, " is larger than the ", max_bytes, " bytes accepted here"));
  }
  auto reader = SealedReader::Open(fs, path, key, label);
  if (!reader.ok()) return reader.status();
  crypto::SecretBytes buffer(static_cast<size_t>(sealed));
  absl::StatusOr<size_t> got = (*reader)->Read(buffer.Mutable(crypto::SecretAccess{}));
  if (!got.ok()) return got.status();
  return crypto::SecretBytes(buffer.Reveal(crypto::SecretAccess{}).first(*got));
}

}  // namespace raakvlak::common
