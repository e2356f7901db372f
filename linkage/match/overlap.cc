// K-way merge with a binary heap of the heads.
#include "linkage/match/overlap.h"

#include <algorithm>
#include <bit>
#include <vector>

#include "absl/strings/str_cat.h"

namespace raakvlak::linkage {
namespace {

struct Cursor {
  std::span<const Tag> block;
  std::size_t next = 0;
};

// Moves the cursor to the next tag. False at the end.
absl::StatusOr<bool> Advance(TagSource* source, std::size_t position, bool first, Cursor* cursor) {
  const bool had = !first;
  Tag before;
  if (had) {
    before = cursor->block[cursor->next];
    ++cursor->next;
  }
  if (first || cursor->next >= cursor->block.size()) {
    absl::StatusOr<std::span<const Tag>> block = source->NextBlock();
    if (!block.ok()) return block.status();
    if (block->empty()) return false;
    cursor->block = *block;
    cursor->next = 0;
  }
  if (had && !(before < cursor->block[cursor->next])) {
    return absl::DataLossError(absl::StrCat("tag set ", position, " is not in ascending order"));
  }
  return true;
}

}  // namespace

absl::Status MergeOverlap(std::span<TagSource* const> sources, int at_least,
                          const OverlapVisitor& visitor) {
  if (sources.size() > kMaxAgencies) {
    return absl::InvalidArgumentError("more than 32 tag sets cannot be merged");
  }
  std::vector<Cursor> cursors(sources.size());
  std::vector<std::size_t> heap;  // Positions of sources, smallest head on top.
  auto head = [&](std::size_t i) -> const Tag& { return cursors[i].block[cursors[i].next]; };
  auto later = [&](std::size_t a, std::size_t b) { return head(b) < head(a); };
  for (std::size_t i = 0; i < sources.size(); ++i) {
    absl::StatusOr<bool> more = Advance(sources[i], i, /*first=*/true, &cursors[i]);
    if (!more.ok()) return more.status();
    if (*more) heap.push_back(i);
  }
  std::make_heap(heap.begin(), heap.end(), later);

  std::vector<std::size_t> holders;
  while (!heap.empty()) {
    const Tag tag = head(heap.front());
    AgencyMask mask = 0;
    holders.clear();
    while (!heap.empty() && head(heap.front()) == tag) {
      std::pop_heap(heap.begin(), heap.end(), later);
      holders.push_back(heap.back());
      mask |= AgencyMask{1} << heap.back();
      heap.pop_back();
    }
    if (std::popcount(mask) >= at_least) {
      if (absl::Status status = visitor(tag, mask); !status.ok()) return status;
    }
    for (std::size_t i : holders) {
      absl::StatusOr<bool> more = Advance(sources[i], i, /*first=*/false, &cursors[i]);
      if (!more.ok()) return more.status();
      if (!*more) continue;
      heap.push_back(i);
      std::push_heap(heap.begin(), heap.end(), later);
    }
  }
  return absl::OkStatus();
}

}  // namespace raakvlak::linkage
