// Two agencies after two agencies, in the order of the encodings.
#include "server/matcher/capture.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/matcher/encoding_cursor.h"

namespace raakvlak::matcher {
namespace {

constexpr std::size_t kBufferBytes = 1 << 20;

using BlockKey = std::pair<std::uint8_t, linkage::Tag>;

// Records of both sides in a block.
struct Sides {
  std::vector<std::uint32_t> a;
  std::vector<std::uint32_t> b;
};

class LineWriter {
 public:
  explicit LineWriter(std::unique_ptr<common::WritableFile> file) : file_(std::move(file)) {}

  absl::Status Add(std::string_view line) {
    buffer_.append(line).push_back('\n');
    return buffer_.size() < kBufferBytes ? absl::OkStatus() : Flush();
  }
  absl::Status Finish() {
    if (absl::Status s = Flush(); !s.ok()) return s;
    return file_->Close();
  }

 private:
  absl::Status Flush() {
    absl::Status status = file_->Append(crypto::AsBytes(buffer_));
    buffer_.clear();
    return status;
  }

  std::unique_ptr<common::WritableFile> file_;
  std::string buffer_;
};

std::string BlockLine(const StageContext& context, std::size_t a, std::size_t b,
                      const BlockKey& block) {
  return absl::StrCat("{\"pair\": [", a, ", ", b,
                      "], \"key\": ", linkage::BlockKeyOf(context.types[block.first]),
                      ", \"tag\": \"", crypto::ToHex(block.second.bytes), "\"");
}

std::map<BlockKey, Sides> SharedBlocks(const RunRecords& records, const StageContext& context,
                                       std::size_t a, std::size_t b) {
  std::map<BlockKey, Sides> blocks;
  for (std::uint32_t r = 0; r < records.handles.size(); ++r) {
    const std::size_t agency = records.agency_of[r];
    if (agency != a && agency != b) continue;
    for (const StoredValue& value : records.Of(r)) {
      if (!context.IsBlock(value.type)) continue;
      if ((value.counterparts >> (agency == a ? b : a) & 1) == 0) continue;
      Sides& sides = blocks[{value.type, value.tag}];
      (agency == a ? sides.a : sides.b).push_back(r);
    }
  }
  std::erase_if(blocks,
                [](const auto& block) { return block.second.a.empty() || block.second.b.empty(); });
  return blocks;
}

}  // namespace

absl::Status CaptureRun(common::FileSystem& fs, const RunDirectory& directory,
                        const StageContext& context, std::span<const UnconfirmedPair> unconfirmed,
                        const std::string& path) {
  absl::StatusOr<RunRecords> records = LoadRecords(fs, directory, context, unconfirmed);
  if (!records.ok()) return records.status();
  const std::size_t n = context.agencies.size();
  std::vector<std::unique_ptr<EncodingCursor>> cursors;
  // Which block each task is of.
  std::vector<std::vector<BlockKey>> tasks(n);
  for (std::size_t agency = 0; agency < n; ++agency) {
    const int position = static_cast<int>(agency);
    std::string null_model;
    auto cursor = EncodingCursor::Open(fs, directory.Encodings(position), &null_model);
    if (!cursor.ok()) return cursor.status();
    cursors.push_back(*std::move(cursor));
    absl::Status status = ForEachStored<StoredTask>(
        fs, directory.Tasks(position), kTasksMagic, [&](const StoredTask& task) {
          tasks[agency].emplace_back(task.type, task.tag);
          return absl::OkStatus();
        });
    if (!status.ok()) return status;
  }
  auto file = fs.Create(path);
  if (!file.ok()) return file.status();
  LineWriter writer(*std::move(file));
  // Names of fields and kinds are words of a-z, 0-9 and _.
  std::vector<std::string> fields;
  for (const linkage::ComparedField& field : context.profile.fields) {
    fields.push_back(absl::StrCat("[\"", field.name, "\", \"",
                                  std::string(linkage::FieldKindName(field.kind)), "\"]"));
  }
  if (absl::Status s =
          writer.Add(absl::StrCat("{\"fields\": [", absl::StrJoin(fields, ", "), "]}"));
      !s.ok()) {
    return s;
  }
  for (std::size_t r = 0; r < records->handles.size(); ++r) {
    absl::Status status = writer.Add(
        absl::StrCat("{\"record\": ", r, ", \"agency\": ", static_cast<int>(records->agency_of[r]),
                     ", \"handle\": \"", crypto::ToHex(records->handles[r]), "\"}"));
    if (!status.ok()) return status;
  }
  for (std::size_t a = 0; a < n; ++a) {
    for (std::size_t b = a + 1; b < n; ++b) {
      for (const auto& [block, sides] : SharedBlocks(*records, context, a, b)) {
        if (absl::Status s = writer.Add(absl::StrCat(BlockLine(context, a, b, block), ", \"a\": [",
                                                     absl::StrJoin(sides.a, ", "), "], \"b\": [",
                                                     absl::StrJoin(sides.b, ", "), "]}"));
            !s.ok()) {
          return s;
        }
      }
      std::uint32_t block = 0;
      absl::Status status = ForEachStored<StoredCandidate>(
          fs, directory.Candidates(static_cast<int>(a), static_cast<int>(b)), kCandidatesMagic,
          [&](const StoredCandidate& candidate) -> absl::Status {
            if (candidate.block != block) {
              block = candidate.block;
              cursors[a]->Forget();
              cursors[b]->Forget();
            }
            absl::StatusOr<std::string_view> x = cursors[a]->At(candidate.first_task);
            if (!x.ok()) return x.status();
            absl::StatusOr<std::string_view> y = cursors[b]->At(candidate.second_task);
            if (!y.ok()) return y.status();
            return writer.Add(absl::StrCat(BlockLine(context, a, b, tasks[a][candidate.first_task]),
                                           ", \"compare\": [", candidate.first_record, ", ",
                                           candidate.second_record, "], \"encodings\": [\"",
                                           crypto::ToHex(crypto::AsBytes(*x)), "\", \"",
                                           crypto::ToHex(crypto::AsBytes(*y)), "\"]}"));
          });
      if (!status.ok()) return status;
      cursors[a]->Forget();
      cursors[b]->Forget();
    }
  }
  return writer.Finish();
}

}  // namespace raakvlak::matcher
