#include "server/matcher/report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/common/testing/memory_fs.h"

namespace raakvlak::matcher {
namespace {

using linkage::IdentifierType;
using linkage::Strength;

const std::vector<IdentifierType> kTypes = {IdentifierType::kIban, IdentifierType::kPersonName};

struct Built : Report {
  std::vector<Report::Match> matches;
};

Built BuildReport(int agencies, std::span<const IdentifierType> types, std::uint64_t minimum_count,
                  const std::vector<AgreedMatch>& matches) {
  common::testing::MemoryFileSystem fs;
  auto builder = ReportBuilder::Create(fs, "/report", agencies, types, minimum_count);
  EXPECT_TRUE(builder.ok()) << builder.status();
  for (const AgreedMatch& match : matches) EXPECT_TRUE((*builder)->Add(match).ok());
  const auto report = (*builder)->Count([](std::string_view) { return absl::OkStatus(); });
  EXPECT_TRUE(report.ok()) << report.status();
  Built built{*report, {}};
  EXPECT_TRUE((*builder)
                  ->ForEachMatch([&](const Report::Match& match) {
                    built.matches.push_back(match);
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_EQ(built.lists_matches, !built.matches.empty());
  return built;
}

std::string Reference(int i) { return absl::StrCat("REF", i); }

// A match on types alone.
AgreedMatch Exact(std::uint8_t a, std::uint8_t b, std::string reference, linkage::AgreedTypes types,
                  std::uint32_t first, std::uint32_t second) {
  return {a, b, std::move(reference), types, first, second, linkage::StrengthOf(types, kTypes)};
}

// `n` pairs of fresh records of two agencies.
void Add(std::vector<AgreedMatch>& matches, std::uint8_t a, std::uint8_t b, int n,
         std::uint32_t& record, linkage::AgreedTypes types = 1) {
  for (int i = 0; i < n; ++i) {
    matches.push_back(Exact(a, b, Reference(static_cast<int>(record)), types, record, record + 1));
    record += 2;
  }
}

// `n` groups of one record of each of three agencies, all linked.
void AddTriples(std::vector<AgreedMatch>& matches, int n, std::uint32_t& record) {
  for (int i = 0; i < n; ++i) {
    const auto r = record;
    matches.push_back(Exact(0, 1, Reference(static_cast<int>(r)), 1, r, r + 1));
    matches.push_back(Exact(0, 2, Reference(static_cast<int>(r + 1)), 1, r, r + 2));
    matches.push_back(Exact(1, 2, Reference(static_cast<int>(r + 2)), 1, r + 1, r + 2));
    record += 3;
  }
}

const Report::Cell* FindCell(const Report& report, int a, int b, Strength strength) {
  for (const Report::Cell& cell : report.cells) {
    if (cell.first_agency == a && cell.second_agency == b && cell.strength == strength)
      return &cell;
  }
  return nullptr;
}

TEST(ReportTest, SmallCellsAreSuppressedWithTheirMatches) {
  std::vector<AgreedMatch> matches;
  std::uint32_t record = 0;
  Add(matches, 0, 1, 12, record);
  Add(matches, 0, 1, 9, record, 0b10);
  Add(matches, 1, 2, 3, record);
  const Built report = BuildReport(3, kTypes, 10, matches);
  EXPECT_EQ(report.cells.size(), 6U);
  EXPECT_EQ(FindCell(report, 0, 1, Strength::kHard)->count, 12U);
  for (const auto& [a, b, strength] : std::vector<std::tuple<int, int, Strength>>{
           {0, 1, Strength::kPossible}, {1, 2, Strength::kHard}, {0, 2, Strength::kHard}}) {
    EXPECT_TRUE(FindCell(report, a, b, strength)->suppressed);
    EXPECT_EQ(FindCell(report, a, b, strength)->count, 0U);
  }
  ASSERT_EQ(report.matches.size(), 12U);
  for (const Report::Match& match : report.matches) {
    EXPECT_EQ(match.strength, Strength::kHard);
    EXPECT_EQ(match.second_agency, 1);
    EXPECT_FALSE(match.chained);
    EXPECT_NE(match.group, 0U);
  }
  ASSERT_EQ(report.groups.size(), 1U);
  EXPECT_EQ(report.groups[0].count, 12U);
}

TEST(ReportTest, AMissLooksLikeNotShared) {
  std::vector<AgreedMatch> few;
  std::uint32_t record = 0;
  Add(few, 0, 1, 9, record);
  const Built with = BuildReport(2, kTypes, 10, few);
  const Built without = BuildReport(2, kTypes, 10, {});
  EXPECT_TRUE(with.matches.empty());
  EXPECT_TRUE(with.groups.empty());
  ASSERT_EQ(with.cells.size(), without.cells.size());
  for (std::size_t i = 0; i < with.cells.size(); ++i) {
    EXPECT_EQ(with.cells[i].count, without.cells[i].count);
    EXPECT_EQ(with.cells[i].suppressed, without.cells[i].suppressed);
  }
}

TEST(ReportTest, SeveralRecordsUnderOneReferenceAreOneMatch) {
  std::vector<AgreedMatch> matches = {Exact(0, 1, "SAME", 0b01, 0, 5),
                                      Exact(0, 1, "SAME", 0b10, 0, 6),
                                      Exact(0, 1, "SAME", 0b01, 1, 5)};
  const Built report = BuildReport(2, kTypes, 1, matches);
  ASSERT_EQ(report.matches.size(), 1U);
  EXPECT_EQ(report.matches[0].types, 0b11U);
  EXPECT_EQ(FindCell(report, 0, 1, Strength::kHard)->count, 1U);
}

TEST(ReportTest, WhatAStewardJudgedNoMatchIsDismissedWithItsLastPair) {
  std::vector<AgreedMatch> matches = {Exact(0, 1, "NONE", 1, 0, 5), Exact(0, 1, "NONE", 1, 0, 6),
                                      Exact(0, 1, "ONE", 1, 1, 7), Exact(0, 1, "ONE", 1, 1, 8),
                                      Exact(0, 1, "BOTH", 1, 2, 9)};
  for (const std::size_t i : {0U, 1U, 2U}) matches[i].second_decision = Decision::kNoMatch;
  const Built report = BuildReport(2, kTypes, 1, matches);
  EXPECT_EQ(report.dismissed, 1U);
  ASSERT_EQ(report.matches.size(), 2U);
  EXPECT_EQ(report.matches[0].reference, "BOTH");
  EXPECT_EQ(report.matches[1].reference, "ONE");
  EXPECT_EQ(report.matches[1].second_decision, Decision::kUndecided);
}

TEST(ReportTest, EveryMatchIsReportedAsSeenListedOrNot) {
  common::testing::MemoryFileSystem fs;
  auto builder = ReportBuilder::Create(fs, "/report", 3, kTypes, 2);
  ASSERT_TRUE(builder.ok());
  for (const AgreedMatch& match :
       {Exact(1, 2, "A", 1, 3, 4), Exact(0, 1, "C", 1, 1, 3), Exact(0, 1, "B", 1, 0, 2)}) {
    ASSERT_TRUE((*builder)->Add(match).ok());
  }
  for (const AgreedMatch& wrong :
       {Exact(1, 1, "A", 1, 3, 4), Exact(0, 3, "A", 1, 3, 4), Exact(0, 1, "", 1, 3, 4),
        Exact(0, 1, "ABCDEFGHIJKLMNOPQ", 1, 3, 4)}) {
    EXPECT_EQ((*builder)->Add(wrong).code(), absl::StatusCode::kInvalidArgument);
  }
  std::vector<std::string> seen;
  const auto report = (*builder)->Count([&](std::string_view reference) {
    seen.emplace_back(reference);
    return absl::OkStatus();
  });
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(seen, (std::vector<std::string>{"B", "C", "A"}));
}

TEST(ReportTest, LikenessIsStrongOrPossibleAndShowsNoBlocks) {
  const std::vector<IdentifierType> types = {IdentifierType::kBlock01, IdentifierType::kIban};
  std::vector<AgreedMatch> matches = {
      {0, 1, "SAME", 0b01, 0, 5, Strength::kPossible, {0, 2}},
      {0, 1, "SAME", 0b01, 0, 6, Strength::kStrong, {0, 1}, Decision::kMatch},
      {0, 1, "HARD", 0b11, 1, 7, Strength::kHard, {}}};
  const Built report = BuildReport(2, types, 1, matches);
  EXPECT_EQ(report.cells.size(), 3U);
  EXPECT_EQ(FindCell(report, 0, 1, Strength::kStrong)->count, 1U);
  EXPECT_TRUE(FindCell(report, 0, 1, Strength::kPossible)->suppressed);
  ASSERT_EQ(report.matches.size(), 2U);
  EXPECT_EQ(report.matches[0].reference, "HARD");
  EXPECT_EQ(report.matches[0].types, 0b10U);
  EXPECT_TRUE(report.matches[0].agreement.empty());
  EXPECT_EQ(report.matches[1].types, 0U);
  EXPECT_EQ(report.matches[1].strength, Strength::kStrong);
  EXPECT_EQ(report.matches[1].agreement, (std::vector<std::uint8_t>{0, 1}));
  EXPECT_EQ(report.matches[1].first_decision, Decision::kMatch);
  EXPECT_EQ(report.matches[1].second_decision, Decision::kUndecided);
}

TEST(ReportTest, AChainIsMarked) {
  std::vector<AgreedMatch> matches = {Exact(0, 1, "A", 1, 0, 1), Exact(1, 2, "B", 1, 1, 2)};
  Built report = BuildReport(3, kTypes, 0, matches);
  ASSERT_EQ(report.matches.size(), 2U);
  EXPECT_TRUE(report.matches[0].chained);
  EXPECT_EQ(report.matches[0].group, report.matches[1].group);
  // With the matches of the outer two hidden, the chain may not show.
  report = BuildReport(3, kTypes, 1, matches);
  ASSERT_EQ(report.matches.size(), 2U);
  EXPECT_FALSE(report.matches[0].chained);
  EXPECT_NE(report.matches[0].group, report.matches[1].group);
  matches.push_back(Exact(0, 2, "C", 1, 0, 2));
  report = BuildReport(3, kTypes, 1, matches);
  for (const Report::Match& match : report.matches) EXPECT_FALSE(match.chained);
}

TEST(ReportTest, ASmallKindOfGroupCannotBeCountedFromTheList) {
  std::vector<AgreedMatch> matches;
  std::uint32_t record = 0;
  Add(matches, 0, 1, 50, record);
  Add(matches, 0, 2, 40, record);
  Add(matches, 1, 2, 60, record);
  AddTriples(matches, 3, record);
  const Built report = BuildReport(3, kTypes, 10, matches);
  EXPECT_EQ(report.matches.size(), 159U);
  for (const Report::GroupCell& cell : report.groups) EXPECT_TRUE(cell.suppressed);
  for (const Report::Match& match : report.matches) EXPECT_EQ(match.group, 0U);
}

// Everything that the coordinator sees but references, as one value.
std::string Visible(const Built& report) {
  std::string text;
  for (const auto& c : report.cells) {
    absl::StrAppend(&text, c.first_agency, c.second_agency, static_cast<int>(c.strength), " ",
                    c.count, c.suppressed, ";");
  }
  for (const auto& g : report.groups)
    absl::StrAppend(&text, g.agencies, " ", g.count, g.suppressed, ";");
  for (const auto& m : report.matches) {
    absl::StrAppend(&text, m.first_agency, m.second_agency, static_cast<int>(m.strength), m.types,
                    " ", m.group, m.chained, ";");
  }
  return text;
}

// All small inputs of three agencies: whatever the coordinator sees, at least two values of each
// suppressed count are possible behind it.
TEST(ReportTest, BruteForceOverAllSmallReports) {
  const std::uint64_t minimum = 2;
  // Suppressed counts behind each view: the pairs AB, AC, BC and the groups of all three. Inputs at
  // the edge only serve as alternatives to those inside.
  struct Behind {
    std::vector<std::set<std::uint64_t>> values = std::vector<std::set<std::uint64_t>>(4);
    bool inside = false;
  };
  std::map<std::string, Behind> behind;
  for (int ab = 0; ab <= 7; ++ab) {
    for (int ac = 0; ac <= 7; ++ac) {
      for (int bc = 0; bc <= 7; ++bc) {
        for (int abc = 0; abc <= 7; ++abc) {
          std::vector<AgreedMatch> matches;
          std::uint32_t record = 0;
          Add(matches, 0, 1, ab, record);
          Add(matches, 0, 2, ac, record);
          Add(matches, 1, 2, bc, record);
          AddTriples(matches, abc, record);
          const Built report = BuildReport(3, {kTypes.data(), 1}, minimum, matches);
          Behind& view = behind[Visible(report)];
          view.inside = view.inside || (ab <= 5 && ac <= 5 && bc <= 5 && abc <= 3);
          const int counts[] = {ab + abc, ac + abc, bc + abc, abc};
          const bool hidden[] = {
              FindCell(report, 0, 1, Strength::kHard)->suppressed,
              FindCell(report, 0, 2, Strength::kHard)->suppressed,
              FindCell(report, 1, 2, Strength::kHard)->suppressed,
              std::any_of(report.groups.begin(), report.groups.end(),
                          [](const auto& g) { return g.agencies == 7 && g.suppressed; })};
          for (std::size_t i = 0; i < 4; ++i) {
            if (hidden[i]) view.values[i].insert(static_cast<std::uint64_t>(counts[i]));
          }
        }
      }
    }
  }
  EXPECT_GT(behind.size(), 50U);
  int checked = 0;
  for (const auto& [view, b] : behind) {
    for (const std::set<std::uint64_t>& possible : b.values) {
      if (possible.empty() || !b.inside) continue;
      ++checked;
      EXPECT_GE(possible.size(), 2U) << view;
    }
  }
  EXPECT_GT(checked, 50);
}

}  // namespace
}  // namespace raakvlak::matcher
