// Joins the blocks of both sides, then gathers the partners of one record after another.
#include "linkage/score/candidates.h"

#include <algorithm>
#include <tuple>

namespace raakvlak::linkage {
namespace {

// A block that both agencies have records in, as ranges of the sorted members.
struct SharedBlock {
  BlockId id;
  std::size_t a_begin = 0;
  std::size_t a_end = 0;
  std::size_t b_begin = 0;
  std::size_t b_end = 0;

  std::uint64_t pairs() const { return std::uint64_t{a_end - a_begin} * (b_end - b_begin); }
};

// A pair that is kept so far.
struct Kept {
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  // Of the smallest block that the two share, and how many they share.
  std::uint32_t block = 0;
  std::uint32_t shared = 0;
};

void SortOnce(std::vector<BlockMember>& members) {
  auto key = [](const BlockMember& m) { return std::tie(m.block, m.record); };
  std::sort(members.begin(), members.end(),
            [&](const BlockMember& x, const BlockMember& y) { return key(x) < key(y); });
  members.erase(
      std::unique(members.begin(), members.end(),
                  [&](const BlockMember& x, const BlockMember& y) { return key(x) == key(y); }),
      members.end());
}

std::size_t EndOfBlock(const std::vector<BlockMember>& members, std::size_t begin) {
  std::size_t end = begin;
  while (end < members.size() && members[end].block == members[begin].block) ++end;
  return end;
}

std::vector<SharedBlock> JoinBlocks(const std::vector<BlockMember>& a,
                                    const std::vector<BlockMember>& b, std::uint32_t cap,
                                    std::uint64_t* skipped) {
  std::vector<SharedBlock> blocks;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const std::size_t i_end = EndOfBlock(a, i);
    const std::size_t j_end = EndOfBlock(b, j);
    if (a[i].block < b[j].block) {
      i = i_end;
    } else if (b[j].block < a[i].block) {
      j = j_end;
    } else {
      if (i_end - i > cap || j_end - j > cap) {
        ++*skipped;
      } else {
        blocks.push_back({a[i].block, i, i_end, j, j_end});
      }
      i = i_end;
      j = j_end;
    }
  }
  return blocks;
}

}  // namespace

std::optional<CandidateSelection> SelectCandidates(std::vector<BlockMember> a,
                                                   std::vector<BlockMember> b,
                                                   const CandidateLimits& limits) {
  SortOnce(a);
  SortOnce(b);
  CandidateSelection selection;
  const std::vector<SharedBlock> blocks =
      JoinBlocks(a, b, limits.block_cap, &selection.skipped_blocks);

  // The better of two pairs of one record, whatever side it is on.
  auto better = [&](const Kept& x, const Kept& y) {
    return std::make_tuple(y.shared, blocks[x.block].pairs(), x.block, x.a, x.b) <
           std::make_tuple(x.shared, blocks[y.block].pairs(), y.block, y.a, y.b);
  };
  // Records of `a` with their blocks, record after record.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> in_blocks;
  for (std::uint32_t k = 0; k < blocks.size(); ++k) {
    for (std::size_t i = blocks[k].a_begin; i < blocks[k].a_end; ++i) {
      in_blocks.emplace_back(a[i].record, k);
    }
  }
  std::sort(in_blocks.begin(), in_blocks.end());
  std::vector<Kept> kept;
  std::vector<Kept> partners;
  for (std::size_t begin = 0; begin < in_blocks.size();) {
    partners.clear();
    std::size_t end = begin;
    for (; end < in_blocks.size() && in_blocks[end].first == in_blocks[begin].first; ++end) {
      const std::uint32_t k = in_blocks[end].second;
      for (std::size_t j = blocks[k].b_begin; j < blocks[k].b_end; ++j) {
        partners.push_back({in_blocks[begin].first, b[j].record, k, 1});
      }
    }
    begin = end;
    std::sort(partners.begin(), partners.end(), [&](const Kept& x, const Kept& y) {
      return std::make_tuple(x.b, blocks[x.block].pairs(), x.block) <
             std::make_tuple(y.b, blocks[y.block].pairs(), y.block);
    });
    std::size_t distinct = 0;
    for (const Kept& partner : partners) {
      if (distinct > 0 && partners[distinct - 1].b == partner.b) {
        ++partners[distinct - 1].shared;
      } else {
        partners[distinct++] = partner;
      }
    }
    partners.resize(distinct);
    if (partners.size() > limits.max_pairs_per_record) {
      std::sort(partners.begin(), partners.end(), better);
      selection.skipped_pairs += partners.size() - limits.max_pairs_per_record;
      partners.resize(limits.max_pairs_per_record);
    }
    if (kept.size() + partners.size() > limits.max_pairs) return std::nullopt;
    kept.insert(kept.end(), partners.begin(), partners.end());
  }

  // The same limit from the other side.
  std::sort(kept.begin(), kept.end(),
            [&](const Kept& x, const Kept& y) { return x.b != y.b ? x.b < y.b : better(x, y); });
  std::uint32_t of_record = 0;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    of_record = i > 0 && kept[i - 1].b == kept[i].b ? of_record + 1 : 1;
    if (of_record > limits.max_pairs_per_record) {
      ++selection.skipped_pairs;
      continue;
    }
    selection.pairs.push_back({blocks[kept[i].block].id, kept[i].a, kept[i].b});
  }
  std::sort(selection.pairs.begin(), selection.pairs.end());
  return selection;
}

}  // namespace raakvlak::linkage
