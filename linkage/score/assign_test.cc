// One-to-one links, and groups over agencies without the chain effect.
#include "linkage/score/assign.h"

#include <gtest/gtest.h>

namespace raakvlak::linkage {
namespace {

TEST(AssignTest, OneToOneTakesTheBestFirst) {
  const std::vector<CandidatePair> pairs = {{1, 1, EmptyPattern(), 3},
                                            {1, 2, EmptyPattern(), 5},
                                            {2, 2, EmptyPattern(), 4},
                                            {3, 3, EmptyPattern(), -1}};
  EXPECT_EQ(Assign(pairs, 0, true), (std::vector<std::size_t>{1}));
  EXPECT_EQ(Assign(pairs, 0, false), (std::vector<std::size_t>{1, 2, 0}));
  EXPECT_TRUE(Assign({}, 0, true).empty());
}

ScoredLink Link(RunRecord a, RunRecord b, double score) { return {a, b, score, score >= 0}; }

constexpr RunRecord kA{0, 1};
constexpr RunRecord kB{1, 1};
constexpr RunRecord kC{2, 1};

TEST(GroupLinksTest, ThreeThatAgreeAreOneGroup) {
  const auto groups = GroupLinks({Link(kA, kB, 5), Link(kB, kC, 4), Link(kA, kC, 6)}, true);
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0].members, (std::vector<RunRecord>{kA, kB, kC}));
  EXPECT_FALSE(groups[0].disputed);
  EXPECT_FALSE(groups[0].indirect);
}

TEST(GroupLinksTest, AChainIsRefusedOrMarked) {
  // A like B, B like C, A much unlike C: the weaker link goes.
  auto groups = GroupLinks({Link(kA, kB, 5), Link(kB, kC, 4), Link(kA, kC, -9)}, true);
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0].members, (std::vector<RunRecord>{kA, kB}));
  // A little unlike: one group, marked.
  groups = GroupLinks({Link(kA, kB, 5), Link(kB, kC, 4), Link(kA, kC, -1)}, true);
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0].members.size(), 3U);
  EXPECT_TRUE(groups[0].disputed);
  // Never compared: one group, marked otherwise.
  groups = GroupLinks({Link(kA, kB, 5), Link(kB, kC, 4)}, true);
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_TRUE(groups[0].indirect);
  EXPECT_FALSE(groups[0].disputed);
}

TEST(GroupLinksTest, NoAgencyTwiceWhereFilesAreDeduplicated) {
  constexpr RunRecord kOther{0, 2};
  const std::vector<ScoredLink> links = {Link(kA, kB, 5), Link(kB, kC, 4), Link(kOther, kC, 6)};
  for (const LinkGroup& g : GroupLinks(links, true)) {
    for (std::size_t i = 1; i < g.members.size(); ++i) {
      EXPECT_NE(g.members[i].agency, g.members[i - 1].agency);
    }
  }
  ASSERT_EQ(GroupLinks(links, false).size(), 1U);
  EXPECT_EQ(GroupLinks(links, false)[0].members.size(), 4U);
}

TEST(GroupLinksTest, ALongChainIsNoQuadraticWork) {
  std::vector<ScoredLink> links;
  links.reserve(50'000);
  for (std::uint32_t i = 0; i < 50'000; ++i) links.push_back(Link({0, i}, {1, i}, 1 + i % 7));
  for (std::uint32_t i = 0; i + 1 < 50'000; ++i) links.push_back(Link({0, i + 1}, {1, i}, 1));
  EXPECT_EQ(GroupLinks(links, false).size(), 1U);
  EXPECT_EQ(GroupLinks(links, true).size(), 50'000U);
}

}  // namespace
}  // namespace raakvlak::linkage
