// The observed backend: the same answers, every group operation seen, hashing not.
#include "crypto/batch/observed.h"

#include <gtest/gtest.h>

#include <vector>

#include "crypto/batch/test_util.h"

namespace raakvlak::crypto {
namespace {

class Counting final : public KernelObserver {
 public:
  std::int64_t OperationBegins() override { return ++begun; }
  void OperationEnds(std::int64_t number) override {
    EXPECT_EQ(number, begun);
    ++ended;
  }
  std::int64_t begun = 0;
  std::int64_t ended = 0;
};

TEST(ObservedKernelsTest, AnswersAlikeAndSeesGroupOperationsOnly) {
  const Kernels& inner = DefaultKernels();
  Counting counting;
  const std::unique_ptr<Kernels> observed = MakeObservedKernels(inner, counting);
  EXPECT_EQ(observed->name(), inner.name());

  TestRandom random(31);
  std::vector<std::array<uint8_t, 20>> bytes(100);
  for (auto& message : bytes) message = random.Bytes<20>();
  const std::vector<ByteView> messages(bytes.begin(), bytes.end());
  const std::vector<uint8_t> tag(10, 1);
  std::vector<UniformBytes> want_hashes(messages.size());
  std::vector<UniformBytes> hashes(messages.size());
  ASSERT_TRUE(inner.Hash(messages, want_hashes).ok());
  ASSERT_TRUE(observed->Hash(messages, hashes).ok());
  EXPECT_EQ(hashes, want_hashes);
  EXPECT_EQ(counting.begun, 0);

  const auto encoded = [&](const Kernels& kernels) {
    std::vector<EncodedElement> out(messages.size());
    auto points = kernels.HashToGroup(messages, tag);
    EXPECT_TRUE(points.ok());
    EncodedScalar three{};
    three[0] = 3;
    EXPECT_TRUE(kernels.MultiplyCommonEncode(*points, three, out).ok());
    return out;
  };
  EXPECT_EQ(encoded(*observed), encoded(inner));
  // Mapping and multiplying.
  EXPECT_EQ(counting.begun, 2);
  EXPECT_EQ(counting.ended, 2);

  auto foreign = inner.HashToGroup(messages, tag);
  ASSERT_TRUE(foreign.ok());
  EXPECT_FALSE(observed->Sum(*foreign).ok());
}

}  // namespace
}  // namespace raakvlak::crypto
