// Constant time: secrets are marked undefined, and valgrind's memcheck counts an error whenever a
// branch or an address depends on one (as Langley's ctgrind does). Backends: the emulated ones, and
// those that run under valgrind (which knows AVX2 but not AVX-512).
//
// Public, and excused in ct_test.supp: whether a scalar is canonical, whether a valid encoding is
// valid, whether a result is the identity.
#include <gtest/gtest.h>
#include <valgrind/memcheck.h>

#include <span>
#include <string>
#include <vector>

#include "crypto/batch/backends.h"
#include "crypto/batch/emulated.h"
#include "crypto/batch/scalars.h"
#include "crypto/batch/test_util.h"

namespace raakvlak::crypto {
namespace {

template <typename T, size_t kExtent>
void MakeSecret(std::span<T, kExtent> values) {
  (void)VALGRIND_MAKE_MEM_UNDEFINED(values.data(), values.size_bytes());
}
template <typename T, size_t kExtent>
void Publish(std::span<T, kExtent> values) {
  (void)VALGRIND_MAKE_MEM_DEFINED(values.data(), values.size_bytes());
}

// A batch that is no multiple of a number of lanes, edge scalars in it.
constexpr size_t kCount = 11;

class ConstantTimeTest : public testing::TestWithParam<const Kernels*> {
 protected:
  void SetUp() override {
    if (RUNNING_ON_VALGRIND == 0) GTEST_SKIP() << "shows nothing without valgrind";
    TestRandom random(1);
    elements_ = random.Elements(kCount);
    scalars_ = random.Scalars(kCount);
    scalars_[1] = {};
    scalars_[2] = {1};
    scalars_[3] = OrderPlus(-1);
    errors_ = VALGRIND_COUNT_ERRORS;
  }
  void TearDown() override { EXPECT_EQ(VALGRIND_COUNT_ERRORS, errors_) << "see valgrind's report"; }

  const Kernels& kernels() const { return *GetParam(); }
  PointVector Points() const { return *kernels().Decode(elements_, IdentityRule::kRefuse); }

  // The encodings of secret points, published.
  std::vector<EncodedElement> Encoded(const absl::StatusOr<PointVector>& points) const {
    std::vector<EncodedElement> out(points->size());
    EXPECT_TRUE(kernels().Encode(*points, out).ok());
    Publish(std::span(out));
    return out;
  }

  std::vector<EncodedElement> elements_;
  std::vector<EncodedScalar> scalars_;

 private:
  unsigned errors_ = 0;
};

TEST_P(ConstantTimeTest, OneScalarForAll) {
  const PointVector points = Points();
  EncodedScalar share = scalars_[0];
  std::vector<EncodedElement> out(kCount);
  MakeSecret(std::span(share));
  ASSERT_TRUE(kernels().MultiplyCommonEncode(points, share, out).ok());
  Publish(std::span(out));
  EXPECT_EQ(out[5], SodiumMultiply(scalars_[0], elements_[5]));
  EXPECT_EQ(Encoded(kernels().MultiplyCommon(points, share)), out);
}

TEST_P(ConstantTimeTest, AScalarForEach) {
  const PointVector points = Points();
  std::vector<EncodedScalar> blinds = scalars_;
  std::vector<EncodedElement> out(kCount);
  MakeSecret(std::span(blinds));
  ASSERT_TRUE(kernels().MultiplyEachEncode(points, blinds, out).ok());
  Publish(std::span(out));
  EXPECT_EQ(out[5], SodiumMultiply(scalars_[5], elements_[5]));
  EXPECT_EQ(Encoded(kernels().MultiplyEach(points, blinds)), out);
}

TEST_P(ConstantTimeTest, FixedBase) {
  std::vector<EncodedScalar> secrets = scalars_;
  std::vector<EncodedElement> out(kCount);
  MakeSecret(std::span(secrets));
  ASSERT_TRUE(kernels().FixedBaseEncode(secrets, out).ok());
  Publish(std::span(out));
  EXPECT_EQ(out[5], SodiumBase(scalars_[5]));
  EXPECT_EQ(Encoded(kernels().FixedBase(secrets)), out);
}

TEST_P(ConstantTimeTest, HashingAndBlindingStayDecoded) {
  TestRandom random(2);
  std::vector<std::array<uint8_t, 72>> messages(kCount);
  for (auto& message : messages) message = random.Bytes<72>();
  const std::vector<ByteView> views(messages.begin(), messages.end());
  const std::vector<uint8_t> dst(46, 'd');
  std::vector<EncodedScalar> blinds = scalars_;
  MakeSecret(std::span(messages));
  MakeSecret(std::span(blinds));
  const auto hashed = kernels().HashToGroup(views, dst);
  ASSERT_TRUE(hashed.ok());
  const auto base = kernels().MakeBaseTable(elements_[3]);
  ASSERT_TRUE(base.ok());
  const auto raised = kernels().AddGeneratorMultiples(*hashed, blinds);
  ASSERT_TRUE(raised.ok());
  const auto blinded = kernels().AddMultiples(*raised, *base, blinds);
  ASSERT_TRUE(blinded.ok());
  const auto sums = kernels().Add(*hashed, *blinded);
  ASSERT_TRUE(sums.ok());
  auto sum = kernels().Sum(*sums);
  ASSERT_TRUE(sum.ok());
  Publish(std::span(*sum));
  const auto blinded_bytes = Encoded(blinded);
  EncodedElement want{};
  for (size_t i = 0; i < kCount; ++i) {
    const EncodedElement element = Encoded(hashed)[i];
    EXPECT_EQ(SodiumAdd(SodiumAdd(element, SodiumBase(scalars_[i])),
                        SodiumMultiply(scalars_[i], elements_[3])),
              blinded_bytes[i]);
    want = SodiumAdd(want, SodiumAdd(element, blinded_bytes[i]));
  }
  EXPECT_EQ(*sum, want);
}

TEST_P(ConstantTimeTest, MapToGroup) {
  TestRandom random(3);
  std::vector<UniformBytes> inputs(kCount);
  for (UniformBytes& input : inputs) input = random.Bytes<64>();
  EncodedElement want;
  crypto_core_ristretto255_from_hash(want.data(), inputs[4].data());
  MakeSecret(std::span(inputs));
  EXPECT_EQ(Encoded(kernels().MapToGroup(inputs))[4], want);
  std::vector<EncodedElement> encoded(kCount);
  ASSERT_TRUE(kernels().MapToGroupEncode(inputs, encoded).ok());
  Publish(std::span(encoded));
  EXPECT_EQ(encoded[4], want);
}

TEST_P(ConstantTimeTest, ScalarArithmetic) {
  TestRandom random(4);
  UniformBytes uniform = random.Bytes<64>();
  EncodedScalar want;
  crypto_core_ristretto255_scalar_reduce(want.data(), uniform.data());
  MakeSecret(std::span(uniform));
  EncodedScalar reduced = ReduceToScalar(uniform);
  Publish(std::span(reduced));
  EXPECT_EQ(reduced, want);
}

std::vector<const Kernels*> Tested() {
  std::vector<const Kernels*> tested = EmulatedKernels();
  for (const BackendEntry& entry : Backends()) {
    // Under valgrind the CPU has what valgrind knows of.
    if (entry.support.ok()) tested.push_back(entry.kernels);
  }
  return tested;
}

INSTANTIATE_TEST_SUITE_P(Backends, ConstantTimeTest, testing::ValuesIn(Tested()),
                         [](const auto& parameter) {
                           return std::string(parameter.param->name());
                         });

TEST(ConstantTimeControl, ScalarArithmetic) {
  if (RUNNING_ON_VALGRIND == 0) GTEST_SKIP() << "shows nothing without valgrind";
  TestRandom random(4);
  const std::vector<EncodedScalar> scalars = random.Scalars(5);
  std::vector<EncodedScalar> halves(5);
  const unsigned before = VALGRIND_COUNT_ERRORS;
  for (size_t i = 0; i < scalars.size(); ++i) {
    EncodedScalar secret = scalars[i];
    MakeSecret(std::span(secret));
    halves[i] = HalveScalar(secret);
  }
  EXPECT_EQ(VALGRIND_COUNT_ERRORS, before);
  Publish(std::span(halves));
  EncodedScalar twice;
  crypto_core_ristretto255_scalar_add(twice.data(), halves[0].data(), halves[0].data());
  EXPECT_EQ(twice, scalars[0]);
}

// Without these, a harness that sees nothing would look like constant time.
TEST(ConstantTimeControl, ABranchOnASecretIsSeen) {
  if (RUNNING_ON_VALGRIND == 0) GTEST_SKIP() << "shows nothing without valgrind";
  const unsigned before = VALGRIND_COUNT_ERRORS;
  EncodedScalar secret = {1, 2, 3};
  MakeSecret(std::span(secret));
  volatile int taken = 0;
  if (secret[0] == 1) taken = taken + 1;
  EXPECT_GT(VALGRIND_COUNT_ERRORS, before);
}

TEST(ConstantTimeControl, VariableTimeMultiplicationIsSeen) {
  if (RUNNING_ON_VALGRIND == 0) GTEST_SKIP() << "shows nothing without valgrind";
  // Its weights are public; made secret, they must show as addresses.
  TestRandom random(5);
  const Kernels& kernels = *EmulatedKernels().front();
  const PointVector points = *kernels.Decode(random.Elements(48), IdentityRule::kRefuse);
  std::vector<EncodedScalar> weights = random.Scalars(48);
  const unsigned before = VALGRIND_COUNT_ERRORS;
  MakeSecret(std::span(weights));
  EXPECT_TRUE(kernels.MultiScalarMultiply(points, weights).ok());
  EXPECT_GT(VALGRIND_COUNT_ERRORS, before);
}

}  // namespace
}  // namespace raakvlak::crypto
