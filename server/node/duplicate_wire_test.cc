// What a steward is told of own records that look like one subject.
#include "server/node/duplicate_wire.h"

#include <gtest/gtest.h>

#include "linkage/fuzzy/testing/people.h"

namespace raakvlak::node {
namespace {

using linkage::DuplicateGroup;
using linkage::DuplicatePair;

const std::map<std::uint32_t, std::string> kIds = {{2, "a"}, {5, "b"}, {9, "c"}};

DuplicatePair Pair(std::uint32_t a, std::uint32_t b, std::uint8_t surname, double score = 20) {
  DuplicatePair pair{a, b, linkage::EmptyPattern(), score};
  pair.pattern[0] = 0;
  pair.pattern[1] = surname;
  return pair;
}

TEST(DuplicateWire, TwoRecordsHoldTogetherByThemselves) {
  const DuplicateGroup group{{2, 9}, {Pair(2, 9, 1)}, false};
  const v1::DuplicateGroup wire = DuplicateToWire(linkage::testing::PersonProfile(), group, kIds);
  ASSERT_EQ(wire.record_ids_size(), 2);
  EXPECT_EQ(wire.record_ids(0), "a");
  EXPECT_EQ(wire.record_ids(1), "c");
  ASSERT_EQ(wire.agreement_size(), 6);
  EXPECT_EQ(wire.agreement(0).level(), v1::AGREEMENT_LEVEL_EXACT);
  EXPECT_EQ(wire.agreement(1).field(), "surname");
  EXPECT_EQ(wire.agreement(1).level(), v1::AGREEMENT_LEVEL_CLOSE);
  EXPECT_EQ(wire.agreement(2).level(), v1::AGREEMENT_LEVEL_UNSPECIFIED);
  EXPECT_EQ(wire.strength(), v1::MATCH_STRENGTH_STRONG);
  EXPECT_FALSE(wire.disputed());
  EXPECT_FALSE(wire.chained());
}

TEST(DuplicateWire, AChainIsToldAndWhetherItsEndsWereCompared) {
  DuplicateGroup group{{2, 5, 9}, {Pair(2, 5, 0), Pair(5, 9, 2), Pair(2, 9, 1)}, false};
  const linkage::Profile profile = linkage::testing::PersonProfile();
  EXPECT_FALSE(DuplicateToWire(profile, group, kIds).chained());
  // The ends share no block.
  group.pairs.pop_back();
  v1::DuplicateGroup wire = DuplicateToWire(profile, group, kIds);
  EXPECT_TRUE(wire.chained());
  EXPECT_FALSE(wire.disputed());
  EXPECT_EQ(wire.strength(), v1::MATCH_STRENGTH_STRONG);
  EXPECT_EQ(wire.agreement(1).level(), v1::AGREEMENT_LEVEL_ALIKE);
  // They share one, and are unlike: however sure the others are, this is for the steward.
  group.disputed = true;
  wire = DuplicateToWire(profile, group, kIds);
  EXPECT_TRUE(wire.chained());
  EXPECT_TRUE(wire.disputed());
  EXPECT_EQ(wire.strength(), v1::MATCH_STRENGTH_POSSIBLE);
}

TEST(DuplicateWire, IsAsStrongAsItsWeakestPair) {
  const DuplicateGroup group{{2, 5, 9}, {Pair(2, 5, 0), Pair(5, 9, 0), Pair(2, 9, 0, 0.1)}, false};
  EXPECT_EQ(DuplicateToWire(linkage::testing::PersonProfile(), group, kIds).strength(),
            v1::MATCH_STRENGTH_POSSIBLE);
}

}  // namespace
}  // namespace raakvlak::node
