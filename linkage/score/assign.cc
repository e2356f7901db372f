// Greedy assignment and constrained grouping.
#include "linkage/score/assign.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <unordered_set>

namespace raakvlak::linkage {

std::vector<std::size_t> Assign(const std::vector<CandidatePair>& pairs, double threshold,
                                bool one_to_one) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (pairs[i].score >= threshold) order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) {
    if (pairs[x].score != pairs[y].score) return pairs[x].score > pairs[y].score;
    return pairs[x].a != pairs[y].a ? pairs[x].a < pairs[y].a : pairs[x].b < pairs[y].b;
  });
  if (!one_to_one) return order;
  std::unordered_set<std::uint32_t> used_a;
  std::unordered_set<std::uint32_t> used_b;
  std::vector<std::size_t> out;
  for (std::size_t i : order) {
    if (used_a.contains(pairs[i].a) || used_b.contains(pairs[i].b)) continue;
    used_a.insert(pairs[i].a);
    used_b.insert(pairs[i].b);
    out.push_back(i);
  }
  return out;
}

std::vector<LinkGroup> GroupLinks(std::vector<ScoredLink> links, bool one_per_agency) {
  std::map<RunRecord, std::size_t> ids;
  std::vector<RunRecord> records;
  const auto id_of = [&](const RunRecord& r) {
    const auto [it, fresh] = ids.try_emplace(r, records.size());
    if (fresh) records.push_back(r);
    return it->second;
  };
  std::sort(links.begin(), links.end(), [](const ScoredLink& x, const ScoredLink& y) {
    if (x.score != y.score) return x.score > y.score;
    return x.a != y.a ? x.a < y.a : x.b < y.b;
  });
  std::vector<std::pair<std::size_t, std::size_t>> ends;
  for (const ScoredLink& l : links) {
    const std::size_t a = id_of(l.a);
    ends.emplace_back(a, id_of(l.b));
  }
  std::vector<std::vector<std::size_t>> touching(records.size());
  for (std::size_t i = 0; i < links.size(); ++i) {
    touching[ends[i].first].push_back(i);
    touching[ends[i].second].push_back(i);
  }
  std::vector<std::size_t> group(records.size());
  std::iota(group.begin(), group.end(), std::size_t{0});
  std::vector<std::vector<std::size_t>> members(records.size());
  for (std::size_t i = 0; i < records.size(); ++i) members[i] = {i};
  for (std::size_t i = 0; i < links.size(); ++i) {
    if (!links[i].accepted) continue;
    std::size_t into = group[ends[i].first];
    std::size_t from = group[ends[i].second];
    if (into == from) continue;
    if (members[into].size() < members[from].size()) std::swap(into, from);
    if (one_per_agency) {
      bool twice = false;
      for (std::size_t x : members[from]) {
        for (std::size_t y : members[into]) twice |= records[x].agency == records[y].agency;
      }
      if (twice) continue;
    }
    // The smaller side's links to the larger: each counted once.
    double sum = 0;
    for (std::size_t x : members[from]) {
      for (std::size_t l : touching[x]) {
        const std::size_t other = ends[l].first == x ? ends[l].second : ends[l].first;
        if (group[other] == into) sum += links[l].score;
      }
    }
    if (sum <= 0 && links[i].score > 0) continue;
    for (std::size_t x : members[from]) {
      group[x] = into;
      members[into].push_back(x);
    }
    members[from].clear();
  }
  std::vector<std::size_t> compared(records.size());
  std::vector<std::uint8_t> disputed(records.size());
  for (std::size_t i = 0; i < links.size(); ++i) {
    const std::size_t g = group[ends[i].first];
    if (g != group[ends[i].second]) continue;
    ++compared[g];
    if (links[i].score < 0) disputed[g] = 1;
  }
  std::vector<LinkGroup> out;
  for (std::size_t g = 0; g < records.size(); ++g) {
    if (members[g].size() < 2) continue;
    LinkGroup result;
    for (std::size_t x : members[g]) result.members.push_back(records[x]);
    std::sort(result.members.begin(), result.members.end());
    result.disputed = disputed[g] != 0;
    // Pairs of members at different agencies; members are sorted by agency.
    std::size_t across = 0;
    for (std::size_t x = 0, run = 0; x < result.members.size(); ++x) {
      run = x > 0 && result.members[x].agency == result.members[x - 1].agency ? run + 1 : 0;
      across += x - run;
    }
    result.indirect = compared[g] < across;
    out.push_back(std::move(result));
  }
  std::sort(out.begin(), out.end(), [](const LinkGroup& x, const LinkGroup& y) {
    return x.members.front() < y.members.front();
  });
  return out;
}

}  // namespace raakvlak::linkage
