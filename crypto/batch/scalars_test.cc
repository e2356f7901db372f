// Scalars modulo the group order: canonical form, halves, inverses.
#include "crypto/batch/scalars.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/batch/test_util.h"

namespace raakvlak::crypto {
namespace {

TEST(ScalarsTest, CanonicalMeansBelowTheOrder) {
  EXPECT_TRUE(IsCanonicalScalar(EncodedScalar{}));
  EXPECT_TRUE(IsCanonicalScalar(OrderPlus(-1)));
  EXPECT_FALSE(IsCanonicalScalar(OrderPlus(0)));
  EXPECT_FALSE(IsCanonicalScalar(OrderPlus(1)));
  EncodedScalar s{};
  s[31] = 0x10;  // 2^252
  EXPECT_TRUE(IsCanonicalScalar(s));
  s[16] = 1;
  EXPECT_FALSE(IsCanonicalScalar(s));
  s = {};
  s[31] = 0x80;
  EXPECT_FALSE(IsCanonicalScalar(s));
  s.fill(0xff);
  EXPECT_FALSE(IsCanonicalScalar(s));
}

TEST(ScalarsTest, TwiceTheHalfIsTheWhole) {
  TestRandom random(1);
  std::vector<EncodedScalar> scalars = random.Scalars(100);
  scalars.push_back({});
  scalars.push_back({1});
  scalars.push_back({2});
  scalars.push_back(OrderPlus(-1));
  for (const EncodedScalar& s : scalars) {
    const EncodedScalar half = HalveScalar(s);
    EXPECT_TRUE(IsCanonicalScalar(half));
    EncodedScalar twice;
    crypto_core_ristretto255_scalar_add(twice.data(), half.data(), half.data());
    EXPECT_EQ(twice, s);
  }
}

TEST(ScalarsTest, ReducesAsLibsodiumDoes) {
  TestRandom random(4);
  std::vector<UniformBytes> inputs(1000);
  for (UniformBytes& input : inputs) input = random.Bytes<64>();
  // All ones, zero, and multiples of L near the ends of both halves.
  inputs[0].fill(0xff);
  inputs[1].fill(0);
  for (size_t i = 2; i < 40; ++i) {
    inputs[i].fill(i % 2 == 0 ? 0 : 0xff);
    const EncodedScalar near = OrderPlus(static_cast<int>(i % 5) - 2);
    std::copy(near.begin(), near.end(), inputs[i].begin() + (i % 3 == 0 ? 0 : 32));
  }
  for (const UniformBytes& input : inputs) {
    EncodedScalar want;
    crypto_core_ristretto255_scalar_reduce(want.data(), input.data());
    EXPECT_EQ(ReduceToScalar(input), want);
  }
}

}  // namespace
}  // namespace raakvlak::crypto
