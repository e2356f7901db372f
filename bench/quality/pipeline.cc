// Nodes and matcher in one process.
#include "bench/quality/pipeline.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <tuple>
#include <unordered_map>

#include "linkage/fuzzy/component_table.h"
#include "linkage/fuzzy/encoder.h"
#include "linkage/fuzzy/seeded_random.h"
#include "linkage/score/compare_encodings.h"

namespace raakvlak::bench {
namespace {

using linkage::AgreementPattern;
using linkage::Block;
using linkage::BlockKey;
using linkage::CandidatePair;
using linkage::NullModel;
using linkage::Profile;
using linkage::RecordTable;

constexpr std::size_t kRandomPairs = 10000;
// Own pairs that meet in blocks, at most; a random part is as good as all.
constexpr std::size_t kMaxOwnPairs = 50000;

using Tag = std::array<std::uint8_t, 16>;
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

std::string TypeName(std::uint16_t key) { return "compound-" + std::to_string(key); }

struct TaggedBlock {
  Tag tag;
  BlockSecret secret;
  std::uint32_t block;  // index in Node::blocks
};

struct Node {
  const RecordTable* table = nullptr;
  std::vector<Block> blocks;
  std::vector<TaggedBlock> tagged;  // sorted by tag
  std::array<std::uint8_t, 16> dummy_key{};
  NullModel null;
};

std::uint64_t PairId(std::uint32_t a, std::uint32_t b) { return std::uint64_t{a} << 32 | b; }

// Compares own pairs under a throwaway key, with the same encodings that the matcher sees.
std::vector<AgreementPattern> CompareOwn(
    const Profile& profile, const Node& node, const linkage::RecordEncoder& encoder,
    const std::vector<std::pair<std::uint32_t, std::uint32_t>>& pairs) {
  std::vector<AgreementPattern> out;
  BlockKey key{};
  std::memcpy(key.data(), node.dummy_key.data(), 16);
  std::unordered_map<std::uint32_t, std::string> encoded;
  const auto encode = [&](std::uint32_t row) -> const std::string& {
    std::string& e = encoded[row];
    if (e.empty()) e = encoder.Encode(key, *node.table, row);
    return e;
  };
  for (const auto& [a, b] : pairs) {
    AgreementPattern pattern;
    const std::string& x = encode(a);
    if (linkage::CompareEncodings(profile, x, encode(b), &pattern)) out.push_back(pattern);
  }
  return out;
}

void LearnNull(const Profile& profile, std::uint64_t seed, Node* node) {
  const linkage::RecordEncoder encoder(profile, *node->table, node->dummy_key);
  linkage::SeededRandom random(seed);
  const std::size_t rows = node->table->rows();
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;
  if (rows >= 2) {
    for (std::size_t i = 0; i < kRandomPairs; ++i) {
      const auto a = static_cast<std::uint32_t>(random.Below(rows));
      const auto b = static_cast<std::uint32_t>(random.Below(rows));
      if (a != b) pairs.emplace_back(a, b);
    }
  }
  const std::vector<AgreementPattern> by_chance = CompareOwn(profile, *node, encoder, pairs);
  pairs.clear();
  for (const Block& block : node->blocks) {
    for (std::size_t i = 0; i < block.records.size(); ++i) {
      for (std::size_t j = i + 1; j < block.records.size(); ++j) {
        pairs.emplace_back(std::min(block.records[i], block.records[j]),
                           std::max(block.records[i], block.records[j]));
      }
    }
  }
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  const double all_pairs = static_cast<double>(rows) * (static_cast<double>(rows) - 1) / 2;
  const double block_chance = (static_cast<double>(pairs.size()) + 1) / (all_pairs + 1);
  if (pairs.size() > kMaxOwnPairs) {
    for (std::size_t i = 0; i < kMaxOwnPairs; ++i) {
      std::swap(pairs[i], pairs[i + random.Below(pairs.size() - i)]);
    }
    pairs.resize(kMaxOwnPairs);
  }
  const std::vector<AgreementPattern> own = CompareOwn(profile, *node, encoder, pairs);
  // Mutual best, as between agencies: each record's best partner that is no sure duplicate.
  NullModel provisional = linkage::FitNullModel(profile, by_chance, {}, 1);
  std::vector<CandidatePair> candidates;
  for (std::size_t i = 0; i < own.size(); ++i) {
    if (linkage::SureDuplicate(profile, own[i])) continue;
    const double score = linkage::ProvisionalScore(provisional, own[i]);
    // Both ways round, so that a record's best counts whichever side it stands on.
    candidates.push_back({pairs[i].first, pairs[i].second, own[i], score});
    candidates.push_back({pairs[i].second, pairs[i].first, own[i], score});
  }
  std::vector<AgreementPattern> best;
  for (std::size_t i : linkage::MutualBest(candidates)) {
    if (candidates[i].a < candidates[i].b) best.push_back(candidates[i].pattern);
  }
  node->null = linkage::FitNullModel(profile, by_chance, best, block_chance);
}

PairRun LinkPair(const Profile& profile, const std::vector<Node>& nodes, std::size_t first,
                 std::size_t second) {
  PairRun run;
  run.first = first;
  run.second = second;
  const Node& a = nodes[first];
  const Node& b = nodes[second];
  // The matcher intersects; the smallest shared block of each candidate pair is where it compares.
  struct Meeting {
    std::uint32_t size;
    std::uint32_t x;
    std::uint32_t y;
  };
  std::unordered_map<std::uint64_t, Meeting> meetings;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.tagged.size() && j < b.tagged.size()) {
    if (a.tagged[i].tag < b.tagged[j].tag) {
      ++i;
    } else if (b.tagged[j].tag < a.tagged[i].tag) {
      ++j;
    } else {
      ++run.shared_blocks;
      const Block& x = a.blocks[a.tagged[i].block];
      const Block& y = b.blocks[b.tagged[j].block];
      const auto size = static_cast<std::uint32_t>(x.records.size() * y.records.size());
      for (std::uint32_t p : x.records) {
        for (std::uint32_t q : y.records) {
          const Meeting meeting{size, static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(j)};
          const auto [it, fresh] = meetings.try_emplace(PairId(p, q), meeting);
          if (!fresh && size < it->second.size) it->second = meeting;
        }
      }
      ++i;
      ++j;
    }
  }
  // Nodes encode, the matcher compares, block by block.
  struct Work {
    std::uint32_t x;
    std::uint32_t y;
    std::uint32_t p;
    std::uint32_t q;
  };
  std::vector<Work> work;
  work.reserve(meetings.size());
  for (const auto& [id, m] : meetings) {
    work.push_back({m.x, m.y, static_cast<std::uint32_t>(id >> 32),
                    static_cast<std::uint32_t>(id & 0xffffffff)});
  }
  std::sort(work.begin(), work.end(), [](const Work& l, const Work& r) {
    return std::tie(l.x, l.p, l.q) < std::tie(r.x, r.p, r.q);
  });
  std::array<std::uint8_t, 32> pair_key{};
  pair_key[0] = static_cast<std::uint8_t>(first);
  pair_key[1] = static_cast<std::uint8_t>(second);
  const linkage::RecordEncoder encoder_a(profile, *a.table, a.dummy_key);
  const linkage::RecordEncoder encoder_b(profile, *b.table, b.dummy_key);
  std::uint32_t block = 0xffffffff;
  BlockKey key{};
  std::unordered_map<std::uint32_t, std::string> left;
  std::unordered_map<std::uint32_t, std::string> right;
  for (const Work& w : work) {
    if (w.x != block) {
      block = w.x;
      left.clear();
      right.clear();
      key = linkage::DeriveBlockKey(pair_key, TypeName(a.blocks[a.tagged[w.x].block].key),
                                    a.tagged[w.x].secret);
    }
    std::string& x = left[w.p];
    std::string& y = right[w.q];
    for (std::string* e : {&x, &y}) {
      if (!e->empty()) continue;
      *e = e == &x ? encoder_a.Encode(key, *a.table, w.p) : encoder_b.Encode(key, *b.table, w.q);
      ++run.encodings;
      run.encoded_bytes += e->size();
    }
    CandidatePair candidate;
    candidate.a = w.p;
    candidate.b = w.q;
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

// The file whose values are least spread: what is rare there is rare everywhere. Nodes compare
// rounded collision entropies, nothing else.
std::size_t ChoosePlanner(const Profile& profile, const std::vector<RecordTable>& tables) {
  std::size_t best = 0;
  double least = 1e300;
  for (std::size_t t = 0; t < tables.size(); ++t) {
    if (tables[t].rows() < 2) continue;
    double sum = 0;
    for (const linkage::Component& c : linkage::ComponentsOf(profile)) {
      const auto column = linkage::MakeComponentColumn(profile, tables[t], c, 50000);
      sum += std::round(column.collision_bits * 10) / 10;
    }
    if (sum < least) {
      least = sum;
      best = t;
    }
  }
  return best;
}

}  // namespace

Run Link(const Profile& profile, const std::vector<RecordTable>& tables, std::uint64_t seed) {
  Run run;
  std::uint64_t largest = 0;
  for (const RecordTable& t : tables) largest = std::max<std::uint64_t>(largest, t.rows());
  run.planner = ChoosePlanner(profile, tables);
  linkage::PlanOptions options;
  options.largest_file = largest;
  options.seed = seed;
  run.plan = linkage::PlanBlocking(profile, tables[run.planner], options);
  const Prf prf(seed);
  std::vector<Node> nodes(tables.size());
  for (std::size_t t = 0; t < tables.size(); ++t) {
    Node& node = nodes[t];
    node.table = &tables[t];
    node.dummy_key[0] = static_cast<std::uint8_t>(t + 1);
    std::memcpy(node.dummy_key.data() + 8, &seed, sizeof(seed));
    linkage::BlockCounts counts;
    node.blocks = linkage::MakeBlocks(profile, run.plan, tables[t], &counts);
    run.counts.push_back(counts);
    run.records += tables[t].rows();
    run.evaluations += node.blocks.size();
    node.tagged.reserve(node.blocks.size());
    for (std::size_t b = 0; b < node.blocks.size(); ++b) {
      const auto y = prf.Evaluate(node.blocks[b].key, node.blocks[b].input);
      TaggedBlock tagged;
      std::copy_n(y.begin(), tagged.tag.size(), tagged.tag.begin());
      std::copy_n(y.begin() + 32, tagged.secret.size(), tagged.secret.begin());
      tagged.block = static_cast<std::uint32_t>(b);
      node.tagged.push_back(tagged);
    }
    std::sort(node.tagged.begin(), node.tagged.end(),
              [](const TaggedBlock& l, const TaggedBlock& r) { return l.tag < r.tag; });
    LearnNull(profile, seed + t, &node);
  }
  std::vector<linkage::ScoredLink> links;
  for (std::size_t a = 0; a < nodes.size(); ++a) {
    for (std::size_t b = a + 1; b < nodes.size(); ++b) {
      run.pairs.push_back(LinkPair(profile, nodes, a, b));
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
