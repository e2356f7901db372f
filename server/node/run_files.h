// Where a run's files lie, and the key they are sealed with: a random key of the run alone, itself
// sealed under the node's wrapping key. Erasing the directory erases the key, and with it all.
#ifndef RAAKVLAK_SERVER_NODE_RUN_FILES_H_
#define RAAKVLAK_SERVER_NODE_RUN_FILES_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "crypto/base/secret.h"
#include "server/node/record_file.h"

namespace raakvlak::node {

// One attempt's directory. The object must not move while contexts of it are in use.
class RunFiles {
 public:
  // Makes the directory and the key if they are not there yet. `root` is the directory of all
  // attempts, `manifest_hash` HM. `seal` has the wrapping key.
  static absl::StatusOr<std::unique_ptr<RunFiles>> Open(const SealContext& seal,
                                                        const std::string& root,
                                                        std::string_view manifest_hash);
  // Removes the directory; OK if it is not there.
  static absl::Status Erase(common::FileSystem& fs, const std::string& root,
                            std::string_view manifest_hash);

  const std::string& directory() const { return directory_; }
  // With the run's key. Valid as long as this object.
  SealContext seal() const { return SealContext{seal_.fs, seal_.random, &key_}; }
  // A directory for scratch files, which die with the process.
  std::string scratch() const { return directory_ + "/scratch"; }

 private:
  RunFiles(const SealContext& seal, std::string directory, crypto::Secret<32> key)
      : seal_(seal), directory_(std::move(directory)), key_(std::move(key)) {}
  SealContext seal_;
  std::string directory_;
  crypto::Secret<32> key_;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_RUN_FILES_H_
