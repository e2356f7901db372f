// Frequent patterns of slots, taken for the frequent bigrams of public names.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <memory>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "bench/attacks/attacks.h"
#include "bench/attacks/surname_view.h"

namespace raakvlak::bench {
namespace {

constexpr std::size_t kSlotValues = 4096;
// Public names that are told apart; more frequent ones first.
constexpr std::size_t kMinedNames = 5'000;
// Of slots (tokens) that nearly always come together one pattern is made.
constexpr double kTogether = 0.9;
// A pattern of fewer bearers than this is none.
constexpr std::size_t kLeastSupport = 2;
constexpr int kMaxDepth = 200;
// The most frequent slots that are looked at, and how many patterns are held against each other.
constexpr std::size_t kTopSlots = 64;
constexpr std::size_t kTopPatterns = 8;
// A pattern that many bear divides better than one that fits a little better.
constexpr double kPreferLarge = 0.1;

using BlockPlace = std::tuple<std::uint16_t, std::uint16_t, linkage::BlockId>;

// A surname as it was encoded once.
struct Encoded {
  Handle handle;
  std::vector<std::uint16_t> slots;  // ascending, each once
};

std::map<BlockPlace, std::vector<Encoded>> ByBlock(const Capture& capture) {
  std::map<BlockPlace, std::map<Handle, std::vector<std::uint16_t>>> blocks;
  for (const CapturedPair& p : capture.pairs) {
    auto& block = blocks[{p.a.agency, p.b.agency, p.block}];
    for (const auto& [handle, encoding] :
         {std::pair(p.a, &p.encoding_a), std::pair(p.b, &p.encoding_b)}) {
      if (block.contains(handle)) continue;
      std::vector<std::uint16_t> slots = SurnameSlots(capture.profile, *encoding);
      if (slots.empty()) continue;
      std::sort(slots.begin(), slots.end());
      slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
      block[handle] = std::move(slots);
    }
  }
  std::map<BlockPlace, std::vector<Encoded>> out;
  for (auto& [place, records] : blocks) {
    for (auto& [handle, slots] : records) out[place].push_back({handle, std::move(slots)});
  }
  return out;
}

// What is hashed into the slots of a name of so many bigrams, as far as it can be told without the
// key: each bigram so often as there is room for all.
std::vector<std::uint32_t> Tokens(const std::vector<std::uint32_t>& grams) {
  std::vector<std::uint32_t> out;
  const auto copies = static_cast<std::uint32_t>(kSteps) / static_cast<std::uint32_t>(grams.size());
  for (const std::uint32_t gram : grams) {
    for (std::uint32_t copy = 0; copy < copies; ++copy) out.push_back(gram * kSteps + copy);
  }
  std::sort(out.begin(), out.end());
  return out;
}

// What can be said of a name, token set after token set: a tree that grows as it is asked for.
class NameTree {
 public:
  struct Node;
  struct Division {
    std::uint32_t token = 0;
    double share = 0;  // of the node's names
    std::unique_ptr<Node> with;
    std::unique_ptr<Node> without;  // null: no name is left there
  };
  struct Node {
    std::vector<std::uint32_t> names;  // most frequent first; never empty
    std::vector<bool> used;            // by token
    bool looked_at = false;
    std::vector<Division> divisions;  // by the most frequent tokens; grown when asked for
  };

  explicit NameTree(const PublicNames& names) : shares_(names.shares) {
    std::unordered_map<std::string, std::uint32_t> ids;
    const std::size_t n = std::min(kMinedNames, names.names.size());
    for (std::size_t i = 0; i < n; ++i) {
      root_.names.push_back(static_cast<std::uint32_t>(i));
      std::vector<std::uint32_t> grams;
      for (const std::string& gram : PaddedBigrams(names.names[i])) {
        grams.push_back(ids.emplace(gram, static_cast<std::uint32_t>(ids.size())).first->second);
      }
      tokens_.push_back(Tokens(grams));
    }
    root_.used.resize(ids.size() * kSteps);
  }
  Node* root() { return &root_; }

  // The node's most frequent tokens that were not used above it.
  std::vector<Division>& Divisions(Node* node) const {
    if (std::exchange(node->looked_at, true)) return node->divisions;
    std::vector<double> share(node->used.size(), 0);
    double all = 0;
    for (const std::uint32_t name : node->names) {
      all += shares_[name];
      for (const std::uint32_t token : tokens_[name]) {
        if (!node->used[token]) share[token] += shares_[name];
      }
    }
    std::vector<bool> seen = node->used;
    while (node->divisions.size() < kTopPatterns) {
      std::size_t top = 0;
      for (std::size_t t = 1; t < share.size(); ++t) {
        if (!seen[t] && (seen[top] || share[t] > share[top])) top = t;
      }
      if (seen[top] || share[top] <= 0) break;
      Division& division = node->divisions.emplace_back();
      division.token = static_cast<std::uint32_t>(top);
      division.share = share[top] / all;
      for (const std::uint32_t token : Together(*node, division.token, share)) seen[token] = true;
    }
    return node->divisions;
  }
  // Makes the sides of a division.
  void Grow(const Node& node, Division* division) const {
    if (division->with != nullptr) return;
    auto with = std::make_unique<Node>();
    auto without = std::make_unique<Node>();
    std::vector<double> share(node.used.size(), 0);
    for (const std::uint32_t name : node.names) {
      (Has(name, division->token) ? with : without)->names.push_back(name);
      for (const std::uint32_t token : tokens_[name]) share[token] += shares_[name];
    }
    with->used = node.used;
    for (const std::uint32_t token : Together(node, division->token, share)) {
      with->used[token] = true;
    }
    without->used = with->used;
    division->with = std::move(with);
    if (!without->names.empty()) division->without = std::move(without);
  }

 private:
  bool Has(std::uint32_t name, std::uint32_t token) const {
    return std::binary_search(tokens_[name].begin(), tokens_[name].end(), token);
  }
  // The token and those that nearly always come with it.
  std::vector<std::uint32_t> Together(const Node& node, std::uint32_t token,
                                      const std::vector<double>& share) const {
    std::map<std::uint32_t, double> together;
    for (const std::uint32_t name : node.names) {
      if (!Has(name, token)) continue;
      for (const std::uint32_t t : tokens_[name]) together[t] += shares_[name];
    }
    std::vector<std::uint32_t> out = {token};
    for (const auto& [t, both] : together) {
      if (both >= kTogether * std::max(share[token], share[t])) out.push_back(t);
    }
    return out;
  }

  const std::vector<double>& shares_;
  std::vector<std::vector<std::uint32_t>> tokens_;  // [name], ascending
  Node root_;
};

// Slots that come together in a set of encodings.
struct Pattern {
  std::vector<std::uint16_t> slots;
  std::vector<bool> bearers;  // by place in the set
  double share = 0;
};

std::size_t Common(const std::vector<std::uint64_t>& x, const std::vector<std::uint64_t>& y) {
  std::size_t out = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    out += static_cast<std::size_t>(std::popcount(x[i] & y[i]));
  }
  return out;
}

// The most frequent patterns of several slots; of one where there is none, since slots of two
// tokens may fall together but hardly several.
std::vector<Pattern> TopPatterns(const std::vector<const Encoded*>& encodings,
                                 const std::vector<bool>& used) {
  std::array<std::uint32_t, kSlotValues> support{};
  for (const Encoded* e : encodings) {
    for (const std::uint16_t slot : e->slots) support[slot] += used[slot] ? 0 : 1;
  }
  std::vector<std::uint16_t> top;
  for (std::size_t slot = 0; slot < kSlotValues; ++slot) {
    if (support[slot] >= kLeastSupport) top.push_back(static_cast<std::uint16_t>(slot));
  }
  std::stable_sort(top.begin(), top.end(),
                   [&](std::uint16_t x, std::uint16_t y) { return support[x] > support[y]; });
  if (top.size() > kTopSlots) top.resize(kTopSlots);
  std::vector<std::vector<std::uint64_t>> bearers(top.size());
  for (std::size_t t = 0; t < top.size(); ++t) {
    bearers[t].resize((encodings.size() + 63) / 64);
    for (std::size_t i = 0; i < encodings.size(); ++i) {
      const auto& slots = encodings[i]->slots;
      if (std::binary_search(slots.begin(), slots.end(), top[t])) {
        bearers[t][i / 64] |= std::uint64_t{1} << (i % 64);
      }
    }
  }
  std::vector<Pattern> several;
  std::vector<Pattern> single;
  std::vector<bool> merged(top.size());
  for (std::size_t t = 0; t < top.size() && several.size() < kTopPatterns; ++t) {
    if (merged[t]) continue;
    Pattern pattern;
    pattern.slots = {top[t]};
    std::vector<std::uint64_t> both = bearers[t];
    for (std::size_t u = t + 1; u < top.size(); ++u) {
      if (merged[u] ||
          static_cast<double>(Common(bearers[t], bearers[u])) < kTogether * support[top[t]]) {
        continue;
      }
      merged[u] = true;
      if (pattern.slots.size() == 1) {
        for (std::size_t i = 0; i < both.size(); ++i) both[i] &= bearers[u][i];
      }
      pattern.slots.push_back(top[u]);
    }
    pattern.share = static_cast<double>(Common(both, both)) / static_cast<double>(encodings.size());
    pattern.bearers.resize(encodings.size());
    for (std::size_t i = 0; i < encodings.size(); ++i) {
      pattern.bearers[i] = (both[i / 64] >> (i % 64) & 1) != 0;
    }
    if (pattern.slots.size() > 1) {
      several.push_back(std::move(pattern));
    } else if (single.size() < kTopPatterns) {
      single.push_back(std::move(pattern));
    }
  }
  return several.empty() ? single : several;
}

// Votes of the encodings of a record, by name.
using Votes = std::map<Handle, std::map<std::uint32_t, std::size_t>>;

class Miner {
 public:
  Miner(NameTree* names, Votes* votes) : names_(names), votes_(votes) {}

  void Mine(const std::vector<Encoded>& encodings) {
    std::vector<const Encoded*> all;
    all.reserve(encodings.size());
    for (const Encoded& e : encodings) all.push_back(&e);
    Divide(all, names_->root(), std::vector<bool>(kSlotValues), 0);
  }

 private:
  void Vote(const std::vector<const Encoded*>& encodings, const NameTree::Node& node) {
    for (const Encoded* e : encodings) ++(*votes_)[e->handle][node.names.front()];
  }

  void Divide(const std::vector<const Encoded*>& encodings, NameTree::Node* node,
              std::vector<bool> used, int depth) {
    const bool told = node->names.size() == 1 || depth == kMaxDepth;
    const std::vector<Pattern> patterns =
        told ? std::vector<Pattern>() : TopPatterns(encodings, used);
    const Pattern* pattern = nullptr;
    NameTree::Division* division = nullptr;
    double best = 2;
    for (const Pattern& p : patterns) {
      for (NameTree::Division& d : names_->Divisions(node)) {
        const double misfit =
            std::abs(p.share - d.share) - kPreferLarge * std::min(p.share, d.share);
        if (misfit >= best) continue;
        best = misfit;
        pattern = &p;
        division = &d;
      }
    }
    if (pattern == nullptr) {
      Vote(encodings, *node);
      return;
    }
    names_->Grow(*node, division);
    std::vector<const Encoded*> with;
    std::vector<const Encoded*> without;
    for (std::size_t i = 0; i < encodings.size(); ++i) {
      (pattern->bearers[i] ? with : without).push_back(encodings[i]);
    }
    for (const std::uint16_t slot : pattern->slots) used[slot] = true;
    for (const auto& [part, child] :
         {std::pair(&with, division->with.get()), std::pair(&without, division->without.get())}) {
      if (part->empty()) continue;
      if (child == nullptr) {
        Vote(*part, *node);
      } else {
        Divide(*part, child, used, depth + 1);
      }
    }
  }

  NameTree* names_;
  Votes* votes_;
};

// How many of `values` uniform draws with `mean` hits each would reach `least` by chance.
double ExpectedAsLarge(double values, double mean, std::uint32_t least) {
  double term = std::exp(-mean);
  double below = 0;
  for (std::uint32_t k = 0; k < least; ++k) {
    below += term;
    term *= mean / (k + 1);
  }
  // The tail by its own terms: 1 - below has no digits left where it matters.
  double tail = 0;
  for (std::uint32_t k = least; k < least + 1000; ++k) {
    tail += term;
    term *= mean / (k + 1);
  }
  return values * std::min(1.0, mean > 700 ? 1 - below : tail);
}

PatternCount Count(const std::vector<std::uint32_t>& counts, double values) {
  PatternCount out;
  double sum = 0;
  for (const std::uint32_t c : counts) {
    sum += c;
    out.largest = std::max<std::size_t>(out.largest, c);
  }
  out.mean = sum / values;
  out.expected_as_large =
      ExpectedAsLarge(values, out.mean, static_cast<std::uint32_t>(out.largest));
  return out;
}

}  // namespace

Guesses PatternAttack(const Capture& capture, const PublicNames& surnames, PatternScope scope) {
  NameTree names(surnames);
  Votes votes;
  Miner miner(&names, &votes);
  auto blocks = ByBlock(capture);
  if (scope == PatternScope::kWithinBlocks) {
    for (const auto& [place, encodings] : blocks) miner.Mine(encodings);
  } else {
    std::vector<Encoded> all;
    for (auto& [place, encodings] : blocks) {
      std::move(encodings.begin(), encodings.end(), std::back_inserter(all));
    }
    miner.Mine(all);
  }
  Guesses out;
  for (const auto& [handle, by_name] : votes) {
    // Of equals the more frequent name.
    const auto most =
        std::max_element(by_name.begin(), by_name.end(),
                         [](const auto& x, const auto& y) { return x.second < y.second; });
    out[handle] = surnames.names[most->first];
  }
  return out;
}

PatternStatistics PatternsAcrossBlocks(const Capture& capture) {
  PatternStatistics out;
  std::vector<std::uint32_t> slots(kSlotValues);
  std::vector<std::uint32_t> pairs(kSlotValues * kSlotValues);
  for (const auto& [place, encodings] : ByBlock(capture)) {
    ++out.blocks;
    const std::vector<std::uint16_t>& one = encodings.front().slots;
    for (std::size_t x = 0; x < one.size(); ++x) {
      ++slots[one[x]];
      for (std::size_t y = x + 1; y < one.size(); ++y) ++pairs[one[x] * kSlotValues + one[y]];
    }
  }
  constexpr double kValues = kSlotValues;
  out.slots = Count(slots, kValues);
  out.pairs = Count(pairs, kValues * (kValues - 1) / 2);
  return out;
}

}  // namespace raakvlak::bench
