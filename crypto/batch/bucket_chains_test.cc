#include "crypto/batch/bucket_chains.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "crypto/batch/test_util.h"
#include "gtest/gtest.h"

namespace raakvlak::crypto {
namespace {

constexpr size_t kWindows = 8;
constexpr size_t kStride = 32;
using Chains = BucketChains<kWindows>;

// The terms of each bucket, by its number, straight from the digits.
std::map<size_t, std::multiset<uint32_t>> Expected(const std::vector<uint8_t>& digits) {
  std::map<size_t, std::multiset<uint32_t>> buckets;
  for (size_t i = 0; i < digits.size() / kStride; ++i) {
    for (size_t w = 0; w < kWindows; ++w) {
      const int code = digits[i * kStride + w];
      const int digit = code < 128 ? code : code - 256;
      if (digit == 0) continue;
      const size_t magnitude = static_cast<size_t>(digit < 0 ? -digit : digit);
      buckets[w * Chains::kBuckets + magnitude - 1].insert(
          static_cast<uint32_t>(2 * (i + 1) + (digit < 0 ? 1 : 0)));
    }
  }
  return buckets;
}

// Each chain has its bucket's terms, every bucket has one chain, and lanes that go together end
// about together.
void Check(const std::vector<uint8_t>& digits) {
  const size_t n = digits.size() / kStride;
  std::vector<uint32_t> terms(Chains::Terms(n));
  Chains chains;
  chains.terms = terms.data();
  chains.Make(digits.data(), kStride, n);
  auto expected = Expected(digits);
  std::set<size_t> seen;
  for (const Chains::Chain& chain : chains.chains) {
    EXPECT_TRUE(seen.insert(chain.bucket).second);
    std::multiset<uint32_t> found;
    for (uint32_t k = 0; k < chain.length; ++k) found.insert(chains.Term(chain, k));
    EXPECT_EQ(found, expected[chain.bucket]);
    // Lanes that end later look on, however far.
    EXPECT_EQ(chains.Term(chain, chain.length), 0U);
    EXPECT_EQ(chains.Term(chain, chain.length + static_cast<uint32_t>(kWindows * n)), 0U);
  }
  EXPECT_EQ(seen.size(), Chains::kChains);
  for (size_t c = 1; c < Chains::kChains; ++c) {
    EXPECT_TRUE(chains.chains[c].length <= chains.chains[c - 1].length ||
                chains.chains[c].length >= 512);
  }
}

TEST(BucketChainsTest, HoldEveryTermOnce) {
  TestRandom random(7);
  for (const size_t n : {1, 7, 48, 4096}) {
    std::vector<uint8_t> digits;
    for (size_t i = 0; i < n; ++i) {
      const auto row = random.Bytes<kStride>();
      digits.insert(digits.end(), row.begin(), row.end());
    }
    Check(digits);
  }
}

TEST(BucketChainsTest, BucketsOfOneDigitAreAsLongAsTheyMustBe) {
  for (const int digit : {0, 1, 127, -1, -127, -128}) {
    Check(std::vector<uint8_t>(kStride * 1000, static_cast<uint8_t>(digit)));
  }
  Check({});
}

}  // namespace
}  // namespace raakvlak::crypto
