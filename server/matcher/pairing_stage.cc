// Two agencies after two agencies, in lexicographic order: so every agency's counterparts come in
// ascending order, and all files are written in one go.
#include "server/matcher/pairing_stage.h"

#include <algorithm>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "linkage/score/candidates.h"

namespace raakvlak::matcher {
namespace {

using linkage::BlockId;
using linkage::BlockMember;
using linkage::BlockPair;

std::vector<BlockMember> MembersFor(const RunRecords& records, const StageContext& context,
                                    std::size_t agency, std::size_t counterpart) {
  std::vector<BlockMember> members;
  for (std::uint32_t r = 0; r < records.handles.size(); ++r) {
    if (records.agency_of[r] != agency) continue;
    for (const StoredValue& value : records.Of(r)) {
      if (!context.IsBlock(value.type) || (value.counterparts >> counterpart & 1) == 0) continue;
      members.push_back({BlockId{value.type, value.tag.bytes}, r});
    }
  }
  return members;
}

// What one side has to encode for the other, and at which place of its task file that will stand.
class SideTasks {
 public:
  SideTasks(const RunRecords& records, const std::vector<BlockPair>& pairs,
            std::uint32_t BlockPair::*side, std::uint64_t first_place) {
    for (const BlockPair& pair : pairs) tasks_.push_back({pair.block, pair.*side, 0});
    std::sort(tasks_.begin(), tasks_.end(), ByRecord);
    tasks_.erase(std::unique(tasks_.begin(), tasks_.end(),
                             [](const Task& x, const Task& y) {
                               return x.block == y.block && x.record == y.record;
                             }),
                 tasks_.end());
    // Nodes get them in the order of their handles, which tells nothing of the file's order.
    order_.resize(tasks_.size());
    for (std::uint32_t i = 0; i < order_.size(); ++i) order_[i] = i;
    std::sort(order_.begin(), order_.end(), [&](std::uint32_t x, std::uint32_t y) {
      return std::tie(tasks_[x].block, records.handles[tasks_[x].record]) <
             std::tie(tasks_[y].block, records.handles[tasks_[y].record]);
    });
    for (std::size_t i = 0; i < order_.size(); ++i) {
      tasks_[order_[i]].place = static_cast<std::uint32_t>(first_place + i);
    }
  }

  // Of a record in a block of one of the pairs.
  std::uint32_t PlaceOf(const BlockId& block, std::uint32_t record) const {
    return std::lower_bound(tasks_.begin(), tasks_.end(), Task{block, record, 0}, ByRecord)->place;
  }

  absl::Status Write(const RunRecords& records, std::size_t counterpart,
                     FramedWriter& writer) const {
    for (const std::uint32_t i : order_) {
      StoredTask task;
      task.counterpart = static_cast<std::uint8_t>(counterpart);
      task.type = tasks_[i].block.type;
      task.tag.bytes = tasks_[i].block.tag;
      task.handle = records.handles[tasks_[i].record];
      if (absl::Status s = writer.Add(Encode(task)); !s.ok()) return s;
    }
    return absl::OkStatus();
  }

 private:
  struct Task {
    BlockId block;
    std::uint32_t record = 0;
    std::uint32_t place = 0;
  };
  static bool ByRecord(const Task& x, const Task& y) {
    return std::tie(x.block, x.record) < std::tie(y.block, y.record);
  }

  std::vector<Task> tasks_;
  std::vector<std::uint32_t> order_;
};

absl::Status WriteCandidates(common::FileSystem& fs, const std::string& path,
                             const std::vector<BlockPair>& pairs, const SideTasks& first,
                             const SideTasks& second) {
  auto writer = FramedWriter::Create(fs, path, kCandidatesMagic);
  if (!writer.ok()) return writer.status();
  StoredCandidate candidate;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (i > 0 && pairs[i].block != pairs[i - 1].block) ++candidate.block;
    candidate.first_record = pairs[i].a;
    candidate.second_record = pairs[i].b;
    candidate.first_task = first.PlaceOf(pairs[i].block, pairs[i].a);
    candidate.second_task = second.PlaceOf(pairs[i].block, pairs[i].b);
    if (absl::Status s = (*writer)->Add(Encode(candidate)); !s.ok()) return s;
  }
  return (*writer)->Finish().status();
}

}  // namespace

absl::StatusOr<PairingOutcome> PairBlocks(common::FileSystem& fs, const RunDirectory& directory,
                                          const StageContext& context,
                                          std::span<const UnconfirmedPair> unconfirmed,
                                          const PairingCaps& caps) {
  absl::StatusOr<RunRecords> records = LoadRecords(fs, directory, context, unconfirmed);
  if (!records.ok()) return records.status();
  const std::size_t n = context.agencies.size();
  std::vector<std::unique_ptr<FramedWriter>> tasks;
  for (std::size_t agency = 0; agency < n; ++agency) {
    auto writer = FramedWriter::Create(fs, directory.Tasks(static_cast<int>(agency)), kTasksMagic);
    if (!writer.ok()) return writer.status();
    tasks.push_back(*std::move(writer));
  }
  PairingOutcome outcome;
  for (std::size_t a = 0; a < n; ++a) {
    for (std::size_t b = a + 1; b < n; ++b) {
      const auto selection = linkage::SelectCandidates(
          MembersFor(*records, context, a, b), MembersFor(*records, context, b, a),
          {context.profile.block_cap, caps.max_pairs_per_record, caps.max_pairs});
      if (!selection) {
        return absl::ResourceExhaustedError(absl::StrCat(
            context.agencies[a], " and ", context.agencies[b], " have more than ", caps.max_pairs,
            " pairs of records in shared blocks; lower block_cap or max_keys in the purpose's "
            "profile"));
      }
      outcome.skipped_blocks += selection->skipped_blocks;
      outcome.skipped_pairs += selection->skipped_pairs;
      const SideTasks first(*records, selection->pairs, &BlockPair::a, tasks[a]->count());
      const SideTasks second(*records, selection->pairs, &BlockPair::b, tasks[b]->count());
      if (absl::Status s = first.Write(*records, b, *tasks[a]); !s.ok()) return s;
      if (absl::Status s = second.Write(*records, a, *tasks[b]); !s.ok()) return s;
      if (absl::Status s =
              WriteCandidates(fs, directory.Candidates(static_cast<int>(a), static_cast<int>(b)),
                              selection->pairs, first, second);
          !s.ok()) {
        return s;
      }
    }
  }
  for (auto& writer : tasks) {
    if (auto digest = writer->Finish(); !digest.ok()) return digest.status();
  }
  return outcome;
}

}  // namespace raakvlak::matcher
