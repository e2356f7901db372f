// Scalars, elements, hashing to the group, sharing: official values and what must be refused.
#include <gtest/gtest.h>

#include <set>

#include "crypto/base/random.h"
#include "crypto/batch/kernels.h"
#include "crypto/batch/rfc9496_vectors.h"
#include "crypto/oprf/committee.h"
#include "crypto/oprf/element.h"
#include "crypto/oprf/hash_to_group.h"
#include "crypto/oprf/rfc9380_vectors.h"
#include "crypto/oprf/scalar.h"
#include "crypto/oprf/shamir.h"
#include "crypto/oprf/testing.h"

namespace raakvlak::crypto {
namespace {

constexpr char kOrderHex[] = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

TEST(ScalarTest, ParseRefusesWhatIsNotBelowTheOrder) {
  EXPECT_TRUE(Scalar::Parse(Bytes(32)).ok());
  Bytes order = Hex(kOrderHex);
  EXPECT_FALSE(Scalar::Parse(order).ok());
  EXPECT_FALSE(SecretScalar::Parse(order).ok());
  Bytes below = order;
  below[0] -= 1;
  EXPECT_TRUE(Scalar::Parse(below).ok());
  EXPECT_TRUE(SecretScalar::Parse(below).ok());
  for (uint8_t bit : {uint8_t{0x20}, uint8_t{0x40}, uint8_t{0x80}}) {
    Bytes high(32);
    high[31] = bit;
    EXPECT_FALSE(Scalar::Parse(high).ok()) << int{bit};
  }
  // s + L stands for the same residue and must be refused.
  Bytes plus_order = order;
  plus_order[0] = static_cast<uint8_t>(plus_order[0] + 5);
  EXPECT_FALSE(Scalar::Parse(plus_order).ok());
  EXPECT_FALSE(Scalar::Parse(Bytes(32, 0xff)).ok());
  EXPECT_FALSE(Scalar::Parse(Bytes(31)).ok());
  EXPECT_FALSE(Scalar::Parse(Bytes(33)).ok());
}

TEST(ScalarTest, BoundsByteByByte) {
  // Every byte of L raised or lowered by one decides.
  const Bytes order = Hex(kOrderHex);
  for (size_t i = 0; i < 32; ++i) {
    if (order[i] > 0) {
      Bytes lower = order;
      --lower[i];
      EXPECT_TRUE(Scalar::Parse(lower).ok()) << i;
    }
    Bytes higher = order;
    ++higher[i];
    EXPECT_FALSE(Scalar::Parse(higher).ok()) << i;
  }
}

TEST(ScalarTest, Arithmetic) {
  SeededRandom random(1);
  const SecretScalar a = SecretScalar::Generate(random);
  const SecretScalar b = SecretScalar::Generate(random);
  const Scalar x = a.Publish(SecretAccess{});
  const Scalar y = b.Publish(SecretAccess{});
  EXPECT_EQ(a.Plus(b).Publish(SecretAccess{}), x + y);
  EXPECT_EQ(a.Minus(b).Publish(SecretAccess{}), x - y);
  EXPECT_EQ(a.Times(b).Publish(SecretAccess{}), x * y);
  EXPECT_EQ(a.Times(y).Publish(SecretAccess{}), x * y);
  EXPECT_EQ((x + y) - y, x);
  EXPECT_EQ(*x.Inverse() * x, Scalar::FromUint(1));
  EXPECT_EQ(a.Inverse()->Times(a).Publish(SecretAccess{}), Scalar::FromUint(1));
  EXPECT_FALSE(Scalar().Inverse().ok());
  EXPECT_FALSE(SecretScalar().Inverse().ok());
  EXPECT_EQ(Scalar::FromUint(3) - Scalar::FromUint(4) + Scalar::FromUint(1), Scalar());
}

TEST(ElementTest, SmallMultiplesOfRfc9496) {
  Element sum = Element::Identity();
  for (uint64_t k = 0; k < std::size(kSmallMultiples); ++k) {
    EXPECT_EQ(ToHex(sum.bytes()), kSmallMultiples[k]);
    EXPECT_EQ(Element::MultiplyBase(Scalar::FromUint(k)), sum);
    EXPECT_EQ(Element::Generator().Multiply(Scalar::FromUint(k)), sum);
    EXPECT_EQ(Element::ParseAllowingIdentity(Hex(kSmallMultiples[k])).ok(), true);
    sum = sum + Element::Generator();
  }
  EXPECT_TRUE((sum - sum).IsIdentity());
  EXPECT_TRUE(Element::Identity().Multiply(Scalar::FromUint(7)).IsIdentity());
}

TEST(ElementTest, BadEncodingsOfRfc9496AreRefused) {
  ASSERT_EQ(std::size(kBadEncodings), 29u);
  for (const std::string_view hex : kBadEncodings) {
    EXPECT_FALSE(Element::Parse(Hex(hex)).ok()) << hex;
    EXPECT_FALSE(Element::ParseAllowingIdentity(Hex(hex)).ok()) << hex;
  }
}

TEST(ElementTest, IdentityBit255AndLengthsAreRefused) {
  EXPECT_FALSE(Element::Parse(Bytes(32)).ok());
  EXPECT_TRUE(Element::ParseAllowingIdentity(Bytes(32)).ok());
  for (size_t k = 1; k < std::size(kSmallMultiples); ++k) {
    Bytes high = Hex(kSmallMultiples[k]);
    high[31] |= 0x80;
    EXPECT_FALSE(Element::Parse(high).ok()) << k;
    EXPECT_FALSE(Element::Parse(ByteView(high).first(31)).ok());
  }
  Bytes identity_high(32);
  identity_high[31] = 0x80;
  EXPECT_FALSE(Element::ParseAllowingIdentity(identity_high).ok());
  EXPECT_FALSE(Element::Parse(Bytes(33)).ok());
}

TEST(ElementTest, UniformValuesOfRfc9496) {
  for (const DerivationVector& value : kDerivations) {
    const Bytes uniform = Hex(value.input);
    EXPECT_EQ(ToHex(Element::FromUniform(ByteView(uniform).first<64>()).bytes()), value.element);
  }
}

TEST(HashToGroupTest, ExpandMessageOfRfc9380) {
  for (const ExpandValue& value : kExpandValues) {
    const std::string expected = value.uniform;
    auto bytes = ExpandMessageXmd(AsBytes(value.message), AsBytes(kExpandDst), expected.size() / 2);
    ASSERT_TRUE(bytes.ok());
    EXPECT_EQ(ToHex(*bytes), expected);
  }
  EXPECT_FALSE(ExpandMessageXmd({}, {}, 64).ok());
  EXPECT_FALSE(ExpandMessageXmd({}, AsBytes("tag"), 255 * 64 + 1).ok());
  EXPECT_TRUE(ExpandMessageXmd({}, AsBytes("tag"), 255 * 64).ok());
}

TEST(HashToGroupTest, AgreesWithTheKernels) {
  const std::string dst = "HashToGroup-" + OprfContext(OprfMode::kVoprf);
  const std::string text = "NL91ABNA0417164300";
  const ByteView message = AsBytes(text);
  auto points = DefaultKernels().HashToGroup({&message, 1}, AsBytes(dst));
  ASSERT_TRUE(points.ok());
  EncodedElement encoded;
  ASSERT_TRUE(DefaultKernels().Encode(*points, {&encoded, 1}).ok());
  EXPECT_EQ(HashToGroup(message, OprfMode::kVoprf).bytes(), encoded);
}

TEST(HashToGroupTest, SharedVectors) {
  auto rfc9380 = SharedVectors("expand_message_xmd_sha512.json");
  auto own = SharedVectors("hash_to_ristretto255.json");
  if (!rfc9380 || !own) GTEST_SKIP() << "no shared vectors";
  size_t count = 0;
  const std::string dst = (*rfc9380)["DST"];
  for (const auto& test : (*rfc9380)["tests"]) {
    const std::string message = test["msg"];
    const size_t size = std::stoul(test["len_in_bytes"].get<std::string>(), nullptr, 16);
    auto bytes = ExpandMessageXmd(AsBytes(message), AsBytes(dst), size);
    ASSERT_TRUE(bytes.ok());
    EXPECT_EQ(ToHex(*bytes), test["uniform_bytes"].get<std::string>());
    ++count;
  }
  EXPECT_EQ(count, 10u);
  for (const auto& test : (*own)["vectors"]) {
    const Bytes message = test.contains("msg_hex")
                              ? Hex(test["msg_hex"].get<std::string>())
                              : Bytes(AsBytes(test["msg"].get_ref<const std::string&>()).begin(),
                                      AsBytes(test["msg"].get_ref<const std::string&>()).end());
    EXPECT_EQ(ToHex(HashToGroup(message, test["DST"].get<std::string>()).bytes()),
              test["P"].get<std::string>());
  }
}

TEST(ElementTest, SharedVectors) {
  auto vectors = SharedVectors("rfc9496_ristretto255.json");
  if (!vectors) GTEST_SKIP() << "no shared vectors";
  EXPECT_EQ((*vectors)["A2_bad_encodings"].size(), 29u);
  for (const auto& bad : (*vectors)["A2_bad_encodings"]) {
    EXPECT_FALSE(Element::ParseAllowingIdentity(Hex(bad["encoding"].get<std::string>())).ok());
  }
  for (const auto& value : (*vectors)["A3_uniform_bytes"]) {
    const Bytes uniform = Hex(value["I"].get<std::string>());
    EXPECT_EQ(ToHex(Element::FromUniform(ByteView(uniform).first<64>()).bytes()),
              value["O"].get<std::string>());
  }
}

TEST(ShamirTest, IndicesMustAscendFromOne) {
  auto check = [](const std::vector<ShareIndex>& indices) { return CheckIndices(indices).ok(); };
  EXPECT_TRUE(check({1}));
  EXPECT_TRUE(check({1, 2, 7}));
  EXPECT_FALSE(check({}));
  EXPECT_FALSE(check({0}));
  EXPECT_FALSE(check({0, 1}));
  EXPECT_FALSE(check({1, 1}));
  EXPECT_FALSE(check({2, 1}));
  EXPECT_FALSE(check({1, 3, 3}));
  EXPECT_FALSE(LagrangeAtZero(std::vector<ShareIndex>{2, 1}).ok());
  EXPECT_FALSE(LagrangeAtZero(std::vector<ShareIndex>{0, 1}).ok());
}

TEST(ShamirTest, EveryThresholdSubsetGivesTheSecretAndNoSmallerOne) {
  SeededRandom random(3);
  const size_t n = 5, t = 3;
  const SecretPolynomial polynomial = SecretPolynomial::Generate(t, random);
  const std::vector<Element> commitments = polynomial.Commitments();
  const Element key = commitments[0];
  std::vector<SecretScalar> shares;
  for (ShareIndex i = 1; i <= n; ++i) {
    shares.push_back(polynomial.ShareOf(i));
    EXPECT_TRUE(VerifyShare(commitments, i, shares.back()));
    EXPECT_FALSE(VerifyShare(commitments, static_cast<ShareIndex>(i + 1), shares.back()));
  }
  size_t good = 0, bad = 0;
  for (unsigned mask = 1; mask < (1u << n); ++mask) {
    std::vector<ShareIndex> indices;
    for (ShareIndex i = 1; i <= n; ++i) {
      if (mask & (1u << (i - 1))) indices.push_back(i);
    }
    auto lambdas = LagrangeAtZero(indices);
    ASSERT_TRUE(lambdas.ok());
    SecretScalar sum;
    std::vector<Element> elements;
    for (size_t k = 0; k < indices.size(); ++k) {
      const SecretScalar& share = shares[indices[k] - 1u];
      sum = sum.Plus(share.Times((*lambdas)[k]));
      elements.push_back(Element::MultiplyBase(share));
    }
    const bool enough = indices.size() >= t;
    EXPECT_EQ(sum == polynomial.constant_term(), enough);
    EXPECT_EQ(*InterpolateAtZero(indices, elements) == key, enough);
    (enough ? good : bad) += 1;
  }
  EXPECT_EQ(good, 16u);
  EXPECT_EQ(bad, 15u);
}

TEST(CommitteeTest, RefusesWrongMembers) {
  SeededRandom random(4);
  const SharedKey key = DealKey(3, 5, random);
  auto create = [&](const std::vector<ShareIndex>& indices) {
    return Committee::Create(3, indices, key.public_shares, key.group_public_key).ok();
  };
  EXPECT_TRUE(create({1, 3, 5}));
  EXPECT_FALSE(create({0, 1, 2}));
  EXPECT_FALSE(create({1, 1, 2}));
  EXPECT_FALSE(create({3, 2, 1}));
  EXPECT_EQ(Committee::Create(3, std::vector<ShareIndex>{1, 2, 6}, key.public_shares,
                              key.group_public_key)
                .status()
                .message(),
            "no participant has index 6");
  EXPECT_FALSE(create({1, 2}));
  EXPECT_FALSE(create({1, 2, 3, 4}));
}

TEST(CommitteeTest, RefusesTheIdentityAsAKeyThoughTheSharesInterpolate) {
  const std::vector<ShareIndex> indices = {1, 2};
  const auto public_share = [](const Scalar& share) { return Element::MultiplyBase(share); };
  const Scalar five = Scalar::FromUint(5);
  const Scalar zero = Scalar::FromUint(0);
  // f(x) = 5x: a key of zero.
  const std::vector<Element> of_zero = {public_share(five), public_share(five + five)};
  EXPECT_FALSE(Committee::Create(2, indices, of_zero, Element::Identity()).ok());
  // f(x) = 5 - 5x: participant 1 holds zero.
  const std::vector<Element> with_zero = {Element::Identity(), public_share(zero - five)};
  EXPECT_FALSE(Committee::Create(2, indices, with_zero, public_share(five)).ok());
}

TEST(CommitteeTest, RefusesSharesOfAnotherKey) {
  SeededRandom random(4);
  const SharedKey key = DealKey(2, 3, random);
  const SharedKey other = DealKey(2, 3, random);
  const std::vector<ShareIndex> indices = {1, 2};
  EXPECT_FALSE(Committee::Create(2, indices, other.public_shares, key.group_public_key).ok());
  EXPECT_FALSE(Committee::Create(2, indices, key.public_shares, Element::Identity()).ok());
  std::vector<Element> one_swapped = key.public_shares;
  one_swapped[1] = other.public_shares[1];
  EXPECT_FALSE(Committee::Create(2, indices, one_swapped, key.group_public_key).ok());
  std::vector<Element> with_identity = key.public_shares;
  with_identity[0] = Element::Identity();
  EXPECT_FALSE(Committee::Create(2, indices, with_identity, key.group_public_key).ok());
  auto committee = Committee::Create(2, indices, key.public_shares, key.group_public_key);
  ASSERT_TRUE(committee.ok());
  EXPECT_FALSE(committee->EvaluationKey(3).ok());
  EXPECT_FALSE(committee->Lambda(0).ok());
  EXPECT_FALSE(committee->Contains(3));
}

TEST(ParserFuzzTest, RandomBytesNeverMakeSomethingNonCanonical) {
  SeededRandom random(99);
  size_t elements = 0, scalars = 0;
  for (int i = 0; i < 20000; ++i) {
    uint8_t size = 0;
    random.Fill({&size, 1});
    Bytes bytes(i % 4 == 0 ? size % 70 : 32);
    random.Fill(bytes);
    if (bytes.size() == 32 && i % 2 == 1) bytes[31] &= 0x1f;
    if (auto element = Element::Parse(bytes); element.ok()) {
      ++elements;
      EXPECT_EQ(Bytes(element->bytes().begin(), element->bytes().end()), bytes);
      EXPECT_EQ((*element + Element::Generator()) - Element::Generator(), *element);
    }
    if (auto scalar = Scalar::Parse(bytes); scalar.ok()) {
      ++scalars;
      EXPECT_EQ(*scalar * Scalar::FromUint(1), *scalar);
    }
  }
  EXPECT_GT(elements, 100u);
  EXPECT_GT(scalars, 100u);
}

}  // namespace
}  // namespace raakvlak::crypto
