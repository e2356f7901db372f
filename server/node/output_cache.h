// The node's cache of OPRF outputs: per epoch, identifier type and normaliser version a sealed file
// of (value key, Y), ascending by key, so that a nightly run evaluates only what is new. Values
// that the dataset no longer holds drop out at the next run.
//
// While a run evaluates, new outputs go to segments, each durable once closed, so that a node that
// is killed pays again for what came after the last closed segment only. The next run merges them
// and the cache, without what dropped out, into a new cache.
#ifndef RAAKVLAK_SERVER_NODE_OUTPUT_CACHE_H_
#define RAAKVLAK_SERVER_NODE_OUTPUT_CACHE_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/base/secret.h"
#include "crypto/oprf/output_keys.h"
#include "server/node/record_file.h"
#include "server/node/value_groups.h"

namespace raakvlak::node {

// Reads one or more ascending files as one. Not thread-safe.
class OutputReader {
 public:
  // False after the last entry.
  absl::StatusOr<bool> Next();
  const ValueKey& key() const { return key_; }
  crypto::OprfOutputView output() const;
  // Moves on until key() >= `key`; true if it is equal. Keys asked for must not descend.
  absl::StatusOr<bool> Seek(const ValueKey& key);

 private:
  friend class OutputCache;
  struct Source {
    std::unique_ptr<RecordFileReader> file;
    bool started = false;
    bool ended = false;
  };
  absl::Status Advance(Source& source);
  std::vector<Source> sources_;
  bool started_ = false;
  bool ended_ = false;
  ValueKey key_{};
  crypto::Secret<64> output_;
};

class OutputWriter {
 public:
  // InvalidArgument unless keys ascend strictly.
  absl::Status Add(const ValueKey& key, crypto::OprfOutputView output);
  absl::Status Finish();
  std::uint64_t count() const { return file_->count(); }

 private:
  friend class OutputCache;
  std::unique_ptr<RecordFileWriter> file_;
  std::optional<ValueKey> last_;
};

class OutputCache;

// One pass over everything known, in the order of the dataset's values: those that are kept stay
// known, the others drop out at Commit(). Not thread-safe.
class OutputRenewal {
 public:
  // Whether `key` is known; its output is then kept, and output() until the next call. Keys must
  // not descend.
  absl::StatusOr<bool> Keep(const ValueKey& key);
  crypto::OprfOutputView output() const { return known_.output(); }
  // After the last key. Segments made since Renew() stay as they are. A crash in between loses
  // nothing.
  absl::Status Commit();

 private:
  friend class OutputCache;
  OutputRenewal(OutputCache& cache, OutputReader known)
      : cache_(&cache), known_(std::move(known)) {}

  OutputCache* cache_;
  OutputReader known_;
  std::vector<std::string> segments_;        // merged into the replacement
  std::optional<OutputWriter> replacement_;  // none where nothing is known
};

// One epoch's, type's and normaliser version's cache. Used by one run at a time.
class OutputCache {
 public:
  // `directory` is the epoch's; it must exist.
  OutputCache(SealContext seal, std::string directory, const std::string& identifier_type,
              const std::string& normaliser_version);

  // Everything known: the cache and its segments.
  absl::StatusOr<OutputReader> Read() const;
  // A new segment, of keys that are not known yet.
  absl::StatusOr<OutputWriter> NewSegment();
  // The cache must outlive it.
  absl::StatusOr<OutputRenewal> Renew();

 private:
  friend class OutputRenewal;
  std::string CachePath() const { return stem_ + ".cache"; }
  std::string ReplacementPath() const { return stem_ + ".new"; }
  absl::StatusOr<std::vector<std::string>> Segments() const;
  absl::StatusOr<OutputWriter> NewFile(const std::string& path) const;

  SealContext seal_;
  std::string directory_;
  std::string name_;
  std::string stem_;
  std::string label_;
};

// The epoch's local key for value keys, made at first use; and the removal of older epochs' caches.
// `root` is the directory of all caches.
absl::StatusOr<crypto::Secret<32>> EpochLocalKey(const SealContext& seal, const std::string& root,
                                                 std::uint64_t epoch);
std::string EpochCacheDirectory(const std::string& root, std::uint64_t epoch);
absl::Status RemoveOlderEpochs(common::FileSystem& fs, const std::string& root,
                               std::uint64_t epoch);

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_OUTPUT_CACHE_H_
