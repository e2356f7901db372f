// Buffered writing and reading of frames.
#include "server/matcher/framed_file.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace raakvlak::matcher {
namespace {

constexpr std::size_t kBufferBytes = 64 << 10;
constexpr std::uint32_t kEndMark = 0xffffffffU;

}  // namespace

absl::StatusOr<std::unique_ptr<FramedWriter>> FramedWriter::Create(common::FileSystem& fs,
                                                                   const std::string& path,
                                                                   std::string_view magic) {
  std::unique_ptr<FramedWriter> writer(new FramedWriter(fs, path));
  absl::StatusOr<std::unique_ptr<common::WritableFile>> file = fs.Create(path + ".tmp");
  if (!file.ok()) return file.status();
  writer->file_ = *std::move(file);
  if (absl::Status s = writer->Append(crypto::AsBytes(magic)); !s.ok()) return s;
  return writer;
}

FramedWriter::~FramedWriter() {
  if (finished_ || file_ == nullptr) return;
  file_.reset();
  // Nothing to tell and nobody to tell it to: the run directory is erased as a whole later.
  fs_.Remove(path_ + ".tmp").IgnoreError();
}

absl::Status FramedWriter::Flush() {
  if (buffer_.empty()) return absl::OkStatus();
  hasher_.Update(buffer_);
  absl::Status status = file_->Append(buffer_);
  buffer_.clear();
  return status;
}

absl::Status FramedWriter::Append(crypto::ByteView bytes) {
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  return buffer_.size() < kBufferBytes ? absl::OkStatus() : Flush();
}

absl::Status FramedWriter::Add(crypto::ByteView frame) {
  if (frame.size() > kMaxFrameBytes) {
    return absl::InvalidArgumentError("a frame of over 1 MiB cannot be stored");
  }
  crypto::ByteWriter length;
  length.U32(static_cast<std::uint32_t>(frame.size()));
  if (absl::Status s = Append(length.view()); !s.ok()) return s;
  ++count_;
  return Append(frame);
}

absl::StatusOr<crypto::Digest> FramedWriter::Finish() {
  crypto::ByteWriter trailer;
  trailer.U32(kEndMark).U64(count_);
  if (absl::Status s = Append(trailer.view()); !s.ok()) return s;
  if (absl::Status s = Flush(); !s.ok()) return s;
  const crypto::Digest digest = hasher_.Finish();
  for (absl::Status s :
       {file_->Append(digest), file_->Sync(), file_->Close(), fs_.Rename(path_ + ".tmp", path_)}) {
    if (!s.ok()) return s;
  }
  finished_ = true;
  if (absl::Status s = fs_.SyncDirectory(common::DirectoryOf(path_)); !s.ok()) return s;
  return digest;
}

absl::Status FramedReader::Damaged() const {
  return absl::DataLossError(absl::StrCat(path_, " is damaged"));
}

absl::Status FramedReader::Fill(std::size_t size) {
  if (end_ - begin_ >= size) return absl::OkStatus();
  // An empty vector has no bytes to point at, which memmove may not be given.
  if (end_ > begin_) std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  buffer_.resize(std::max({buffer_.size(), size, kBufferBytes}));
  absl::StatusOr<std::size_t> got = file_->Read(std::span(buffer_).subspan(end_));
  if (!got.ok()) return got.status();
  end_ += *got;
  return end_ >= size ? absl::OkStatus() : Damaged();
}

absl::StatusOr<std::unique_ptr<FramedReader>> FramedReader::Open(common::FileSystem& fs,
                                                                 const std::string& path,
                                                                 std::string_view magic) {
  std::unique_ptr<FramedReader> reader(new FramedReader(path));
  absl::StatusOr<std::unique_ptr<common::ReadableFile>> file = fs.OpenRead(path);
  if (!file.ok()) return file.status();
  reader->file_ = *std::move(file);
  if (absl::Status s = reader->Fill(magic.size()); !s.ok()) return s;
  const crypto::ByteView head = std::span(reader->buffer_).first(magic.size());
  if (crypto::ToString(head) != magic) return reader->Damaged();
  reader->hasher_.Update(head);
  reader->begin_ = magic.size();
  return reader;
}

absl::StatusOr<std::optional<crypto::ByteView>> FramedReader::Next() {
  if (absl::Status s = Fill(4); !s.ok()) return s;
  const std::uint32_t length =
      crypto::ByteReader(crypto::ByteView(buffer_).subspan(begin_, 4)).U32();
  if (length == kEndMark) {
    if (absl::Status s = Fill(12 + crypto::kDigestSize); !s.ok()) return s;
    const crypto::ByteView rest = crypto::ByteView(buffer_).subspan(begin_, end_ - begin_);
    crypto::ByteReader reader(rest.subspan(4));
    const std::uint64_t count = reader.U64();
    const auto digest = reader.Array<crypto::kDigestSize>();
    hasher_.Update(rest.first(12));
    if (reader.remaining() != 0 || count != count_ || hasher_.Finish() != digest) return Damaged();
    return std::optional<crypto::ByteView>();
  }
  if (length > kMaxFrameBytes) return Damaged();
  if (absl::Status s = Fill(4 + std::size_t{length}); !s.ok()) return s;
  const crypto::ByteView frame = crypto::ByteView(buffer_).subspan(begin_, 4 + std::size_t{length});
  hasher_.Update(frame);
  begin_ += frame.size();
  ++count_;
  return std::optional<crypto::ByteView>(frame.subspan(4));
}

}  // namespace raakvlak::matcher
