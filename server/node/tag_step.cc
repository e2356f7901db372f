#include "server/node/tag_step.h"

#include <algorithm>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "crypto/base/bytes.h"
#include "server/node/status_macros.h"
#include "server/node/tag_table.h"

namespace raakvlak::node {

using crypto::SecretAccess;

namespace {

// Takes outputs with their records, and makes the entries of the tag table of them: hashed many at
// a time, sorted by tag. Thread-safe.
class Tagging {
 public:
  Tagging(const crypto::Kernels& kernels, const crypto::RunTagger& tagger,
          common::ExternalSorter& sorter)
      : kernels_(kernels), tagger_(tagger), sorter_(sorter), outputs_(kTogether * kOutputSize) {}

  absl::Status Add(crypto::OprfOutputView output, std::vector<std::uint32_t> records) {
    const std::lock_guard lock(mutex_);
    std::copy(output.begin(), output.end(),
              outputs_.Mutable(SecretAccess{}).begin() + records_.size() * kOutputSize);
    records_.push_back(std::move(records));
    return records_.size() < kTogether ? absl::OkStatus() : TagTaken();
  }

  absl::Status Finish() {
    const std::lock_guard lock(mutex_);
    return TagTaken();
  }

 private:
  static constexpr std::size_t kOutputSize = 64;
  static constexpr std::size_t kTogether = 256;

  absl::Status TagTaken() {
    const crypto::ByteView outputs =
        outputs_.Reveal(SecretAccess{}).first(records_.size() * kOutputSize);
    std::vector<crypto::RunTag> tags(records_.size());
    NODE_RETURN_IF_ERROR(tagger_.Tags(kernels_, outputs, tags));
    for (std::size_t i = 0; i < tags.size(); ++i) {
      const auto output = outputs.subspan(i * kOutputSize).first<kOutputSize>();
      NODE_RETURN_IF_ERROR(
          AddTagEntry(sorter_, tags[i], crypto::BlockSecretOf(output), records_[i]));
    }
    records_.clear();
    return absl::OkStatus();
  }

  const crypto::Kernels& kernels_;
  const crypto::RunTagger& tagger_;
  common::ExternalSorter& sorter_;
  std::mutex mutex_;
  crypto::SecretBytes outputs_;  // one for each of records_
  std::vector<std::vector<std::uint32_t>> records_;
};

// Writes outputs in segments of bounded size.
class SegmentedSink {
 public:
  SegmentedSink(OutputCache& cache, std::uint64_t segment_values)
      : cache_(cache), segment_values_(segment_values) {}

  absl::Status Add(const ValueKey& key, crypto::OprfOutputView output) {
    if (!writer_.has_value()) {
      NODE_ASSIGN_OR_RETURN(writer_, cache_.NewSegment());
    }
    NODE_RETURN_IF_ERROR(writer_->Add(key, output));
    return writer_->count() >= segment_values_ ? Close() : absl::OkStatus();
  }

  absl::Status Close() {
    if (!writer_.has_value()) return absl::OkStatus();
    absl::Status status = writer_->Finish();
    writer_.reset();
    return status;
  }

 private:
  OutputCache& cache_;
  const std::uint64_t segment_values_;
  std::optional<OutputWriter> writer_;
};

// The records of the values that are being evaluated, in the order in which their outputs come.
class RecordsInFlight {
 public:
  void Push(std::vector<std::uint32_t> records) {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(records));
  }
  std::vector<std::uint32_t> Pop() {
    const std::lock_guard lock(mutex_);
    std::vector<std::uint32_t> records = std::move(queue_.front());
    queue_.pop_front();
    return records;
  }

 private:
  std::mutex mutex_;
  std::deque<std::vector<std::uint32_t>> queue_;
};

absl::StatusOr<std::uint64_t> WriteTable(common::ExternalSorter& sorter, const RunFiles& files,
                                         const std::string& type, const std::stop_token& stop) {
  NODE_ASSIGN_OR_RETURN(auto sorted, sorter.Sort());
  NODE_ASSIGN_OR_RETURN(TagTableWriter table,
                        TagTableWriter::Create(files.seal(), files.directory(), type));
  while (true) {
    if (stop.stop_requested()) return absl::CancelledError("stopped");
    NODE_ASSIGN_OR_RETURN(bool more, sorted->Next());
    if (!more) break;
    NODE_RETURN_IF_ERROR(table.Add(sorted->record()));
  }
  NODE_RETURN_IF_ERROR(table.Finish());
  return table.count();
}

}  // namespace

absl::StatusOr<TagStepResult> MakeTagTable(std::unique_ptr<common::SortedReader> sorted_values,
                                           std::uint32_t max_records_per_value,
                                           EvaluationParameters evaluation,
                                           const crypto::RunTagger& tagger, OutputCache& cache,
                                           const RunFiles& files, const TagStepOptions& options,
                                           std::stop_token stop) {
  const std::string type = evaluation.identifier_type;
  common::FileSystem& fs = *files.seal().fs;
  TagStepResult result;
  if (fs.Exists(TagTablePath(files.directory(), type))) {
    NODE_ASSIGN_OR_RETURN(TagTableReader table,
                          TagTableReader::Open(files.seal(), files.directory(), type));
    while (true) {
      if (stop.stop_requested()) return absl::CancelledError("stopped");
      NODE_ASSIGN_OR_RETURN(bool more, table.Next());
      if (!more) break;
      ++result.tags;
    }
    return result;
  }

  // What is known is tagged as it passes by, and kept; the rest is evaluated, kept in segments, and
  // tagged when its outputs come.
  common::SortOptions sort;
  sort.memory_bytes = options.sort_memory_bytes;
  NODE_ASSIGN_OR_RETURN(auto sorter,
                        common::ExternalSorter::Create(fs, files.scratch() + "/sort-tags-" + type,
                                                       *files.seal().random, sort));
  Tagging tagging(*evaluation.kernels, tagger, *sorter);
  NODE_ASSIGN_OR_RETURN(OutputRenewal known, cache.Renew());
  ValueGroupReader values(std::move(sorted_values),
                          std::min(max_records_per_value, kMaxRecordsPerValue));
  RecordsInFlight in_flight;
  ValueGroup group;
  evaluation.source = [&](KeyedValue& next) -> absl::StatusOr<bool> {
    while (true) {
      // Long stretches of known values pass without a chunk being made.
      if (stop.stop_requested()) return absl::CancelledError("stopped");
      NODE_ASSIGN_OR_RETURN(bool more, values.Next(group));
      if (!more) return false;
      ++result.distinct;
      const bool too_common = group.records.empty();
      NODE_ASSIGN_OR_RETURN(bool found, known.Keep(group.key));
      if (too_common) {
        ++result.too_common;
      } else if (found) {
        ++result.cached;
        NODE_RETURN_IF_ERROR(tagging.Add(known.output(), std::move(group.records)));
      } else {
        next.key = group.key;
        next.value = std::move(group.value);
        in_flight.Push(std::move(group.records));
        return true;
      }
    }
  };
  SegmentedSink segments(cache, options.segment_values);
  evaluation.sink = [&](const ValueKey& key, crypto::OprfOutputView output) {
    NODE_RETURN_IF_ERROR(segments.Add(key, output));
    return tagging.Add(output, in_flight.Pop());
  };
  absl::StatusOr<std::uint64_t> evaluated = RunEvaluation(evaluation, options.evaluation, stop);
  // What was paid for is kept even when the rest failed.
  absl::Status closed = segments.Close();
  if (!evaluated.ok()) return evaluated.status();
  NODE_RETURN_IF_ERROR(closed);
  result.evaluated = *evaluated;

  NODE_RETURN_IF_ERROR(tagging.Finish());
  NODE_ASSIGN_OR_RETURN(result.tags, WriteTable(*sorter, files, type, stop));
  NODE_RETURN_IF_ERROR(known.Commit());
  return result;
}

}  // namespace raakvlak::node
