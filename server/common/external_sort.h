// Sorts more byte strings than fit in memory: sorted runs are spilled to disk, sealed under a key
// that never leaves the process, and merged.
//
//   auto sorter = ExternalSorter::Create(fs, directory, random);
//   (*sorter)->Add(record) ...
//   auto sorted = (*sorter)->Sort();
//   while (true) { auto more = (*sorted)->Next(); if (!more.ok() ..) ; if (!*more) break;
//                  use((*sorted)->record()); }
#ifndef RAAKVLAK_SERVER_COMMON_EXTERNAL_SORT_H_
#define RAAKVLAK_SERVER_COMMON_EXTERNAL_SORT_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/base/bytes.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"
#include "server/common/fs.h"

namespace raakvlak::common {

// Longest record, in bytes.
inline constexpr size_t kMaxSortRecord = 64 * 1024;

struct SortOptions {
  // What the sorter itself may hold, index included; at least 1 MiB.
  size_t memory_bytes = size_t{64} << 20;
  // Equal records come out once.
  bool deduplicate = false;
  // Runs merged at once; at least 2. More runs than this are merged in several passes.
  size_t fan_in = 64;
};

// The records in ascending order of their bytes (unsigned, a prefix first). Not thread-safe.
class SortedReader {
 public:
  virtual ~SortedReader() = default;
  // False after the last record.
  virtual absl::StatusOr<bool> Next() = 0;
  // The record of the last Next() that gave true; valid until the next one.
  virtual crypto::ByteView record() const = 0;
};

// Not thread-safe. Spill files go away with the reader or the sorter; what a killed process leaves
// behind cannot be read by anybody and is removed by the next Create() on the same directory.
class ExternalSorter {
 public:
  // `directory` is this sorter's alone: it is made, emptied now and removed at the end. `fs` and
  // `random` must outlive sorter and reader.
  static absl::StatusOr<std::unique_ptr<ExternalSorter>> Create(FileSystem& fs,
                                                                const std::string& directory,
                                                                crypto::Random& random,
                                                                SortOptions options = {});
  ~ExternalSorter();

  // InvalidArgument over kMaxSortRecord bytes.
  absl::Status Add(crypto::ByteView record);
  // A record of parts that stand in several places, which need not be put together before.
  absl::Status AddJoined(std::initializer_list<crypto::ByteView> parts);
  // How many were added.
  uint64_t count() const { return count_; }
  // At most once; nothing may be added afterwards. The reader may outlive the sorter.
  absl::StatusOr<std::unique_ptr<SortedReader>> Sort();

 private:
  // The part that the reader shares: the directory and the key of the spill files.
  class Scratch;
  struct Entry {
    uint64_t prefix;  // first eight bytes, big-endian: decides most comparisons
    uint32_t offset;
    uint32_t size;
  };
  // Records in pieces of equal size, none across two of them, and an index of them. Emptied, it
  // keeps its memory, so that what is spilled again and again comes from the kernel once.
  class Buffer {
   public:
    // `size` is that of all parts.
    void Add(std::initializer_list<crypto::ByteView> parts, size_t size);
    void Sort(bool deduplicate);
    void Clear();

    bool empty() const { return entries_.empty(); }
    size_t size() const { return entries_.size(); }
    // What it takes with a record of so many bytes more.
    size_t BytesWith(size_t record) const;
    crypto::ByteView record(size_t i) const { return Bytes(entries_[i]); }
    // Calls for a record ahead of its use: sorted, they lie all over the memory.
    void Prefetch(size_t i) const;

   private:
    crypto::ByteView Bytes(const Entry& entry) const;
    size_t StartOf(size_t record) const;

    std::vector<crypto::SecretBytes> pieces_;
    size_t used_ = 0;  // where the last record ends, as in Entry
    std::vector<Entry> entries_;
  };
  class MemoryReader;
  class RunReader;
  class MergeReader;

  ExternalSorter(std::shared_ptr<Scratch> scratch, SortOptions options);
  absl::Status Spill();
  absl::StatusOr<std::unique_ptr<SortedReader>> Merge(std::span<const std::string> runs);
  absl::StatusOr<std::string> WriteRun(SortedReader& reader);

  std::shared_ptr<Scratch> scratch_;
  SortOptions options_;
  Buffer buffer_;
  std::vector<std::string> runs_;
  uint64_t count_ = 0;
};

}  // namespace raakvlak::common

#endif  // RAAKVLAK_SERVER_COMMON_EXTERNAL_SORT_H_
