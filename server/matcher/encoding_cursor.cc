// Reads ahead as far as is asked.
#include "server/matcher/encoding_cursor.h"

#include <algorithm>
#include <optional>

#include "server/matcher/run_directory.h"

namespace raakvlak::matcher {
namespace {

absl::Status Unfit() {
  return absl::DataLossError("the stored encodings do not fit the candidate pairs");
}

}  // namespace

absl::StatusOr<std::unique_ptr<EncodingCursor>> EncodingCursor::Open(common::FileSystem& fs,
                                                                     const std::string& path,
                                                                     std::string* null_model) {
  auto reader = FramedReader::Open(fs, path, kEncodingsMagic);
  if (!reader.ok()) return reader.status();
  absl::StatusOr<std::optional<crypto::ByteView>> first = (*reader)->Next();
  if (!first.ok()) return first.status();
  if (!first->has_value()) return Unfit();
  *null_model = crypto::ToString(**first);
  return std::unique_ptr<EncodingCursor>(new EncodingCursor(*std::move(reader)));
}

absl::StatusOr<std::string_view> EncodingCursor::At(std::uint32_t task) {
  if (task < first_) return Unfit();
  while (task >= first_ + window_.size()) {
    absl::StatusOr<std::optional<crypto::ByteView>> frame = reader_->Next();
    if (!frame.ok()) return frame.status();
    if (!frame->has_value()) return Unfit();
    window_.push_back(crypto::ToString(**frame));
  }
  asked_ = std::max<std::uint64_t>(asked_, std::uint64_t{task} + 1);
  return std::string_view(window_[task - first_]);
}

void EncodingCursor::Forget() {
  while (first_ < asked_) {
    window_.pop_front();
    ++first_;
  }
}

absl::Status EncodingCursor::Finish() {
  Forget();
  absl::StatusOr<std::optional<crypto::ByteView>> frame = reader_->Next();
  if (!frame.ok()) return frame.status();
  return frame->has_value() || !window_.empty() ? Unfit() : absl::OkStatus();
}

}  // namespace raakvlak::matcher
