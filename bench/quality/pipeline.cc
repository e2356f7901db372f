// Nodes and matcher in one process.
#include "bench/quality/pipeline.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>
#include <unordered_map>

#include "linkage/fuzzy/file_figures.h"
#include "linkage/fuzzy/learn_null_model.h"
#include "linkage/score/compare_encodings.h"
#include "linkage/types/identifier_type.h"

namespace raakvlak::bench {
namespace {

using linkage::Block;
using linkage::BlockId;
using linkage::BlockKey;
using linkage::BlockMember;
using linkage::CandidatePair;
using linkage::NullModel;
using linkage::Profile;
using linkage::RecordTable;

using BlockSecret = std::array<std::uint8_t, 32>;

// HMAC-SHA512 in place of the OPRF output Y: bytes 0..31 make the tag, 32..63 are L.
class Prf {
 public:
  explicit Prf(std::uint64_t seed) {
    std::array<std::uint8_t, 32> key{};
    std::memcpy(key.data(), &seed, sizeof(seed));
    crypto_auth_hmacsha512_init(&keyed_, key.data(), key.size());
  }
  std::array<std::uint8_t, 64> Evaluate(std::uint16_t key, const std::string& input) const {
    std::array<std::uint8_t, 64> out;
    crypto_auth_hmacsha512_state state = keyed_;
    const std::uint8_t type[2] = {static_cast<std::uint8_t>(key >> 8),
                                  static_cast<std::uint8_t>(key & 0xff)};
    crypto_auth_hmacsha512_update(&state, type, sizeof(type));
    crypto_auth_hmacsha512_update(&state, reinterpret_cast<const std::uint8_t*>(input.data()),
                                  input.size());
    crypto_auth_hmacsha512_final(&state, out.data());
    return out;
  }

 private:
  crypto_auth_hmacsha512_state keyed_;
};

struct Node {
  const RecordTable* table = nullptr;
  std::vector<Block> blocks;
  std::vector<BlockId> ids;          // [block]
  std::vector<BlockSecret> secrets;  // [block]
  std::vector<std::uint32_t> by_id;  // blocks in the order of their ids
  std::array<std::uint8_t, 16> dummy_key{};
  NullModel null;

  // The block with this id, which is there.
  std::uint32_t Find(const BlockId& id) const {
    return *std::lower_bound(
        by_id.begin(), by_id.end(), id,
        [&](std::uint32_t block, const BlockId& wanted) { return ids[block] < wanted; });
  }
};

Node MakeNode(const Profile& profile, const linkage::BlockingPlan& plan, const RecordTable& table,
              const Prf& prf, std::size_t index, std::uint64_t seed, linkage::BlockCounts* counts) {
  Node node;
  node.table = &table;
  node.dummy_key[0] = static_cast<std::uint8_t>(index + 1);
  std::memcpy(node.dummy_key.data() + 8, &seed, sizeof(seed));
  node.blocks = linkage::MakeBlocks(profile, plan, table, counts);
  node.ids.resize(node.blocks.size());
  node.secrets.resize(node.blocks.size());
  for (std::size_t b = 0; b < node.blocks.size(); ++b) {
    const auto y = prf.Evaluate(node.blocks[b].key, node.blocks[b].input);
    node.ids[b].type = static_cast<std::uint8_t>(node.blocks[b].key);
    std::copy_n(y.begin(), node.ids[b].tag.size(), node.ids[b].tag.begin());
    std::copy_n(y.begin() + 32, node.secrets[b].size(), node.secrets[b].begin());
    // Done with; there are millions.
    std::string().swap(node.blocks[b].input);
  }
  node.by_id.resize(node.blocks.size());
  std::iota(node.by_id.begin(), node.by_id.end(), 0U);
  std::sort(node.by_id.begin(), node.by_id.end(),
            [&](std::uint32_t l, std::uint32_t r) { return node.ids[l] < node.ids[r]; });
  linkage::NullModelOptions options;
  options.seed = seed + index;
  node.null = linkage::LearnNullModel(profile, table, node.blocks, node.dummy_key, options);
  return node;
}

// What both nodes tell the matcher of their shared blocks.
void Members(const Node& a, const Node& b, std::vector<BlockMember>* of_a,
             std::vector<BlockMember>* of_b, std::uint64_t* shared) {
  const auto add = [](const Node& node, std::uint32_t block, std::vector<BlockMember>* out) {
    for (const std::uint32_t r : node.blocks[block].records) out->push_back({node.ids[block], r});
  };
  for (std::size_t i = 0, j = 0; i < a.by_id.size() && j < b.by_id.size();) {
    const BlockId& x = a.ids[a.by_id[i]];
    const BlockId& y = b.ids[b.by_id[j]];
    if (x == y) {
      ++*shared;
      add(a, a.by_id[i++], of_a);
      add(b, b.by_id[j++], of_b);
    } else if (x < y) {
      ++i;
    } else {
      ++j;
    }
  }
}

PairRun LinkPair(const Profile& profile, const std::vector<Node>& nodes, std::size_t first,
                 std::size_t second, MatcherView* view) {
  PairRun run;
  run.first = first;
  run.second = second;
  const Node& a = nodes[first];
  const Node& b = nodes[second];
  std::vector<BlockMember> of_a;
  std::vector<BlockMember> of_b;
  Members(a, b, &of_a, &of_b, &run.shared_blocks);
  if (view != nullptr) view->Shared(first, second, of_a, of_b);
  linkage::CandidateLimits limits;
  limits.block_cap = profile.block_cap;
  const auto selection = linkage::SelectCandidates(std::move(of_a), std::move(of_b), limits);
  if (!selection) {
    run.too_many = true;
    return run;
  }
  // Nodes encode, the matcher compares, block by block.
  std::array<std::uint8_t, 32> pair_key{};
  pair_key[0] = static_cast<std::uint8_t>(first);
  pair_key[1] = static_cast<std::uint8_t>(second);
  const linkage::RecordEncoder encoder_a(profile, *a.table, a.dummy_key);
  const linkage::RecordEncoder encoder_b(profile, *b.table, b.dummy_key);
  std::unordered_map<std::uint32_t, std::string> left;
  std::unordered_map<std::uint32_t, std::string> right;
  BlockKey key{};
  const BlockId* block = nullptr;
  for (const linkage::BlockPair& pair : selection->pairs) {
    if (block == nullptr || *block != pair.block) {
      block = &pair.block;
      left.clear();
      right.clear();
      key = linkage::DeriveBlockKey(pair_key,
                                    linkage::IdentifierTypeName(linkage::BlockType(block->type)),
                                    a.secrets[a.Find(*block)]);
      if (view != nullptr) view->Keyed(first, second, *block, key);
    }
    std::string& x = left[pair.a];
    std::string& y = right[pair.b];
    for (std::string* e : {&x, &y}) {
      if (!e->empty()) continue;
      *e = e == &x ? encoder_a.Encode(key, *a.table, pair.a)
                   : encoder_b.Encode(key, *b.table, pair.b);
      ++run.encodings;
      run.encoded_bytes += e->size();
    }
    if (view != nullptr) view->Compared(first, second, pair, x, y);
    CandidatePair candidate;
    candidate.a = pair.a;
    candidate.b = pair.b;
    if (linkage::CompareEncodings(profile, x, y, &candidate.pattern)) {
      run.candidates.push_back(candidate);
    }
  }
  std::sort(run.candidates.begin(), run.candidates.end(),
            [](const CandidatePair& l, const CandidatePair& r) {
              return l.a != r.a ? l.a < r.a : l.b < r.b;
            });
  const NullModel null = linkage::CombineNullModels(profile, {a.null, b.null});
  run.model = linkage::FitScoreModel(profile, null, &run.candidates);
  run.accepted = linkage::Assign(run.candidates, run.model.threshold, profile.deduplicated);
  return run;
}

}  // namespace

Run Link(const Profile& profile, const std::vector<RecordTable>& tables, std::uint64_t seed,
         MatcherView* view) {
  Run run;
  std::vector<linkage::FileFigures> files;
  files.reserve(tables.size());
  for (const RecordTable& t : tables) files.push_back(linkage::MeasureFile(profile, t));
  run.planner = linkage::ChoosePlanner(files).value_or(0);
  linkage::PlanOptions options;
  options.largest_file = files[run.planner].records;
  options.counterparts = tables.size() - 1;
  options.seed = seed;
  run.plan = linkage::PlanBlocking(profile, tables[run.planner], options);
  const Prf prf(seed);
  std::vector<Node> nodes;
  for (std::size_t t = 0; t < tables.size(); ++t) {
    linkage::BlockCounts counts;
    nodes.push_back(MakeNode(profile, run.plan, tables[t], prf, t, seed, &counts));
    run.counts.push_back(counts);
    run.records += tables[t].rows();
    run.evaluations += nodes.back().blocks.size();
  }
  std::vector<linkage::ScoredLink> links;
  for (std::size_t a = 0; a < nodes.size(); ++a) {
    for (std::size_t b = a + 1; b < nodes.size(); ++b) {
      run.pairs.push_back(LinkPair(profile, nodes, a, b, view));
      const PairRun& pair = run.pairs.back();
      const std::size_t base = links.size();
      for (const CandidatePair& c : pair.candidates) {
        links.push_back({{static_cast<std::uint16_t>(a), c.a},
                         {static_cast<std::uint16_t>(b), c.b},
                         c.score - pair.model.threshold,
                         false});
      }
      for (std::size_t i : pair.accepted) links[base + i].accepted = true;
    }
  }
  run.groups = linkage::GroupLinks(std::move(links), profile.deduplicated);
  return run;
}

}  // namespace raakvlak::bench
