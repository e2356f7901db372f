// Every usable backend, and the emulated ones, against libsodium: batch sizes, edge scalars, the
// identity, random cases; what is refused; and the choice of a backend.
#include "crypto/batch/kernels.h"

#include <gtest/gtest.h>

#include "crypto/batch/backends.h"
#include "crypto/batch/emulated.h"
#include "crypto/batch/map_exceptions.h"
#include "crypto/batch/reference.h"
#include "crypto/batch/test_util.h"

namespace raakvlak::crypto {
namespace {

class KernelsTest : public testing::TestWithParam<std::string> {
 protected:
  const Kernels& kernels() const { return *kernels_; }

  void SetUp() override {
    for (const Kernels* emulated : EmulatedKernels()) {
      if (emulated->name() == GetParam()) kernels_ = emulated;
    }
    if (kernels_ != nullptr) return;
    auto found = KernelsByName(GetParam());
    if (!found.ok()) {
      // A CPU that lacks the instructions is no failure; a failed self-test is.
      ASSERT_TRUE(absl::IsUnimplemented(found.status())) << found.status();
      GTEST_SKIP() << found.status();
    }
    kernels_ = *found;
  }

  void TearDown() override { EXPECT_EQ(TookEmulatedExcess(), 0u) << "a factor above 52 bits"; }

  PointVector Decoded(std::span<const EncodedElement> elements) const {
    auto points = kernels().Decode(elements, IdentityRule::kAllow);
    EXPECT_TRUE(points.ok()) << points.status();
    return points.ok() ? *std::move(points) : PointVector();
  }

  std::vector<EncodedElement> Encoded(absl::StatusOr<PointVector> points) const {
    EXPECT_TRUE(points.ok()) << points.status();
    if (!points.ok()) return {};
    std::vector<EncodedElement> out(points->size());
    EXPECT_TRUE(kernels().Encode(*points, out).ok());
    return out;
  }

  // All operations on elements and scalars, and one more scalar for all.
  void CheckAll(TestRandom& random, std::vector<EncodedElement> elements,
                std::vector<EncodedScalar> scalars) {
    ExpectAgrees(kernels(), Reference(std::move(elements), std::move(scalars), random.Scalar()));
  }

 private:
  const Kernels* kernels_ = nullptr;
};

TEST_P(KernelsTest, BatchSizes) {
  TestRandom random(10);
  for (size_t n : {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65}) {
    CheckAll(random, random.Elements(n), random.Scalars(n));
  }
}

TEST_P(KernelsTest, TenThousandRandomCases) {
  TestRandom random(11);
  if (GetParam().starts_with("emulated")) {
    // They are a hundred times slower; what they run is compiled from the same source.
    CheckAll(random, random.Elements(1000), random.Scalars(1000));
    return;
  }
  CheckAll(random, random.Elements(4096), random.Scalars(4096));
  CheckAll(random, random.Elements(5904), random.Scalars(5904));
}

TEST_P(KernelsTest, EdgeScalarsTimesEdgeElements) {
  TestRandom random(12);
  std::vector<EncodedScalar> edges;
  for (int small = 0; small <= 33; ++small) edges.push_back({static_cast<uint8_t>(small)});
  for (int delta : {-1, -2, -3, -8, -9, -16, -17}) edges.push_back(OrderPlus(delta));
  for (size_t bit = 3; bit <= 252; ++bit) {
    EncodedScalar power{};
    power[bit / 8] = static_cast<uint8_t>(1 << (bit % 8));
    edges.push_back(power);
  }
  // Digits of all windows at their extremes: 0x77.., 0x88.., 0xff.., 0x0f..
  for (int fill : {0x77, 0x88, 0x80, 0x08, 0xff, 0x0f, 0xf0, 0x20, 0x1f, 0xdf, 0x7d, 0xf7}) {
    EncodedScalar s;
    s.fill(static_cast<uint8_t>(fill));
    s[31] = 0x0f;
    edges.push_back(s);
    s[31] = 0x07;
    edges.push_back(s);
  }
  const EncodedElement generator = SodiumBase({1});
  std::vector<EncodedElement> elements(edges.size(), generator);
  CheckAll(random, elements, edges);
  elements.assign(edges.size(), EncodedElement{});
  CheckAll(random, elements, edges);
  CheckAll(random, random.Elements(edges.size()), edges);
  // One common edge scalar for a batch with the identity and equal elements in it.
  elements = random.Elements(9);
  elements[2] = {};
  elements[5] = elements[4];
  const PointVector points = Decoded(elements);
  for (const EncodedScalar& s : edges) {
    std::vector<EncodedElement> want(elements.size());
    for (size_t i = 0; i < want.size(); ++i) want[i] = SodiumMultiply(s, elements[i]);
    std::vector<EncodedElement> out(elements.size());
    ASSERT_TRUE(kernels().MultiplyCommonEncode(points, s, out).ok());
    EXPECT_EQ(out, want) << ToHex(s);
    EXPECT_EQ(Encoded(kernels().MultiplyCommon(points, s)), want) << ToHex(s);
  }
}

TEST_P(KernelsTest, SumsThatCancel) {
  TestRandom random(13);
  std::vector<EncodedElement> elements;
  // Enough for the composite to be made with buckets.
  for (size_t i = 0; i < 40; ++i) {
    elements.push_back(random.Element());
    elements.push_back(SodiumMultiply(OrderPlus(-1), elements.back()));
  }
  const PointVector points = Decoded(elements);
  EXPECT_EQ(*kernels().Sum(points), EncodedElement{});
  const std::vector<EncodedScalar> same(elements.size(), random.Scalar());
  EXPECT_EQ(*kernels().MultiScalarMultiply(points, same), EncodedElement{});
  // P + (-P), P + P and P + 0, element by element.
  const EncodedElement p = elements[0];
  const EncodedElement minus = elements[1];
  const PointVector a = Decoded(std::vector<EncodedElement>{p, p, p, {}, {}});
  const PointVector b = Decoded(std::vector<EncodedElement>{minus, p, {}, p, {}});
  const EncodedElement twice = SodiumAdd(p, p);
  EXPECT_EQ(Encoded(kernels().Add(a, b)), (std::vector<EncodedElement>{{}, twice, p, p, {}}));
}

TEST_P(KernelsTest, CompositesOfPointsThatWereNotDecoded) {
  TestRandom random(21);
  for (const size_t n : {5, 75}) {
    const PointVector points = Decoded(random.Elements(n));
    const std::vector<EncodedScalar> weights = random.Scalars(n);
    const EncodedElement once = *kernels().MultiScalarMultiply(points, weights);
    const PointVector twice = *kernels().Add(points, points);
    EXPECT_EQ(*kernels().MultiScalarMultiply(twice, weights), SodiumAdd(once, once));
  }
}

TEST_P(KernelsTest, HashToGroupMatchesLibsodium) {
  TestRandom random(14);
  // All lengths around SHA-512's block and padding borders, and a tag of every kind of length.
  for (size_t tag_length : {1, 17, 40, 55, 101, 127, 128, 254, 255, 256, 300}) {
    const std::vector<uint8_t> tag(tag_length, 0x42);
    std::vector<std::vector<uint8_t>> messages;
    for (size_t length = 0; length < 300; length += (tag_length == 40 ? 1 : 13)) {
      const auto bytes = random.Bytes<300>();
      messages.emplace_back(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(length));
    }
    const std::vector<ByteView> views(messages.begin(), messages.end());
    // The definition, written out on libsodium's one-call hash.
    std::vector<uint8_t> short_tag = tag;
    if (tag.size() > 255) {
      const std::string_view prefix = "H2C-OVERSIZE-DST-";
      short_tag.assign(prefix.begin(), prefix.end());
      short_tag.insert(short_tag.end(), tag.begin(), tag.end());
      std::vector<uint8_t> hash(64);
      crypto_hash_sha512(hash.data(), short_tag.data(), short_tag.size());
      short_tag = hash;
    }
    short_tag.push_back(static_cast<uint8_t>(short_tag.size()));
    std::vector<EncodedElement> want;
    std::vector<UniformBytes> want_uniform;
    for (const auto& message : messages) {
      std::vector<uint8_t> input(128, 0);
      input.insert(input.end(), message.begin(), message.end());
      input.insert(input.end(), {0, 64, 0});
      input.insert(input.end(), short_tag.begin(), short_tag.end());
      std::vector<uint8_t> block(64);
      crypto_hash_sha512(block.data(), input.data(), input.size());
      block.push_back(1);
      block.insert(block.end(), short_tag.begin(), short_tag.end());
      UniformBytes uniform;
      crypto_hash_sha512(uniform.data(), block.data(), block.size());
      want_uniform.push_back(uniform);
      want.emplace_back();
      crypto_core_ristretto255_from_hash(want.back().data(), uniform.data());
    }
    EXPECT_EQ(Encoded(kernels().HashToGroup(views, tag)), want) << tag_length;
    std::vector<EncodedElement> encoded(views.size());
    EXPECT_TRUE(kernels().HashToGroupEncode(views, tag, encoded).ok());
    EXPECT_EQ(encoded, want) << tag_length;
    std::vector<UniformBytes> expanded(views.size());
    EXPECT_TRUE(kernels().ExpandMessages(views, tag, expanded).ok());
    EXPECT_EQ(expanded, want_uniform) << tag_length;
  }
}

TEST_P(KernelsTest, HashMatchesLibsodium) {
  TestRandom random(27);
  // Lengths around the borders of blocks and padding, alone, in full lanes and in what is left
  // over.
  std::vector<std::vector<uint8_t>> messages;
  for (size_t length : {0, 1, 63, 111, 112, 127, 128, 129, 239, 240, 300}) {
    for (size_t repeat = 0; repeat <= length % 11; ++repeat) {
      const auto bytes = random.Bytes<300>();
      messages.emplace_back(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(length));
    }
  }
  for (size_t count : {size_t{0}, size_t{1}, size_t{7}, size_t{9}, messages.size()}) {
    const std::vector<ByteView> views(messages.begin(),
                                      messages.begin() + static_cast<ptrdiff_t>(count));
    std::vector<UniformBytes> got(count);
    ASSERT_TRUE(kernels().Hash(views, got).ok());
    for (size_t i = 0; i < count; ++i) {
      UniformBytes want;
      crypto_hash_sha512(want.data(), messages[i].data(), messages[i].size());
      EXPECT_EQ(got[i], want) << i;
    }
  }
  std::vector<UniformBytes> one(1);
  EXPECT_FALSE(kernels().Hash({}, one).ok());

  const auto beginning = random.Bytes<256>();
  const std::vector<ByteView> views(messages.begin(), messages.end());
  std::vector<UniformBytes> got(views.size());
  for (size_t begins : {0, 128, 256}) {
    ASSERT_TRUE(kernels().HashAfter(ByteView(beginning).first(begins), views, got).ok());
    for (size_t i = 0; i < views.size(); ++i) {
      std::vector<uint8_t> whole(beginning.begin(),
                                 beginning.begin() + static_cast<ptrdiff_t>(begins));
      whole.insert(whole.end(), messages[i].begin(), messages[i].end());
      UniformBytes want;
      crypto_hash_sha512(want.data(), whole.data(), whole.size());
      EXPECT_EQ(got[i], want) << begins << " and " << i;
    }
  }
  EXPECT_FALSE(kernels().HashAfter(ByteView(beginning).first(127), views, got).ok());
  EXPECT_FALSE(kernels().HashAfter(beginning, {}, one).ok());
}

TEST_P(KernelsTest, MapToGroupMatchesLibsodium) {
  TestRandom random(15);
  std::vector<UniformBytes> inputs(1000);
  for (UniformBytes& u : inputs) u = random.Bytes<64>();
  for (size_t i = 0; i < 40; ++i) {
    // Values near 0 and p in both halves, the high bits set and clear.
    for (size_t half : {0, 32}) {
      auto* bytes = inputs[i].data() + half;
      std::memset(bytes, (i & 1) != 0 ? 0xff : 0x00, 32);
      bytes[0] = static_cast<uint8_t>((i & 1) != 0 ? 0xe8 + i / 2 : i / 2);
      bytes[31] = static_cast<uint8_t>(((i & 1) != 0 ? 0x7f : 0x00) | ((i & 4) != 0 ? 0x80 : 0));
    }
  }
  std::vector<EncodedElement> want(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    crypto_core_ristretto255_from_hash(want[i].data(), inputs[i].data());
  }
  EXPECT_EQ(Encoded(kernels().MapToGroup(inputs)), want);
  std::vector<EncodedElement> got(inputs.size());
  ASSERT_TRUE(kernels().MapToGroupEncode(inputs, got).ok());
  EXPECT_EQ(got, want);
}

TEST_P(KernelsTest, MapToGroupAtExceptionsMatchesLibsodium) {
  // Each in every lane, beside ordinary inputs and beside all the others.
  TestRandom random(31);
  std::vector<UniformBytes> inputs;
  for (const std::string_view hex : kMapExceptions) {
    for (size_t i = 0; i < 9; ++i) inputs.push_back(FromHex<64>(hex));
    for (size_t i = 0; i < 8; ++i) inputs.push_back(random.Bytes<64>());
  }
  for (const std::string_view hex : kMapExceptions) inputs.push_back(FromHex<64>(hex));
  std::vector<EncodedElement> want(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    crypto_core_ristretto255_from_hash(want[i].data(), inputs[i].data());
  }
  std::vector<EncodedElement> got(inputs.size());
  ASSERT_TRUE(kernels().MapToGroupEncode(inputs, got).ok());
  EXPECT_EQ(got, want);
  EXPECT_EQ(Encoded(kernels().MapToGroup(inputs)), want);
}

TEST_P(KernelsTest, RandomBytesAreDecodedAsLibsodiumSays) {
  TestRandom random(16);
  size_t valid = 0;
  for (size_t i = 0; i < 2000; ++i) {
    EncodedElement e = random.Bytes<32>();
    e[31] &= 0x7f;
    e[0] &= 0xfe;
    const bool want = crypto_core_ristretto255_is_valid_point(e.data()) == 1;
    EXPECT_EQ(kernels().Decode({&e, 1}, IdentityRule::kRefuse).ok(), want) << ToHex(e);
    valid += want ? 1 : 0;
  }
  EXPECT_GT(valid, 300u);
  EXPECT_LT(valid, 700u);
}

TEST_P(KernelsTest, TheFirstBadEncodingIsNamed) {
  TestRandom random(17);
  std::vector<EncodedElement> elements = random.Elements(100);
  elements[37][0] ^= 1;  // negative
  elements[38].fill(0xff);
  elements[90].fill(0xff);
  size_t bad = 0;
  const auto points = kernels().Decode(elements, IdentityRule::kRefuse, &bad);
  EXPECT_TRUE(absl::IsInvalidArgument(points.status()));
  EXPECT_EQ(bad, 37u);
}

TEST_P(KernelsTest, TheIdentityIsRefusedOnRequest) {
  TestRandom random(18);
  std::vector<EncodedElement> elements = random.Elements(20);
  elements[11] = {};
  elements[12] = {};
  size_t bad = 0;
  EXPECT_FALSE(kernels().Decode(elements, IdentityRule::kRefuse, &bad).ok());
  EXPECT_EQ(bad, 11u);
  EXPECT_TRUE(kernels().Decode(elements, IdentityRule::kAllow, &bad).ok());
}

TEST_P(KernelsTest, RefusesUnreducedScalarsAndUnequalSizes) {
  TestRandom random(19);
  const PointVector points = Decoded(random.Elements(9));
  std::vector<EncodedElement> out(9);
  std::vector<EncodedScalar> scalars = random.Scalars(9);
  EncodedScalar top = scalars[0];
  top[31] |= 0x80;
  for (const EncodedScalar& bad : {OrderPlus(0), OrderPlus(1), top}) {
    scalars[8] = bad;
    EXPECT_TRUE(absl::IsInvalidArgument(kernels().MultiplyCommonEncode(points, bad, out)));
    EXPECT_TRUE(absl::IsInvalidArgument(kernels().MultiplyCommon(points, bad).status()));
    EXPECT_TRUE(absl::IsInvalidArgument(kernels().MultiplyEachEncode(points, scalars, out)));
    EXPECT_TRUE(absl::IsInvalidArgument(kernels().MultiplyEach(points, scalars).status()));
    EXPECT_TRUE(absl::IsInvalidArgument(kernels().FixedBaseEncode(scalars, out)));
    EXPECT_TRUE(absl::IsInvalidArgument(kernels().FixedBase(scalars).status()));
    EXPECT_TRUE(absl::IsInvalidArgument(kernels().AddGeneratorMultiples(points, scalars).status()));
    EXPECT_TRUE(absl::IsInvalidArgument(kernels().MultiScalarMultiply(points, scalars).status()));
  }
  EXPECT_EQ(out, std::vector<EncodedElement>(9)) << "written in spite of an error";
  scalars = random.Scalars(8);
  EXPECT_FALSE(kernels().MultiplyEachEncode(points, scalars, out).ok());
  EXPECT_FALSE(kernels().MultiplyEach(points, scalars).ok());
  EXPECT_FALSE(kernels().MultiScalarMultiply(points, scalars).ok());
  EXPECT_FALSE(kernels().AddGeneratorMultiples(points, scalars).ok());
  EXPECT_FALSE(kernels().MakeBaseTable(OrderPlus(2)).ok());
  EXPECT_FALSE(kernels().FixedBaseEncode(scalars, out).ok());
  EXPECT_FALSE(kernels().Add(points, Decoded(random.Elements(8))).ok());
  out.resize(10);
  EXPECT_FALSE(kernels().Encode(points, out).ok());
  EXPECT_FALSE(kernels().MultiplyCommonEncode(points, scalars[0], out).ok());
  const std::vector<ByteView> messages(1);
  EXPECT_FALSE(kernels().HashToGroup(messages, {}).ok());
  EXPECT_FALSE(kernels().HashToGroupEncode(messages, {}, std::span(out).first(1)).ok());
  const std::vector<uint8_t> tag(17, 1);
  EXPECT_FALSE(kernels().HashToGroupEncode(messages, tag, out).ok());
  const std::vector<UniformBytes> uniform(1);
  EXPECT_FALSE(kernels().MapToGroupEncode(uniform, out).ok());
}

TEST_P(KernelsTest, PassesItsSelfTest) { EXPECT_TRUE(SelfTest(kernels()).ok()); }

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const BackendEntry& entry : Backends()) names.emplace_back(entry.name);
  for (const Kernels* emulated : EmulatedKernels()) names.emplace_back(emulated->name());
  return names;
}

INSTANTIATE_TEST_SUITE_P(Backends, KernelsTest, testing::ValuesIn(Names()),
                         [](const auto& parameter) { return parameter.param; });

TEST(SelectionTest, AFailedSelfTestWouldBeSeen) {
  // The portable backend with one answer spoilt.
  class Spoilt final : public Kernels {
   public:
    std::string_view name() const override { return "spoilt"; }

   protected:
    using Storage = std::unique_ptr<PointStorage>;
    Storage DoDecode(std::span<const EncodedElement>, IdentityRule, size_t* bad) const override {
      *bad = 13;
      return nullptr;
    }
    void DoEncode(const PointStorage&, std::span<EncodedElement>) const override {}
    Storage DoHashToGroup(std::span<const ByteView>, ByteView) const override { return nullptr; }
    Storage DoMapToGroup(std::span<const UniformBytes>) const override { return nullptr; }
    void DoMapToGroupEncode(std::span<const UniformBytes>,
                            std::span<EncodedElement>) const override {}
    Storage DoMultiplyCommon(const PointStorage&, size_t, const EncodedScalar&) const override {
      return nullptr;
    }
    void DoMultiplyCommonEncode(const PointStorage&, const EncodedScalar&,
                                std::span<EncodedElement>) const override {}
    Storage DoMultiplyEach(const PointStorage&, std::span<const EncodedScalar>) const override {
      return nullptr;
    }
    void DoMultiplyEachEncode(const PointStorage&, std::span<const EncodedScalar>,
                              std::span<EncodedElement>) const override {}
    Storage DoFixedBase(std::span<const EncodedScalar>) const override { return nullptr; }
    void DoFixedBaseEncode(std::span<const EncodedScalar>,
                           std::span<EncodedElement>) const override {}
    std::unique_ptr<TableStorage> DoMakeBaseTable(const EncodedElement&) const override {
      return nullptr;
    }
    Storage DoAddMultiples(const PointStorage&, const TableStorage*,
                           std::span<const EncodedScalar>) const override {
      return nullptr;
    }
    Storage DoAdd(const PointStorage&, const PointStorage&, size_t) const override {
      return nullptr;
    }
    EncodedElement DoSum(const PointStorage&, size_t) const override { return {}; }
    EncodedElement DoMultiScalarMultiply(const PointStorage&,
                                         std::span<const EncodedScalar>) const override {
      return {};
    }
  };
  EXPECT_TRUE(absl::IsInternal(SelfTest(Spoilt())));
}

TEST(SelectionTest, NoBackendFailsHereAndTheChoiceIsListed) {
  EXPECT_TRUE(SelectedKernels().Problem().ok()) << SelectedKernels().Problem();
  EXPECT_EQ(SelectedKernels().reports.size(), Backends().size());
  EXPECT_EQ(AvailableKernels().back()->name(), "portable");
  EXPECT_EQ(*KernelsByName(DefaultKernels().name()), &DefaultKernels());
  EXPECT_TRUE(absl::IsNotFound(KernelsByName("abacus").status()));
}

TEST(SelectionTest, AFailedReportIsAProblem) {
  KernelSelection selection{&PortableKernels(), absl::OkStatus(), {}};
  selection.reports.push_back({"x", absl::UnimplementedError("no such instructions")});
  EXPECT_TRUE(selection.Problem().ok());
  selection.override_status = absl::FailedPreconditionError("unknown name");
  EXPECT_EQ(selection.Problem(), selection.override_status);
  selection.reports.push_back({"y", absl::InternalError("wrong")});
  EXPECT_TRUE(absl::IsInternal(selection.Problem()));
}

TEST(SelectionTest, PointsOfAnotherBackendAreRefused) {
  TestRandom random(20);
  for (const Kernels* kernels : AvailableKernels()) {
    if (kernels == &PortableKernels()) continue;
    const auto points = kernels->Decode(random.Elements(3), IdentityRule::kRefuse);
    ASSERT_TRUE(points.ok());
    EXPECT_FALSE(PortableKernels().Sum(*points).ok());
    std::vector<EncodedElement> out(3);
    EXPECT_FALSE(PortableKernels().Encode(*points, out).ok());
    const auto own = PortableKernels().Decode(out, IdentityRule::kAllow);
    auto table = kernels->MakeBaseTable(kGenerator);
    ASSERT_TRUE(own.ok() && table.ok());
    EXPECT_FALSE(PortableKernels().AddMultiples(*own, *table, random.Scalars(3)).ok());
    const BaseTable taken = *std::move(table);
    EXPECT_TRUE(kernels->AddMultiples(*points, taken, random.Scalars(3)).ok());
    // NOLINTNEXTLINE(bugprone-use-after-move): that one is left without a table is what is tried.
    EXPECT_FALSE(kernels->AddMultiples(*points, *table, random.Scalars(3)).ok());
  }
}

}  // namespace
}  // namespace raakvlak::crypto
