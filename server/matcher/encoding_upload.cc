// Checks, in the order in which they are cheapest.
#include "server/matcher/encoding_upload.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "linkage/score/encoding_layout.h"
#include "server/common/null_model_wire.h"

namespace raakvlak::matcher {
namespace {

absl::Status BadEncodings(std::string_view what) {
  return absl::InvalidArgumentError(std::string(what));
}

}  // namespace

EncodingUpload::EncodingUpload(linkage::Profile profile, std::uint64_t announced)
    : profile_(std::move(profile)), size_(linkage::EncodedSize(profile_)), announced_(announced) {}

absl::StatusOr<std::unique_ptr<EncodingUpload>> EncodingUpload::Create(
    common::FileSystem& fs, const RunDirectory& directory, const std::string& path, int agency,
    const linkage::Profile& profile, const v1::UploadEncodingsHeader& header) {
  if (!header.has_null_model()) return BadEncodings("the header has no null model");
  if (auto model = common::NullModelFromWire(profile, header.null_model()); !model.ok()) {
    return model.status();
  }
  std::uint64_t tasks = 0;
  absl::Status counted =
      ForEachStored<StoredTask>(fs, directory.Tasks(agency), kTasksMagic, [&](const StoredTask&) {
        ++tasks;
        return absl::OkStatus();
      });
  if (!counted.ok()) return counted;
  if (header.count() != tasks) {
    return BadEncodings(absl::StrCat("the header announces ", header.count(), " encodings where ",
                                     tasks, " were asked for"));
  }
  std::unique_ptr<EncodingUpload> upload(new EncodingUpload(profile, tasks));
  auto writer = FramedWriter::Create(fs, path, kEncodingsMagic);
  if (!writer.ok()) return writer.status();
  upload->writer_ = *std::move(writer);
  const std::string model = header.null_model().SerializeAsString();
  if (absl::Status s = upload->writer_->Add(crypto::AsBytes(model)); !s.ok()) return s;
  return upload;
}

absl::Status EncodingUpload::Add(std::string_view encodings) {
  if (encodings.size() > kMaxEncodingBytesPerMessage) {
    return BadEncodings("more than 1 MiB of encodings in a message");
  }
  if (encodings.size() % size_ != 0) {
    return BadEncodings(absl::StrCat("a message holds no whole encodings of ", size_, " bytes"));
  }
  if (encodings.size() / size_ > announced_ - count_) {
    return BadEncodings("more encodings than the header announced");
  }
  for (std::size_t at = 0; at < encodings.size(); at += size_, ++count_) {
    const std::string_view encoding = encodings.substr(at, size_);
    if (!linkage::IsWellFormed(profile_, encoding)) {
      return BadEncodings(
          "an encoding with a weight out of range or fields that the profile does not have");
    }
    if (absl::Status s = writer_->Add(crypto::AsBytes(encoding)); !s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::StatusOr<UploadResult> EncodingUpload::Finish() {
  if (count_ != announced_) return BadEncodings("fewer encodings than the header announced");
  absl::StatusOr<crypto::Digest> digest = writer_->Finish();
  if (!digest.ok()) return digest.status();
  return UploadResult{announced_, crypto::ToString(*digest)};
}

}  // namespace raakvlak::matcher
