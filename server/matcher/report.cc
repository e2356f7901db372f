// Merging, counting, suppressing, grouping.
#include "server/matcher/report.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "linkage/match/grouping.h"
#include "linkage/match/suppression.h"

namespace raakvlak::matcher {
namespace {

using linkage::AgencyMask;
using linkage::Strength;

// A reference with the record pairs under it: pairs[begin, end) of the sorted input.
struct Merged {
  std::size_t begin;
  std::size_t end;
  linkage::AgreedTypes types;
  Strength strength;
  // The pair that says most.
  std::size_t best;
  Decision first_decision;
  Decision second_decision;
};

// A steward's "match" on one of several pairs under a reference stands for the reference.
Decision Joined(Decision a, Decision b) { return a == Decision::kUndecided ? b : a; }

std::vector<Merged> MergeByReference(linkage::AgreedTypes exact,
                                     std::vector<AgreedMatch>& matches) {
  auto key = [](const AgreedMatch& m) {
    return std::tie(m.first_agency, m.second_agency, m.reference);
  };
  std::sort(matches.begin(), matches.end(), [&](const AgreedMatch& a, const AgreedMatch& b) {
    return std::tuple_cat(key(a), std::tie(a.first_record, a.second_record)) <
           std::tuple_cat(key(b), std::tie(b.first_record, b.second_record));
  });
  std::vector<Merged> merged;
  for (std::size_t i = 0; i < matches.size(); ++i) {
    if (merged.empty() || key(matches[merged.back().begin]) != key(matches[i])) {
      merged.push_back(
          {i, i, 0, matches[i].strength, i, Decision::kUndecided, Decision::kUndecided});
    }
    Merged& m = merged.back();
    m.end = i + 1;
    m.types |= matches[i].types & exact;
    // The enumeration begins with the strongest.
    if (matches[i].strength < m.strength) {
      m.strength = matches[i].strength;
      m.best = i;
    }
    m.first_decision = Joined(m.first_decision, matches[i].first_decision);
    m.second_decision = Joined(m.second_decision, matches[i].second_decision);
  }
  return merged;
}

// Counts the groups by the agencies that they touch and decides which counts may be shown; nullopt
// when no selection is safe.
std::optional<std::vector<Report::GroupCell>> CountGroups(const linkage::Grouping& grouping,
                                                          int agencies, std::uint64_t minimum) {
  std::map<AgencyMask, std::uint64_t> counted;
  for (const linkage::RecordGroup& group : grouping.groups) ++counted[group.agencies];
  std::vector<Report::GroupCell> cells;
  std::vector<std::uint64_t> counts;
  for (const auto& [mask, count] : counted) {
    cells.push_back({mask, count, false});
    counts.push_back(count);
  }
  std::vector<linkage::KnownSum> sums;
  for (int a = 0; a < agencies; ++a) {
    for (int b = a + 1; b < agencies; ++b) {
      const AgencyMask both = AgencyMask{1} << a | AgencyMask{1} << b;
      linkage::KnownSum sum;
      for (std::size_t i = 0; i < cells.size(); ++i) {
        if ((cells[i].agencies & both) == both) sum.terms.emplace_back(i, 1);
      }
      if (!sum.terms.empty()) sums.push_back(std::move(sum));
    }
  }
  const std::optional<std::vector<bool>> suppressed =
      linkage::Suppress(counts, sums, minimum, /*floor=*/1);
  if (!suppressed) return std::nullopt;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    cells[i].suppressed = (*suppressed)[i];
    if (cells[i].suppressed) cells[i].count = 0;
  }
  return cells;
}

// True if there are two agencies of whom no match at all may be listed.
bool AnyPairHidden(const Report& report) {
  std::map<std::pair<int, int>, bool> shown;
  for (const Report::Cell& cell : report.cells) {
    shown[{cell.first_agency, cell.second_agency}] |= !cell.suppressed;
  }
  return std::any_of(shown.begin(), shown.end(), [](const auto& pair) { return !pair.second; });
}

}  // namespace

Report BuildReport(int agencies, std::span<const linkage::IdentifierType> types,
                   std::uint64_t minimum_count, std::vector<AgreedMatch> matches) {
  std::set<Strength> strengths;
  linkage::AgreedTypes exact = 0;
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (linkage::IsBlockType(types[i])) {
      strengths.insert({Strength::kStrong, Strength::kPossible});
    } else {
      strengths.insert(linkage::Info(types[i]).strength);
      exact |= linkage::AgreedTypes{1} << i;
    }
  }
  const std::vector<Merged> merged = MergeByReference(exact, matches);
  std::map<std::tuple<int, int, Strength>, std::uint64_t> counts;
  for (int a = 0; a < agencies; ++a) {
    for (int b = a + 1; b < agencies; ++b) {
      for (const Strength strength : strengths) counts[{a, b, strength}] = 0;
    }
  }
  auto cell_of = [&](const Merged& m) {
    return std::make_tuple(static_cast<int>(matches[m.begin].first_agency),
                           static_cast<int>(matches[m.begin].second_agency), m.strength);
  };
  for (const Merged& m : merged) ++counts[cell_of(m)];

  Report report;
  // Nothing relates the cells: no totals are published.
  for (const auto& [cell, count] : counts) {
    const bool suppressed = count < minimum_count;
    report.cells.push_back({std::get<0>(cell), std::get<1>(cell), std::get<2>(cell),
                            suppressed ? 0 : count, suppressed});
  }

  std::vector<const Merged*> listed;
  for (const Merged& m : merged) {
    if (counts[cell_of(m)] >= minimum_count) listed.push_back(&m);
  }
  // A chain over a third agency would tell of the links between two whose matches are suppressed.
  const bool split = AnyPairHidden(report);
  std::map<std::pair<int, std::uint32_t>, std::uint32_t> vertices;
  std::vector<std::uint8_t> agency_of;
  auto vertex = [&](const AgreedMatch& match, std::uint32_t record, std::uint8_t agency) {
    const int part =
        split ? match.first_agency * static_cast<int>(linkage::kMaxAgencies) + match.second_agency
              : 0;
    const auto [found, added] = vertices.emplace(std::make_pair(part, record),
                                                 static_cast<std::uint32_t>(agency_of.size()));
    if (added) agency_of.push_back(agency);
    return found->second;
  };
  std::vector<linkage::RecordPair> pairs;
  for (const Merged* m : listed) {
    for (std::size_t i = m->begin; i < m->end; ++i) {
      const std::uint32_t first =
          vertex(matches[i], matches[i].first_record, matches[i].first_agency);
      const std::uint32_t second =
          vertex(matches[i], matches[i].second_record, matches[i].second_agency);
      pairs.push_back({std::min(first, second), std::max(first, second), 1});
    }
  }
  const linkage::Grouping grouping = linkage::GroupPairs(agency_of, pairs);
  const auto group_cells = CountGroups(grouping, agencies, minimum_count);
  std::set<AgencyMask> shown;
  if (group_cells) {
    report.groups = *group_cells;
    for (const Report::GroupCell& cell : report.groups) {
      if (!cell.suppressed) shown.insert(cell.agencies);
    }
  }

  std::vector<std::size_t> first_pair;
  std::size_t position = 0;
  for (const Merged* m : listed) {
    first_pair.push_back(position);
    position += m->end - m->begin;
  }
  std::vector<std::size_t> order(listed.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) {
    return std::tuple_cat(cell_of(*listed[x]), std::tie(matches[listed[x]->begin].reference)) <
           std::tuple_cat(cell_of(*listed[y]), std::tie(matches[listed[y]->begin].reference));
  });
  std::vector<std::uint64_t> number_of(grouping.groups.size(), 0);
  std::uint64_t next_number = 1;
  for (const std::size_t i : order) {
    const Merged& m = *listed[i];
    const AgreedMatch& match = matches[m.begin];
    Report::Match entry{
        match.reference,           match.first_agency, match.second_agency, m.strength, m.types,
        matches[m.best].agreement, m.first_decision,   m.second_decision,   0,          false};
    const std::uint32_t group = grouping.group_of_pair[first_pair[i]];
    if (shown.contains(grouping.groups[group].agencies)) {
      if (number_of[group] == 0) number_of[group] = next_number++;
      entry.group = number_of[group];
      entry.chained = grouping.groups[group].chained;
    }
    report.matches.push_back(std::move(entry));
  }
  return report;
}

}  // namespace raakvlak::matcher
