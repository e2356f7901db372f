// The list of backends in order of preference, and whether this CPU can run them.
#include "crypto/batch/backends.h"

namespace raakvlak::crypto {

std::vector<BackendEntry> Backends() {
  return {{"portable", absl::OkStatus(), &PortableKernels()}};
}

}  // namespace raakvlak::crypto
