// Taking in the encodings that an agency was asked for: exactly as many as it has tasks, of exactly
// the profile's size, streamed to disk behind its null model. Like uploads.h otherwise.
#ifndef RAAKVLAK_SERVER_MATCHER_ENCODING_UPLOAD_H_
#define RAAKVLAK_SERVER_MATCHER_ENCODING_UPLOAD_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "linkage/score/profile.h"
#include "raakvlak/v1/submission.pb.h"
#include "server/common/fs.h"
#include "server/matcher/run_directory.h"
#include "server/matcher/uploads.h"

namespace raakvlak::matcher {

inline constexpr std::size_t kMaxEncodingBytesPerMessage = 1 << 20;

class EncodingUpload {
 public:
  // `header` says how many encodings follow and holds the null model.
  static absl::StatusOr<std::unique_ptr<EncodingUpload>> Create(
      common::FileSystem& fs, const RunDirectory& directory, const std::string& path, int agency,
      const linkage::Profile& profile, const v1::UploadEncodingsHeader& header);
  // Whole encodings, back to back.
  absl::Status Add(std::string_view encodings);
  absl::StatusOr<UploadResult> Finish();

 private:
  EncodingUpload(linkage::Profile profile, std::uint64_t announced);

  const linkage::Profile profile_;
  const std::size_t size_;
  const std::uint64_t announced_;
  std::uint64_t count_ = 0;
  std::unique_ptr<FramedWriter> writer_;
};

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_ENCODING_UPLOAD_H_
