// Pool, measurement and greedy choice of compound keys.
#include "linkage/fuzzy/planner.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <numeric>
#include <tuple>
#include <utility>

#include "linkage/fuzzy/address_lines.h"
#include "linkage/fuzzy/component_table.h"
#include "linkage/fuzzy/corrupt.h"
#include "linkage/fuzzy/distinct_rows.h"
#include "linkage/fuzzy/seeded_random.h"

namespace raakvlak::linkage {
namespace {

using Bits = std::vector<std::uint64_t>;

// Rarity classes offered for each compound, in bits above log2 of the strangers that may be met.
// The first means: whatever passes the block cap.
constexpr double kCuts[] = {-64, 0, 1, 2, 3, 4, 5, 6, 7, 8, 10};
constexpr std::size_t kClasses = std::size(kCuts);
// Weight of what the entropies predict against what was counted, in pairs.
constexpr double kPriorPairs = 4;
// How far one key that keeps a damaged copy is trusted to find the real one.
constexpr double kLeastCounted = 40;
constexpr float kTrust = 0.5f;
// Of copies: a key that is worth less is not worth an evaluation.
constexpr double kLeastWorth = 0.5;
// Steps of the search for the price, first by greedy choice alone, then with improvement around
// what that found.
constexpr int kGreedySteps = 12;
constexpr int kImprovedSteps = 5;
// Compounds that are tried in a chosen one's place: those worth most beside the whole choice.
constexpr std::size_t kShortlist = 800;
// A compound enters the pool at any of these mean selectivities for which it is minimal.
constexpr double kPoolBits[] = {-3, -1, 1, 3, 5, 7};
constexpr std::size_t kPoolLimit = 3000;
// Of those, compounds that tell apart only who has rare values.
constexpr double kSelective = 1;
constexpr std::size_t kUnselectiveLimit = 1000;
// A town says little beside a postcode.
constexpr double kTownBesidePostcode = 0.3;

void Set(Bits& bits, std::size_t i) { bits[i / 64] |= std::uint64_t{1} << (i % 64); }

constexpr std::uint8_t kNoCompany = 0xff;

// A sampled record under one compound.
struct Use {
  std::uint16_t record = 0;  // index in the sample
  std::uint8_t rarity = 0;   // the strictest class it passes
  // The strictest class it passes at two agencies, where another own record has the value.
  std::uint8_t in_company = kNoCompany;
  bool kept = false;   // its damaged copy has the same value
  float exposure = 0;  // chance that a stranger has the value
};

struct Compound {
  std::vector<std::uint16_t> parts;  // indices of components
  double bits = 0;
  std::size_t reach = 0;  // damaged copies that keep all parts

  // Measured later.
  double dependence = 0;
  double mean_bits = 0;
  std::vector<Use> uses;  // sampled records that have a block under this compound
};

// All but those that cross a field of numbers or codes with another.
std::vector<Component> UsefulComponents(const Profile& profile, const RecordTable& table) {
  std::vector<std::uint8_t> words;
  for (const auto& column : table.columns) words.push_back(HoldsWords(column) ? 1 : 0);
  std::vector<Component> out = ComponentsOf(profile);
  std::erase_if(out, [&](const Component& c) {
    return c.other_field != Component::kNoField &&
           profile.fields[c.field].kind != FieldKind::kGivenName &&
           (words[c.field] == 0 || words[c.other_field] == 0);
  });
  return out;
}

class Planner {
 public:
  Planner(const Profile& profile, const RecordTable& table, const PlanOptions& options)
      : profile_(profile), options_(options), components_(UsefulComponents(profile, table)) {
    rows_ = std::min(table.rows(), options.max_rows);
    strangers_ = std::max(static_cast<double>(options.largest_file), static_cast<double>(rows_)) *
                 static_cast<double>(options.counterparts);
    for (const Component& c : components_) {
      columns_.push_back(MakeComponentColumn(profile, table, c, rows_));
    }
    Damage(table);
  }

  BlockingPlan Plan() {
    MakePool();
    MeasurePairs();
    for (Compound& compound : pool_) Measure(compound);
    return Choose();
  }

 private:
  void Damage(const RecordTable& table) {
    SeededRandom random(options_.seed);
    std::vector<std::size_t> order(rows_);
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t i = rows_; i > 1; --i) std::swap(order[i - 1], order[random.Below(i)]);
    // Small files are sampled more than once, so that the damage is not a matter of luck.
    for (std::size_t i = 0; i < options_.sample; ++i) sample_.push_back(order[i % rows_]);
    words_ = (sample_.size() + 63) / 64;
    const RecordTable damaged = CorruptRecords(profile_, table, sample_, CorruptionRates(), random);
    for (std::size_t c = 0; c < components_.size(); ++c) {
      Bits kept(words_);
      for (std::size_t k = 0; k < sample_.size(); ++k) {
        const std::uint64_t own = columns_[c].hash[sample_[k]];
        if (own == 0) continue;
        const std::string value = ComponentValue(profile_, damaged, k, components_[c]);
        if (!value.empty() && LocalHash(value) == own) Set(kept, k);
      }
      kept_.push_back(std::move(kept));
    }
  }

  double BitsOf(const std::vector<std::uint16_t>& parts) const {
    bool postcode = false;
    for (std::uint16_t c : parts) {
      postcode |= profile_.fields[components_[c].field].kind == FieldKind::kPostcode;
    }
    double sum = 0;
    for (std::uint16_t c : parts) {
      const bool town = profile_.fields[components_[c].field].kind == FieldKind::kPlace;
      sum += columns_[c].collision_bits * (town && postcode ? kTownBesidePostcode : 1.0);
    }
    return sum;
  }

  void MakePool() {
    std::vector<std::uint16_t> parts;
    Extend(parts, 0, 0);
    std::stable_sort(pool_.begin(), pool_.end(),
                     [](const Compound& a, const Compound& b) { return a.reach > b.reach; });
    std::size_t unselective = 0;
    std::size_t others = 0;
    std::erase_if(pool_, [&](const Compound& compound) {
      return compound.bits < std::log2(strangers_) + kSelective ? ++unselective > kUnselectiveLimit
                                                                : ++others > kPoolLimit;
    });
  }

  std::size_t KindsOf(const std::vector<std::uint16_t>& parts) const {
    std::vector<Component> components;
    components.reserve(parts.size());
    for (const std::uint16_t c : parts) components.push_back(components_[c]);
    return CountKinds(profile_, components);
  }

  void Extend(std::vector<std::uint16_t>& parts, std::size_t from, std::uint32_t fields) {
    if (parts.size() >= 2 && KindsOf(parts) >= 2) Offer(parts);
    if (parts.size() == 4) return;
    for (std::size_t c = from; c < components_.size(); ++c) {
      if ((components_[c].FieldMask() & fields) != 0) continue;
      if (columns_[c].present < 0.01 || columns_[c].collision_bits < 0.3) continue;
      parts.push_back(static_cast<std::uint16_t>(c));
      Extend(parts, c + 1, fields | components_[c].FieldMask());
      parts.pop_back();
    }
  }

  void Offer(const std::vector<std::uint16_t>& parts) {
    const double bits = BitsOf(parts);
    double best_without_one = 0;
    for (std::size_t skip = 0; skip < parts.size(); ++skip) {
      std::vector<std::uint16_t> rest = parts;
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(skip));
      best_without_one = std::max(best_without_one, BitsOf(rest));
    }
    bool minimal = false;
    for (double above : kPoolBits) {
      const double least = std::log2(strangers_) + above;
      minimal |= bits >= least && (best_without_one < least || parts.size() == 2);
    }
    if (!minimal) return;
    Compound compound;
    compound.parts = parts;
    compound.bits = bits;
    for (std::size_t w = 0; w < words_; ++w) compound.reach += Popcount(parts, w);
    if (compound.reach * 200 < sample_.size()) return;
    pool_.push_back(std::move(compound));
  }

  std::size_t Popcount(const std::vector<std::uint16_t>& parts, std::size_t w) const {
    std::uint64_t all = ~std::uint64_t{0};
    for (std::uint16_t c : parts) all &= kept_[c][w];
    return static_cast<std::size_t>(std::popcount(all));
  }

  std::uint64_t CompoundHash(const std::vector<std::uint16_t>& parts, std::size_t row) const {
    std::uint64_t h = 0x243f6a8885a308d3ull;
    for (std::uint16_t c : parts) {
      const std::uint64_t v = columns_[c].hash[row];
      if (v == 0) return 0;
      h = (h ^ v) * 0x9e3779b97f4a7c15ull;
      h ^= h >> 31;
    }
    return h == 0 ? 1 : h;
  }

  // How many records of the own file share each sampled record's value, itself included.
  std::vector<std::uint32_t> BlockSizes(const std::vector<std::uint16_t>& parts) {
    std::size_t size = 1024;
    while (size < sample_.size() * 4) size *= 2;
    slots_.assign(size, 0);
    counts_.assign(size, 0);
    const auto find = [&](std::uint64_t h) {
      std::size_t at = h & (size - 1);
      while (slots_[at] != 0 && slots_[at] != h) at = (at + 1) & (size - 1);
      return at;
    };
    for (std::size_t row : sample_) {
      const std::uint64_t h = CompoundHash(parts, row);
      if (h != 0) slots_[find(h)] = h;
    }
    for (std::size_t row = 0; row < rows_; ++row) {
      const std::uint64_t h = CompoundHash(parts, row);
      if (h == 0) continue;
      const std::size_t at = find(h);
      if (slots_[at] == h) ++counts_[at];
    }
    std::vector<std::uint32_t> out(sample_.size());
    for (std::size_t k = 0; k < sample_.size(); ++k) {
      const std::uint64_t h = CompoundHash(parts, sample_[k]);
      if (h != 0) out[k] = counts_[find(h)];
    }
    return out;
  }

  double BitsOfRecord(const std::vector<std::uint16_t>& parts, std::size_t row) const {
    double bits = 0;
    for (std::uint16_t c : parts) bits += columns_[c].bits[row];
    return bits;
  }

  // The same, less one holder of each value. Of two strangers with one value in one file each
  // raises the count of the other's; at two agencies neither does, and both take the value for
  // rarer.
  double BitsAmongStrangers(const std::vector<std::uint16_t>& parts, std::size_t row) const {
    double bits = 0;
    for (std::uint16_t c : parts) {
      const double chance = std::exp2(-columns_[c].bits[row]);
      const double less = std::max(chance - columns_[c].chance_a_holder, chance / 64);
      bits -= std::log2(less);
    }
    return bits;
  }

  // How many more partners the sample has under `parts` than independence (and what is known of
  // the pairs among the parts) lets expect, in bits; shrunk towards none where little was seen.
  double Excess(const std::vector<std::uint16_t>& parts, double known) {
    sizes_ = BlockSizes(parts);
    double partners = 0;
    double expected = 0;
    for (std::size_t k = 0; k < sample_.size(); ++k) {
      if (sizes_[k] == 0) continue;
      partners += sizes_[k] - 1.0;
      expected += static_cast<double>(rows_) * std::exp2(known - BitsOfRecord(parts, sample_[k]));
    }
    return std::log2((partners + kPriorPairs) / (expected + kPriorPairs));
  }

  void MeasurePairs() {
    const std::size_t n = components_.size();
    pairs_.assign(n * n, 0);
    for (std::size_t a = 0; a < n; ++a) {
      for (std::size_t b = a + 1; b < n; ++b) {
        if ((components_[a].FieldMask() & components_[b].FieldMask()) != 0) continue;
        pairs_[a * n + b] =
            Excess({static_cast<std::uint16_t>(a), static_cast<std::uint16_t>(b)}, 0);
      }
    }
  }

  void Measure(Compound& compound) {
    double known = 0;
    for (std::size_t i = 0; i < compound.parts.size(); ++i) {
      for (std::size_t j = i + 1; j < compound.parts.size(); ++j) {
        known += pairs_[compound.parts[i] * components_.size() + compound.parts[j]];
      }
    }
    compound.dependence = known + Excess(compound.parts, known);
    // Rounded: the manifest carries two decimals.
    compound.dependence = std::max(0.0, std::round(compound.dependence * 100) / 100);
    double with_value = 0;
    for (std::size_t k = 0; k < sample_.size(); ++k) {
      if (sizes_[k] == 0) continue;
      const double bits = BitsOfRecord(compound.parts, sample_[k]) - compound.dependence;
      with_value += 1;
      compound.mean_bits += bits;
      if (sizes_[k] > profile_.block_cap) continue;
      Use use;
      use.record = static_cast<std::uint16_t>(k);
      use.rarity = Rarity(bits);
      if (sizes_[k] > 1) {
        use.in_company =
            Rarity(BitsAmongStrangers(compound.parts, sample_[k]) - compound.dependence);
      }
      use.kept = true;
      for (std::uint16_t c : compound.parts) use.kept &= (kept_[c][k / 64] >> (k % 64) & 1) != 0;
      use.exposure = static_cast<float>(1 - std::exp(-strangers_ * std::exp2(-bits)));
      compound.uses.push_back(use);
    }
    if (with_value > 0) compound.mean_bits /= with_value;
  }

  std::uint8_t Rarity(double bits) const {
    std::uint8_t rarity = 0;
    while (rarity + 1u < kClasses && bits >= MinBits(rarity + 1u)) ++rarity;
    return rarity;
  }

  double MinBits(std::size_t rarity) const {
    const double bits = kCuts[rarity] < 0 ? 0 : std::log2(strangers_) + kCuts[rarity];
    return std::round(bits * 100) / 100;
  }

  struct Chosen {
    std::size_t compound = 0;
    std::size_t rarity = 0;
  };
  struct Choice {
    std::vector<Chosen> keys;
    double gain = 0;
    double coverage = 0;
    double exposure = 0;
  };

  // State of one greedy pass.
  struct Pass {
    // What is left to gain by finding each copy: found once it is not worth nothing, because real
    // damage is never quite the simulated one and a second key that finds it makes it surer.
    std::vector<float> open;
    std::vector<float> hidden;  // chance to be in no shared block yet
    double price = 0;
  };

  // The best rarity class of a compound and what it would add now.
  std::pair<double, std::size_t> Worth(const Compound& compound, const Pass& pass) const {
    std::array<double, kClasses> gain{};
    for (const Use& use : compound.uses) {
      gain[use.rarity] += (use.kept ? kTrust * pass.open[use.record] : 0.0) -
                          pass.price * pass.hidden[use.record] * use.exposure;
    }
    double sum = 0;
    std::pair<double, std::size_t> best{0, 0};
    for (std::size_t rarity = kClasses; rarity-- > 0;) {
      sum += gain[rarity];
      if (sum > best.first) best = {sum, rarity};
    }
    return best;
  }

  // Takes each key out in turn and puts what is then worth most in its place: what was chosen first
  // did not know of what came after.
  void Improve(std::vector<Chosen>* keys, Pass* pass) const {
    std::vector<std::pair<double, std::size_t>> ranked;
    ranked.reserve(pool_.size());
    for (std::size_t c = 0; c < pool_.size(); ++c) {
      ranked.emplace_back(-Worth(pool_[c], *pass).first, c);
    }
    std::sort(ranked.begin(), ranked.end());
    if (ranked.size() > kShortlist) ranked.resize(kShortlist);
    std::vector<std::uint8_t> taken(pool_.size());
    for (const Chosen& key : *keys) taken[key.compound] = 1;
    for (Chosen& key : *keys) {
      std::fill(pass->open.begin(), pass->open.end(), 1.0f);
      std::fill(pass->hidden.begin(), pass->hidden.end(), 1.0f);
      for (const Chosen& other : *keys) {
        if (&other != &key) Add(other, pass);
      }
      taken[key.compound] = 0;
      auto [best, rarity] = Worth(pool_[key.compound], *pass);
      if (best > 0) key.rarity = rarity;
      for (const auto& [unused, c] : ranked) {
        if (taken[c] != 0) continue;
        const auto [worth, at] = Worth(pool_[c], *pass);
        if (worth <= best) continue;
        best = worth;
        key = {c, at};
      }
      taken[key.compound] = 1;
      Add(key, pass);
    }
  }

  // Lazy: a compound's worth seldom rises as others are chosen, so only those whose last known
  // worth still leads are looked at again.
  void Add(const Chosen& key, Pass* pass) const {
    for (const Use& use : pool_[key.compound].uses) {
      if (use.rarity < key.rarity) continue;
      if (use.kept) pass->open[use.record] *= 1 - kTrust;
      pass->hidden[use.record] *= 1 - use.exposure;
    }
  }

  Choice Greedy(double price, bool improve) const {
    Choice out;
    Pass pass{std::vector<float>(sample_.size(), 1.0f), std::vector<float>(sample_.size(), 1.0f),
              price};
    struct Entry {
      double worth;
      std::size_t compound;
      std::size_t rarity;
      std::size_t round;
      // Ties: the first in the pool, so that the order of the heap does not matter.
      bool operator<(const Entry& o) const {
        return worth != o.worth ? worth < o.worth : compound > o.compound;
      }
    };
    std::vector<Entry> heap;
    for (std::size_t c = 0; c < pool_.size(); ++c) {
      const auto [worth, rarity] = Worth(pool_[c], pass);
      heap.push_back({worth, c, rarity, 0});
    }
    std::make_heap(heap.begin(), heap.end());
    while (out.keys.size() < profile_.max_keys && !heap.empty()) {
      std::pop_heap(heap.begin(), heap.end());
      Entry top = heap.back();
      heap.pop_back();
      if (top.worth < kLeastWorth) break;
      if (top.round != out.keys.size()) {
        std::tie(top.worth, top.rarity) = Worth(pool_[top.compound], pass);
        top.round = out.keys.size();
        heap.push_back(top);
        std::push_heap(heap.begin(), heap.end());
        continue;
      }
      out.keys.push_back({top.compound, top.rarity});
      Add(out.keys.back(), &pass);
    }
    if (improve) Improve(&out.keys, &pass);
    std::vector<std::uint8_t> seen(sample_.size());
    for (const Chosen& key : out.keys) {
      for (const Use& use : pool_[key.compound].uses) {
        if (use.in_company != kNoCompany && use.in_company >= key.rarity) seen[use.record] = 1;
      }
    }
    double predicted = 0;
    double counted = 0;
    for (std::size_t k = 0; k < sample_.size(); ++k) {
      out.gain += 1 - pass.open[k];
      out.coverage += pass.open[k] < 1 ? 1 : 0;
      predicted += 1 - pass.hidden[k];
      counted += seen[k];
    }
    const double n = static_cast<double>(sample_.size());
    out.coverage /= n;
    // Counted on the own file: unlike the prediction it knows that one stranger may share several
    // keys. One standard error on top, because of many choices the one is taken that counts low; of
    // a small file the sample holds records several times, which makes it no surer.
    const double often = std::max(1.0, n / static_cast<double>(rows_));
    counted += std::sqrt(counted * often);
    out.exposure = std::min(1.0, strangers_ / static_cast<double>(rows_) * counted / n);
    if (counted < kLeastCounted) out.exposure = std::max(out.exposure, predicted / n);
    return out;
  }

  BlockingPlan Choose() {
    // The price of exposure that uses up the ceiling, by bisection on its logarithm.
    double low = -6;
    double high = 6;
    Choice best = Greedy(std::exp2(high), false);
    const auto search = [&](int steps, bool improve) {
      for (int step = 0; step < steps; ++step) {
        const double middle = (low + high) / 2;
        Choice choice = Greedy(std::exp2(middle), improve);
        if (choice.exposure <= profile_.max_exposure) {
          if (choice.gain >= best.gain) best = std::move(choice);
          high = middle;
        } else {
          low = middle;
        }
      }
    };
    search(kGreedySteps, false);
    // An improved choice may expose less at the same price, or a little more.
    low = high - 2;
    high += 1;
    search(kImprovedSteps, true);
    BlockingPlan plan;
    plan.coverage = best.coverage;
    plan.exposure = best.exposure;
    const double n = static_cast<double>(sample_.size());
    for (const Chosen& chosen : best.keys) {
      const Compound& compound = pool_[chosen.compound];
      PlannedKey key;
      for (std::uint16_t part : compound.parts) key.components.push_back(components_[part]);
      key.min_bits = MinBits(chosen.rarity);
      key.dependence = compound.dependence;
      key.mean_bits = compound.mean_bits;
      double evaluated = 0;
      for (const Use& use : compound.uses) {
        if (use.rarity < chosen.rarity) continue;
        evaluated += 1;
        key.coverage += use.kept ? 1 : 0;
        key.exposure += use.exposure;
      }
      key.coverage /= n;
      key.exposure /= n;
      plan.evaluations_per_record += evaluated / n;
      plan.keys.push_back(std::move(key));
    }
    return plan;
  }

  const Profile& profile_;
  const PlanOptions options_;
  const std::vector<Component> components_;
  std::size_t rows_ = 0;
  double strangers_ = 0;  // records of all counterparts
  std::vector<ComponentColumn> columns_;
  std::vector<std::size_t> sample_;
  std::size_t words_ = 0;
  std::vector<Bits> kept_;  // [component]: damaged copies whose component is unharmed
  std::vector<Compound> pool_;
  std::vector<double> pairs_;  // [component x component]: dependence in bits
  std::vector<std::uint32_t> sizes_;
  std::vector<std::uint64_t> slots_;
  std::vector<std::uint32_t> counts_;
};

void AppendLp(std::string& out, std::string_view text) {
  out.push_back(static_cast<char>(text.size() >> 8));
  out.push_back(static_cast<char>(text.size() & 0xff));
  out += text;
}

}  // namespace

std::string KeyDefinition(const Profile& profile, const PlannedKey& key) {
  std::string out;
  for (const Component& c : key.components) {
    for (const std::uint16_t field : {c.field, c.other_field}) {
      if (field == Component::kNoField) continue;
      AppendLp(out, FieldKindName(profile.fields[field].kind));
      AppendLp(out, profile.fields[field].name);
    }
    AppendLp(out, ComponentFormName(c.form));
  }
  return out;
}

std::vector<std::string> BlockingPlan::Explain(const Profile& profile) const {
  std::vector<std::string> out;
  char buffer[160];
  for (const PlannedKey& key : keys) {
    std::string line;
    for (const Component& c : key.components) {
      if (!line.empty()) line += " + ";
      line += ComponentName(profile, c);
    }
    std::snprintf(buffer, sizeof(buffer),
                  ": %.1f bits on average, finds %.1f%%, exposes %.2f%%, values from %.1f bits",
                  key.mean_bits, 100 * key.coverage, 100 * key.exposure, key.min_bits);
    out.push_back(line + buffer);
  }
  std::snprintf(buffer, sizeof(buffer),
                "%zu keys, %.1f evaluations a record: expected to find %.1f%%, to expose %.2f%%",
                keys.size(), evaluations_per_record, 100 * coverage, 100 * exposure);
  out.push_back(buffer);
  return out;
}

BlockingPlan PlanBlocking(const Profile& profile, const RecordTable& table,
                          const PlanOptions& options) {
  if (table.rows() < 2 || profile.fields.size() < 2) return {};
  const RecordTable distinct = DistinctRows(profile, table, options.max_rows);
  if (distinct.rows() < 2) return {};
  return Planner(profile, distinct, options).Plan();
}

}  // namespace raakvlak::linkage
