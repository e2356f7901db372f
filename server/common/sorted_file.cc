#include "server/common/sorted_file.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace raakvlak::common {
namespace {

constexpr std::string_view kMagic = "RVTAGS01";
constexpr size_t kBufferSize = 64 * 1024;  // a multiple of the tag size
constexpr size_t kFooterSize = 8 + crypto::kDigestSize;

absl::Status Damaged(const std::string& path, std::string_view how) {
  return absl::DataLossError(absl::StrCat(path, ": ", std::string(how)));
}

}  // namespace

SortedFileWriter::SortedFileWriter(FileSystem& fs, std::string path)
    : fs_(fs), path_(std::move(path)) {
  buffer_.reserve(kBufferSize);
}

absl::StatusOr<std::unique_ptr<SortedFileWriter>> SortedFileWriter::Create(
    FileSystem& fs, const std::string& path) {
  std::unique_ptr<SortedFileWriter> writer(new SortedFileWriter(fs, path));
  absl::StatusOr<std::unique_ptr<WritableFile>> file = fs.Create(path + ".tmp");
  if (!file.ok()) return file.status();
  writer->file_ = *std::move(file);
  const crypto::ByteView magic = crypto::AsBytes(kMagic);
  writer->hasher_.Update(magic);
  if (absl::Status status = writer->file_->Append(magic); !status.ok()) return status;
  return writer;
}

SortedFileWriter::~SortedFileWriter() {
  if (finished_) return;
  file_.reset();
  fs_.Remove(path_ + ".tmp").IgnoreError();
}

absl::Status SortedFileWriter::Add(const FileTag& tag) {
  if (finished_) return absl::FailedPreconditionError(absl::StrCat(path_, " is finished"));
  if (count_ > 0 && !(last_ < tag)) {
    return absl::InvalidArgumentError(
        absl::StrCat("tag ", count_ + 1, last_ == tag ? " repeats" : " is smaller than",
                     " the one before it; tags must be sorted, each once"));
  }
  last_ = tag;
  ++count_;
  buffer_.insert(buffer_.end(), tag.begin(), tag.end());
  return buffer_.size() >= kBufferSize ? Flush() : absl::OkStatus();
}

absl::Status SortedFileWriter::AddPacked(std::span<const uint8_t> tags) {
  if (tags.size() % kSortedFileTagSize != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(tags.size(), " bytes are not a whole number of 16-byte tags"));
  }
  for (size_t at = 0; at < tags.size(); at += kSortedFileTagSize) {
    FileTag tag;
    std::memcpy(tag.data(), tags.data() + at, tag.size());
    if (absl::Status status = Add(tag); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status SortedFileWriter::Flush() {
  hasher_.Update(buffer_);
  absl::Status status = file_->Append(buffer_);
  buffer_.clear();
  return status;
}

absl::StatusOr<crypto::Digest> SortedFileWriter::Finish() {
  if (finished_) return absl::FailedPreconditionError(absl::StrCat(path_, " is finished"));
  if (absl::Status status = Flush(); !status.ok()) return status;
  crypto::ByteWriter count;
  count.U64(count_);
  const crypto::Digest digest = hasher_.Update(count.view()).Finish();
  if (absl::Status status = file_->Append(count.view()); !status.ok()) return status;
  if (absl::Status status = file_->Append(digest); !status.ok()) return status;
  if (absl::Status status = file_->Sync(); !status.ok()) return status;
  if (absl::Status status = file_->Close(); !status.ok()) return status;
  if (absl::Status status = fs_.Rename(path_ + ".tmp", path_); !status.ok()) return status;
  finished_ = true;
  if (absl::Status status = fs_.SyncDirectory(DirectoryOf(path_)); !status.ok()) return status;
  return digest;
}

absl::StatusOr<std::unique_ptr<SortedFileReader>> SortedFileReader::Open(FileSystem& fs,
                                                                         const std::string& path) {
  std::unique_ptr<SortedFileReader> reader(new SortedFileReader(path));
  absl::StatusOr<std::unique_ptr<ReadableFile>> file = fs.OpenRead(path);
  if (!file.ok()) return file.status();
  reader->file_ = *std::move(file);
  ReadableFile& in = *reader->file_;
  if (in.size() < kMagic.size() + kFooterSize ||
      (in.size() - kMagic.size() - kFooterSize) % kSortedFileTagSize != 0) {
    return Damaged(path, "its size is not that of a tag file");
  }
  std::array<uint8_t, 8> magic{};
  absl::StatusOr<size_t> got = in.Read(magic);
  if (!got.ok()) return got.status();
  if (std::memcmp(magic.data(), kMagic.data(), magic.size()) != 0) {
    return Damaged(path, "not a tag file");
  }
  if (absl::Status status = in.Seek(in.size() - kFooterSize); !status.ok()) return status;
  std::array<uint8_t, kFooterSize> footer{};
  got = in.Read(footer);
  if (!got.ok()) return got.status();
  crypto::ByteReader fields(footer);
  reader->count_ = fields.U64();
  reader->digest_ = fields.Array<crypto::kDigestSize>();
  if (*got != kFooterSize ||
      reader->count_ != (in.size() - kMagic.size() - kFooterSize) / kSortedFileTagSize) {
    return Damaged(path, "its count of tags is not what it holds");
  }
  if (absl::Status status = in.Seek(kMagic.size()); !status.ok()) return status;
  reader->hasher_.Update(magic);
  return reader;
}

absl::StatusOr<bool> SortedFileReader::Next() {
  if (used_ == buffer_.size()) {
    const uint64_t left = count_ - read_;
    if (left == 0) {
      if (!checked_) {
        crypto::ByteWriter count;
        count.U64(count_);
        if (hasher_.Update(count.view()).Finish() != digest_) {
          return Damaged(path_, "its digest does not fit: it was altered");
        }
        checked_ = true;
      }
      return false;
    }
    const size_t size =
        static_cast<size_t>(std::min<uint64_t>(left, kBufferSize / kSortedFileTagSize)) *
        kSortedFileTagSize;
    buffer_.resize(size);
    absl::StatusOr<size_t> got = file_->Read(buffer_);
    if (!got.ok()) return got.status();
    if (*got != size) return Damaged(path_, "it became shorter while it was read");
    hasher_.Update(buffer_);
    read_ += size / kSortedFileTagSize;
    used_ = 0;
  }
  FileTag next;
  std::memcpy(next.data(), buffer_.data() + used_, next.size());
  used_ += next.size();
  if (given_ > 0 && !(tag_ < next)) return Damaged(path_, "its tags are not sorted");
  tag_ = next;
  ++given_;
  return true;
}

}  // namespace raakvlak::common
