// The fields' arithmetic at the bounds of their limbs, on emulated lanes, against OpenSSL's big
// numbers. Random points hardly ever come near the bounds; these elements sit on them.
#include <gtest/gtest.h>
#include <openssl/bn.h>

#include <cmath>
#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

#include "crypto/batch/field_double.h"
#include "crypto/batch/field_ifma.h"
#include "crypto/batch/lanes_emulated_double.h"
#include "crypto/batch/lanes_emulated_ifma.h"

namespace raakvlak::crypto {
namespace {

using Bignum = std::unique_ptr<BIGNUM, decltype(&BN_free)>;
Bignum New() { return {BN_new(), &BN_free}; }
BN_CTX* Context() {
  static BN_CTX* const context = BN_CTX_new();
  return context;
}

// An integer modulo p.
class Number {
 public:
  explicit Number(uint64_t word = 0) { BN_set_word(n_.get(), word); }

  // Adds `word` * 2^shift, or takes it off.
  Number& Accumulate(uint64_t word, int shift, bool negative) {
    const Bignum term = New();
    BN_set_word(term.get(), word);
    BN_lshift(term.get(), term.get(), shift);
    BN_set_negative(term.get(), negative ? 1 : 0);
    BN_add(n_.get(), n_.get(), term.get());
    BN_nnmod(n_.get(), n_.get(), Prime(), Context());
    return *this;
  }
  friend Number operator+(const Number& a, const Number& b) {
    Number r;
    BN_mod_add(r.n_.get(), a.n_.get(), b.n_.get(), Prime(), Context());
    return r;
  }
  friend Number operator-(const Number& a, const Number& b) {
    Number r;
    BN_mod_sub(r.n_.get(), a.n_.get(), b.n_.get(), Prime(), Context());
    return r;
  }
  friend Number operator*(const Number& a, const Number& b) {
    Number r;
    BN_mod_mul(r.n_.get(), a.n_.get(), b.n_.get(), Prime(), Context());
    return r;
  }
  friend bool operator==(const Number& a, const Number& b) {
    return BN_cmp(a.n_.get(), b.n_.get()) == 0;
  }
  bool IsOdd() const { return BN_is_odd(n_.get()) == 1; }
  std::array<uint64_t, 4> Words() const {
    std::array<uint64_t, 4> words{};
    BN_bn2lebinpad(n_.get(), reinterpret_cast<unsigned char*>(words.data()), 32);
    return words;
  }

 private:
  static const BIGNUM* Prime() {
    static const BIGNUM* const prime = [] {
      BIGNUM* p = BN_new();
      BN_set_bit(p, 255);
      BN_sub_word(p, 19);
      return p;
    }();
    return prime;
  }
  Bignum n_ = New();
};

// The canonical value, its sign and whether it is zero.
template <typename F>
void CheckFrozen(const F& element, size_t lane, const Number& want) {
  const auto canonical = F::Freeze(element);
  uint64_t words[4][F::kLanes];
  canonical.Words(words);
  const auto want_words = want.Words();
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(words[i][lane], want_words[i]);
  EXPECT_EQ(F::Lanes::MaskBits(canonical.IsNegative()) >> lane & 1, want.IsOdd() ? 1u : 0u);
  EXPECT_EQ(F::Lanes::MaskBits(canonical.IsZero()) >> lane & 1, want == Number() ? 1u : 0u);
  // And back: canonical words are an element of the same value.
  const auto again = F::Freeze(F::FromWords(words));
  uint64_t again_words[4][F::kLanes];
  again.Words(again_words);
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(again_words[i][lane], want_words[i]);
}

class IfmaFieldTest : public testing::Test {
 protected:
  using F = FieldIfma<EmulatedIfmaLanes>;
  using Limbs = std::array<uint64_t, 5>;
  static constexpr uint64_t kTop = uint64_t{1} << 51;
  // Limbs of 2p, the largest that an element may have, and the bound of tight ones.
  static constexpr Limbs kLargest = {2 * (kTop - 19), 2 * (kTop - 1), 2 * (kTop - 1),
                                     2 * (kTop - 1), 2 * (kTop - 1)};
  static constexpr uint64_t kTight = kTop + (uint64_t{1} << 17);

  void TearDown() override {
    EXPECT_EQ(EmulatedIfmaLanes::TookExcess(), 0u) << "a factor above 52 bits";
  }

  static std::vector<Limbs> Bounds() {
    std::vector<Limbs> all = {kLargest,
                              {},
                              {1, 0, 0, 0, 0},
                              {kTight - 1, kTight - 1, kTight - 1, kTight - 1, kTight - 1},
                              // p - 1, p, p + 1, 2^255 - 1
                              {kTop - 20, kTop - 1, kTop - 1, kTop - 1, kTop - 1},
                              {kTop - 19, kTop - 1, kTop - 1, kTop - 1, kTop - 1},
                              {kTop - 18, kTop - 1, kTop - 1, kTop - 1, kTop - 1},
                              {kTop - 1, kTop - 1, kTop - 1, kTop - 1, kTop - 1}};
    for (size_t i = 0; i < 5; ++i) {
      Limbs one{};
      one[i] = kLargest[i];
      all.push_back(one);
      Limbs others = kLargest;
      others[i] = 0;
      all.push_back(others);
    }
    std::mt19937_64 random(7);
    while (all.size() < 40) {
      Limbs limbs;
      for (size_t i = 0; i < 5; ++i) {
        const uint64_t choices[4] = {random() % (kLargest[i] + 1), kLargest[i], kTight - 1, 0};
        limbs[i] = choices[random() % 4];
      }
      all.push_back(limbs);
    }
    return all;
  }

  // Eight of them, from number `first` on.
  static F Element(const std::vector<Limbs>& all, size_t first) {
    F r;
    for (size_t l = 0; l < 8; ++l) {
      for (size_t i = 0; i < 5; ++i) r.v[i].w[l] = all[(first + l) % all.size()][i];
    }
    return r;
  }
  static Number Value(const F& a, size_t lane) {
    Number n;
    for (size_t i = 0; i < 5; ++i) n.Accumulate(a.v[i].w[lane], static_cast<int>(51 * i), false);
    return n;
  }
  template <typename Expected>
  static void Check(const char* what, const F& got, bool tight, const Expected& expected) {
    SCOPED_TRACE(what);
    for (size_t l = 0; l < 8; ++l) {
      EXPECT_TRUE(Value(got, l) == expected(l)) << "lane " << l;
      for (size_t i = 0; i < 5; ++i) {
        if (tight) {
          EXPECT_LT(got.v[i].w[l], kTight);
        } else {
          EXPECT_LE(got.v[i].w[l], kLargest[i]);
        }
      }
    }
  }
};

TEST_F(IfmaFieldTest, EveryOperationAtTheBounds) {
  const std::vector<Limbs> all = Bounds();
  for (size_t i = 0; i < all.size() && !HasFailure(); ++i) {
    for (size_t j = 0; j < all.size(); j += 3) {
      const F a = Element(all, i);
      const F b = Element(all, (i + j) % all.size());
      const auto x = [&](size_t l) { return Value(a, l); };
      const auto y = [&](size_t l) { return Value(b, l); };
      Check("Mul", F::Mul(a, b), true, [&](size_t l) { return x(l) * y(l); });
      Check("Sqr", F::Sqr(a), true, [&](size_t l) { return x(l) * x(l); });
      Check("Add", F::Add(a, b), true, [&](size_t l) { return x(l) + y(l); });
      Check("Sub", F::Sub(a, b), true, [&](size_t l) { return x(l) - y(l); });
      Check("Negate", F::Negate(a), false, [&](size_t l) { return Number() - x(l); });
      F in_place = a;
      F::Mul(in_place, in_place, in_place);
      Check("in place", in_place, true, [&](size_t l) { return x(l) * x(l); });
    }
  }
}

TEST_F(IfmaFieldTest, WhatIsMadeOfRawProductsAtTheBounds) {
  const std::vector<Limbs> all = Bounds();
  for (size_t i = 0; i < all.size() && !HasFailure(); ++i) {
    for (size_t j = 0; j < all.size(); j += 5) {
      const F a = Element(all, i);
      const F b = Element(all, (i + j) % all.size());
      F::Raw product, square, sum, difference, doubled;
      F::MulRaw(product, a, b);
      F::SqrRaw(square, b);
      F::RawSum(sum, product, square);
      F::RawDifference(difference, product, square);
      F::ToRawDoubled(doubled, a);
      const auto p = [&](size_t l) { return Value(a, l) * Value(b, l); };
      const auto s = [&](size_t l) { return Value(b, l) * Value(b, l); };
      const auto d = [&](size_t l) { return Value(a, l) + Value(a, l); };
      F r;
      F::Settle(r, sum);
      Check("sum", r, true, [&](size_t l) { return p(l) + s(l); });
      F::Settle(r, difference);
      Check("difference", r, true, [&](size_t l) { return p(l) - s(l); });
      F::Plus(r, doubled, product);
      Check("doubled + product", r, true, [&](size_t l) { return d(l) + p(l); });
      F::Less(r, doubled, product);
      Check("doubled - product", r, true, [&](size_t l) { return d(l) - p(l); });
      F::Less(r, square, sum);
      Check("square - sum", r, true, [&](size_t l) { return Number() - p(l); });
      F::TwiceLess(r, square, difference);
      Check("2 square - difference", r, true, [&](size_t l) { return s(l) + s(l) + s(l) - p(l); });
    }
  }
}

TEST_F(IfmaFieldTest, FreezesToTheCanonicalValue) {
  const std::vector<Limbs> all = Bounds();
  for (size_t i = 0; i < all.size(); ++i) {
    const F a = Element(all, i);
    for (size_t l = 0; l < 8; ++l) CheckFrozen(a, l, Value(a, l));
  }
}

TEST_F(IfmaFieldTest, TheEmulationSeesAFactorAbove52Bits) {
  F a = F::One();
  a.v[2].w[3] = uint64_t{1} << 52;
  (void)F::Mul(a, F::One());
  EXPECT_NE(EmulatedIfmaLanes::TookExcess(), 0u);
}

class DoubleFieldTest : public testing::Test {
 protected:
  using F = FieldDouble<EmulatedDoubleLanes>;
  using Limbs = std::array<double, 6>;
  static constexpr int kWeights[6] = {0, 43, 85, 128, 170, 213};
  // The largest of tight limbs, even and odd.
  static constexpr double kTight[2] = {0x1p42 + 0x1p15, 0x1p41 + 0x1p12};

  // Tight elements at their bounds, times `looseness`.
  static std::vector<F> Bounds(double looseness) {
    std::vector<Limbs> all;
    // All limbs at the bound, in every choice of signs; then random ones.
    for (unsigned signs = 0; signs < 64; ++signs) {
      Limbs limbs;
      for (size_t i = 0; i < 6; ++i) limbs[i] = kTight[i & 1] * ((signs >> i & 1) != 0 ? -1 : 1);
      all.push_back(limbs);
    }
    all.push_back({});
    all.push_back({1, 0, 0, 0, 0, 0});
    std::mt19937_64 random(8);
    while (all.size() < 80) {
      Limbs limbs;
      for (size_t i = 0; i < 6; ++i) {
        const double drawn = static_cast<double>(random() >> 24) - 0x1p39;
        const double choices[3] = {drawn, kTight[i & 1], -kTight[i & 1]};
        limbs[i] = choices[random() % 3];
      }
      all.push_back(limbs);
    }
    std::vector<F> elements(all.size() / 4);
    for (size_t n = 0; n < all.size(); ++n) {
      for (size_t i = 0; i < 6; ++i) elements[n / 4].v[i].w[n % 4] = looseness * all[n][i];
    }
    return elements;
  }
  static Number Value(const F& a, size_t lane) {
    Number n;
    for (size_t i = 0; i < 6; ++i) {
      const double limb = a.v[i].w[lane];
      n.Accumulate(static_cast<uint64_t>(std::fabs(limb)), kWeights[i], limb < 0);
    }
    return n;
  }
  template <typename Expected>
  static void CheckTight(const F& got, const Expected& expected) {
    for (size_t l = 0; l < 4; ++l) {
      EXPECT_TRUE(Value(got, l) == expected(l)) << "lane " << l;
      for (size_t i = 0; i < 6; ++i) {
        EXPECT_LE(std::fabs(got.v[i].w[l]), kTight[i & 1]);
        EXPECT_EQ(got.v[i].w[l], std::nearbyint(got.v[i].w[l]));
      }
    }
  }
};

TEST_F(DoubleFieldTest, MultipliesWhatTheBoundsAllow) {
  const double kAllowed[][2] = {{1, 1}, {13, 1}, {1, 13}, {3, 4}, {4, 3}, {2, 6}};
  for (const auto& [p, q] : kAllowed) {
    SCOPED_TRACE(testing::Message() << p << "-loose times " << q << "-loose");
    const std::vector<F> left = Bounds(p);
    const std::vector<F> right = Bounds(q);
    for (const F& a : left) {
      for (const F& b : right) {
        CheckTight(F::Mul(a, b), [&](size_t l) { return Value(a, l) * Value(b, l); });
      }
    }
    if (HasFailure()) return;
  }
}

TEST_F(DoubleFieldTest, SquaresReducesAndFreezesAtTheBounds) {
  for (const double p : {1.0, 2.0, 3.0}) {
    for (const F& a : Bounds(p)) {
      CheckTight(F::Sqr(a), [&](size_t l) { return Value(a, l) * Value(a, l); });
    }
  }
  for (const F& a : Bounds(13)) {
    CheckTight(F::Reduce(a), [&](size_t l) { return Value(a, l); });
  }
  for (const double p : {1.0, 4.0, 16.0}) {
    for (const F& a : Bounds(p)) {
      for (size_t l = 0; l < 4; ++l) {
        CheckFrozen(a, l, Value(a, l));
        CheckFrozen(F::Negate(a), l, Number() - Value(a, l));
      }
    }
  }
}

}  // namespace
}  // namespace raakvlak::crypto
