// What the files of the submission service share.
#ifndef RAAKVLAK_SERVER_MATCHER_SUBMISSION_INTERNAL_H_
#define RAAKVLAK_SERVER_MATCHER_SUBMISSION_INTERNAL_H_

#include <string>

#include "absl/status/status.h"
#include "crypto/base/hash.h"

namespace raakvlak::matcher {

inline absl::Status CheckHash(const std::string& hash) {
  return hash.size() == crypto::kDigestSize
             ? absl::OkStatus()
             : absl::InvalidArgumentError("a manifest hash is 64 bytes");
}

inline absl::Status Lost() { return absl::CancelledError("the caller went away"); }

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_SUBMISSION_INTERNAL_H_
