// Walks through an agency's encodings once, keeping those at hand that may still be asked for.
#ifndef RAAKVLAK_SERVER_MATCHER_ENCODING_CURSOR_H_
#define RAAKVLAK_SERVER_MATCHER_ENCODING_CURSOR_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/common/fs.h"
#include "server/matcher/framed_file.h"

namespace raakvlak::matcher {

// Not thread-safe.
class EncodingCursor {
 public:
  // Reads the first frame, the null model, into `*null_model`.
  static absl::StatusOr<std::unique_ptr<EncodingCursor>> Open(common::FileSystem& fs,
                                                              const std::string& path,
                                                              std::string* null_model);

  // The encoding of the task at this position; valid until the next Forget(). DataLoss when it has
  // been forgotten or does not exist.
  absl::StatusOr<std::string_view> At(std::uint32_t task);
  // Nothing that has been asked for so far will be asked for again.
  void Forget();
  // DataLoss unless the end has been reached and the digest is right.
  absl::Status Finish();

 private:
  explicit EncodingCursor(std::unique_ptr<FramedReader> reader) : reader_(std::move(reader)) {}

  std::unique_ptr<FramedReader> reader_;
  // Encodings of the tasks from `first_` on.
  std::deque<std::string> window_;
  std::uint64_t first_ = 0;
  // One past the last that was asked for.
  std::uint64_t asked_ = 0;
};

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_ENCODING_CURSOR_H_
