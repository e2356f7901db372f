#include "linkage/match/components.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

namespace raakvlak::linkage {
namespace {

TEST(RecordComponentsTest, NumbersFollowTheSmallestRecord) {
  RecordComponents components(8);
  components.Link(7, 5);
  components.Link(6, 2);
  components.Link(5, 3);
  components.Link(2, 6);
  EXPECT_EQ(components.Number(), 2U);
  for (const std::uint32_t r : {2U, 6U}) EXPECT_EQ(components.NumberOf(r), 0U);
  for (const std::uint32_t r : {3U, 5U, 7U}) EXPECT_EQ(components.NumberOf(r), 1U);
  for (const std::uint32_t r : {0U, 1U, 4U}) EXPECT_FALSE(components.IsLinked(r));
}

TEST(RecordComponentsTest, NothingLinked) {
  EXPECT_EQ(RecordComponents(0).Number(), 0U);
  EXPECT_EQ(RecordComponents(3).Number(), 0U);
}

// Against labels that are spread until nothing changes.
TEST(RecordComponentsTest, RandomLinks) {
  std::mt19937 generator(5);
  auto random = [&] { return static_cast<std::uint32_t>(generator()); };
  for (int round = 0; round < 200; ++round) {
    const std::uint32_t n = 2 + random() % 40;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> links(random() % 40);
    for (auto& [a, b] : links) {
      a = random() % n;
      b = (a + 1 + random() % (n - 1)) % n;
    }
    RecordComponents components(n);
    std::vector<std::uint32_t> smallest(n);
    for (std::uint32_t r = 0; r < n; ++r) smallest[r] = r;
    for (const auto& [a, b] : links) components.Link(a, b);
    for (std::uint32_t pass = 0; pass < n; ++pass) {
      for (const auto& [a, b] : links) {
        smallest[a] = smallest[b] = std::min(smallest[a], smallest[b]);
      }
    }
    const std::uint32_t count = components.Number();
    std::vector<std::uint32_t> first_of;
    for (std::uint32_t r = 0; r < n; ++r) {
      if (!components.IsLinked(r)) continue;
      if (components.NumberOf(r) == first_of.size()) first_of.push_back(r);
      ASSERT_LT(components.NumberOf(r), first_of.size());
      EXPECT_EQ(first_of[components.NumberOf(r)], smallest[r]);
    }
    EXPECT_EQ(count, first_of.size());
  }
}

}  // namespace
}  // namespace raakvlak::linkage
