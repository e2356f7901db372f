// A million random cases: every usable backend against libsodium.
#include <gtest/gtest.h>

#include "crypto/batch/kernels.h"
#include "crypto/batch/reference.h"
#include "crypto/batch/test_util.h"

namespace raakvlak::crypto {
namespace {

// One test a tenth of them, for ctest to run side by side.
class KernelsLongTest : public testing::TestWithParam<uint64_t> {};

TEST_P(KernelsLongTest, AHundredThousandRandomCases) {
  TestRandom random(1000 + GetParam());
  constexpr size_t kCases = 100'000;
  constexpr size_t kBatch = 4096;
  for (size_t done = 0; done < kCases && !HasFailure(); done += kBatch) {
    const Reference reference(random.Elements(kBatch), random.Scalars(kBatch), random.Scalar());
    for (const Kernels* kernels : AvailableKernels()) {
      // libsodium itself.
      if (kernels->name() != "portable") ExpectAgrees(*kernels, reference);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Tenths, KernelsLongTest, testing::Range<uint64_t>(0, 10));

}  // namespace
}  // namespace raakvlak::crypto
