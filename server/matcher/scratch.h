// Room on disk for what a stage or an upload would otherwise have to hold in memory: sorters and
// sealed files under a key that never leaves the process. Memory then does not grow with the data.
#ifndef RAAKVLAK_SERVER_MATCHER_SCRATCH_H_
#define RAAKVLAK_SERVER_MATCHER_SCRATCH_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"
#include "server/common/external_sort.h"
#include "server/common/fs.h"
#include "server/common/sealed_file.h"

namespace raakvlak::matcher {

// Of one sorter. A stage has two at most at a time, an upload as many, and every node may upload.
inline constexpr std::size_t kSortMemoryBytes = std::size_t{4} << 20;

// Not thread-safe. Outlives its sorters, readers and writers.
class Scratch {
 public:
  // `directory` is this one's alone: it is made, emptied now and removed at the end. What a killed
  // process leaves there cannot be read by anybody.
  static absl::StatusOr<std::unique_ptr<Scratch>> Create(common::FileSystem& fs,
                                                         const std::string& directory);
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  absl::StatusOr<std::unique_ptr<common::ExternalSorter>> Sorter(std::string_view name);
  // To be finished with durable = false; may then be read any number of times.
  absl::StatusOr<std::unique_ptr<common::SealedWriter>> Write(std::string_view name);
  absl::StatusOr<std::unique_ptr<common::SealedReader>> Read(std::string_view name) const;

 private:
  Scratch(common::FileSystem& fs, std::string directory)
      : fs_(fs), directory_(std::move(directory)), key_(random_.NewSecret<32>()) {}

  common::FileSystem& fs_;
  const std::string directory_;
  crypto::SystemRandom random_;
  const crypto::Secret<32> key_;
};

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_SCRATCH_H_
