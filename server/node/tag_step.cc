#include "server/node/tag_step.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "crypto/base/bytes.h"
#include "server/node/status_macros.h"
#include "server/node/tag_table.h"

namespace raakvlak::node {
namespace {

constexpr std::string_view kGroupsLabel = "value groups";

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

// Reads what the evaluating pass noted of each value: key || u8 too common or not || u32 records.
absl::Status TagEverything(const RunFiles& files, const std::string& groups_path,
                           OutputCache& cache, const crypto::RunTagger& tagger,
                           common::ExternalSorter& sorter, std::stop_token stop) {
  NODE_ASSIGN_OR_RETURN(auto groups,
                        RecordFileReader::Open(files.seal(), groups_path, kGroupsLabel));
  NODE_ASSIGN_OR_RETURN(OutputReader known, cache.Read());
  NODE_ASSIGN_OR_RETURN(OutputWriter replacement, cache.NewReplacement());
  std::vector<std::uint32_t> records;
  for (std::uint64_t n = 0;; ++n) {
    if ((n & 0xFFF) == 0 && stop.stop_requested()) return absl::CancelledError("stopped");
    NODE_ASSIGN_OR_RETURN(bool more, groups->Next());
    if (!more) break;
    crypto::ByteReader in(groups->record());
    const ValueKey key = in.Array<32>();
    const bool too_common = in.U8() != 0;
    records.clear();
    while (in.ok() && in.remaining() > 0) records.push_back(in.U32());
    NODE_RETURN_IF_ERROR(in.Finish("a noted value"));
    NODE_ASSIGN_OR_RETURN(bool found, known.Seek(key));
    if (!found) {
      if (too_common) continue;
      return absl::InternalError("an evaluated value is missing in the output cache");
    }
    NODE_RETURN_IF_ERROR(replacement.Add(key, known.output()));
    if (too_common) continue;
    crypto::Bytes entry =
        TagEntryBytes(tagger.Tag(known.output()), crypto::BlockSecretOf(known.output()), records);
    NODE_RETURN_IF_ERROR(sorter.Add(entry));
    sodium_memzero(entry.data(), entry.size());
  }
  return replacement.Finish();
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
      NODE_ASSIGN_OR_RETURN(bool more, table.Next());
      if (!more) break;
      ++result.tags;
    }
    return result;
  }

  // Evaluate what is not known, noting every value on the way.
  const std::string groups_path = files.scratch() + "/groups-" + type;
  NODE_ASSIGN_OR_RETURN(auto groups,
                        RecordFileWriter::Create(files.seal(), groups_path, kGroupsLabel));
  NODE_ASSIGN_OR_RETURN(OutputReader known, cache.Read());
  ValueGroupReader values(std::move(sorted_values),
                          std::min(max_records_per_value, kMaxRecordsPerValue));
  ValueGroup group;
  evaluation.source = [&](KeyedValue& next) -> absl::StatusOr<bool> {
    while (true) {
      NODE_ASSIGN_OR_RETURN(bool more, values.Next(group));
      if (!more) return false;
      ++result.distinct;
      const bool too_common = group.records.empty();
      crypto::ByteWriter note;
      note.Raw(group.key).U8(too_common ? 1 : 0);
      for (std::uint32_t record : group.records) note.U32(record);
      NODE_RETURN_IF_ERROR(groups->Add(note.view()));
      NODE_ASSIGN_OR_RETURN(bool found, known.Seek(group.key));
      if (too_common) {
        ++result.too_common;
      } else if (found) {
        ++result.cached;
      } else {
        next.key = group.key;
        next.value = std::move(group.value);
        return true;
      }
    }
  };
  SegmentedSink sink(cache, options.segment_values);
  evaluation.sink = [&](const ValueKey& key, crypto::OprfOutputView output) {
    return sink.Add(key, output);
  };
  absl::StatusOr<std::uint64_t> evaluated = RunEvaluation(evaluation, options.evaluation, stop);
  // What was paid for is kept even when the rest failed.
  absl::Status closed = sink.Close();
  if (!evaluated.ok()) return evaluated.status();
  NODE_RETURN_IF_ERROR(closed);
  NODE_RETURN_IF_ERROR(groups->Finish(/*durable=*/false));
  result.evaluated = *evaluated;

  // Tag everything, and renew the cache.
  common::SortOptions sort;
  sort.memory_bytes = options.sort_memory_bytes;
  NODE_ASSIGN_OR_RETURN(auto sorter,
                        common::ExternalSorter::Create(fs, files.scratch() + "/sort-tags-" + type,
                                                       *files.seal().random, sort));
  NODE_RETURN_IF_ERROR(TagEverything(files, groups_path, cache, tagger, *sorter, stop));
  NODE_ASSIGN_OR_RETURN(auto sorted, sorter->Sort());
  NODE_ASSIGN_OR_RETURN(TagTableWriter table,
                        TagTableWriter::Create(files.seal(), files.directory(), type));
  while (true) {
    NODE_ASSIGN_OR_RETURN(bool more, sorted->Next());
    if (!more) break;
    NODE_RETURN_IF_ERROR(table.Add(sorted->record()));
  }
  result.tags = table.count();
  NODE_RETURN_IF_ERROR(cache.CommitReplacement());
  NODE_RETURN_IF_ERROR(table.Finish());
  NODE_RETURN_IF_ERROR(fs.Remove(groups_path));
  return result;
}

}  // namespace raakvlak::node
