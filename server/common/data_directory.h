// Whether a daemon's data directory will do, without making or changing anything: for
// --check-config, which is run before the first start and by whoever sets a machine up.
#ifndef RAAKVLAK_SERVER_COMMON_DATA_DIRECTORY_H_
#define RAAKVLAK_SERVER_COMMON_DATA_DIRECTORY_H_

#include <string>

#include "absl/status/statusor.h"

namespace raakvlak::common {

// What FileSystem::MakePrivateDirectory and the first writes would find, for the user that this
// process runs as. Empty where the directory is in order; a sentence for people where it, or also
// parents of it, are still to be made and the start can do so. FailedPrecondition with what to do
// where the start would fail: a parent that is missing and cannot be made, or is no directory; a
// directory of another user, open to others, that cannot be written, or that holds what belongs to
// another user. What lies deeper than the directory itself is not looked at. Thread-safe.
absl::StatusOr<std::string> CheckDataDirectory(const std::string& path);

}  // namespace raakvlak::common

#endif  // RAAKVLAK_SERVER_COMMON_DATA_DIRECTORY_H_
