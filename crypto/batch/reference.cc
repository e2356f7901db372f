// libsodium's answers, one element at a time, and the comparison.
#include "crypto/batch/reference.h"

#include <gtest/gtest.h>

#include <utility>

#include "crypto/batch/test_util.h"

namespace raakvlak::crypto {

Reference::Reference(std::vector<EncodedElement> elements_in, std::vector<EncodedScalar> scalars_in,
                     const EncodedScalar& common_in)
    : elements(std::move(elements_in)), scalars(std::move(scalars_in)), common(common_in) {
  for (size_t i = 0; i < elements.size(); ++i) {
    // As good as random bytes, and edge cases where those are.
    UniformBytes input;
    std::copy(scalars[i].begin(), scalars[i].end(), input.begin());
    std::copy(elements[i].begin(), elements[i].end(), input.begin() + 32);
    uniform.push_back(input);
    mapped.emplace_back();
    crypto_core_ristretto255_from_hash(mapped.back().data(), input.data());
    products.push_back(SodiumMultiply(scalars[i], elements[i]));
    common_products.push_back(SodiumMultiply(common, elements[i]));
    bases.push_back(SodiumBase(scalars[i]));
    sums.push_back(SodiumAdd(elements[i], products[i]));
    blinded.push_back(SodiumAdd(elements[i], bases[i]));
    shifted.push_back(SodiumAdd(elements[i], SodiumMultiply(scalars[i], elements.back())));
    sum = SodiumAdd(sum, elements[i]);
    composite = SodiumAdd(composite, products[i]);
  }
}

void ExpectAgrees(const Kernels& kernels, const Reference& reference) {
  SCOPED_TRACE(std::string(kernels.name()) + ", " + std::to_string(reference.elements.size()));
  std::vector<EncodedElement> out(reference.elements.size());
  const auto encoded = [&](const absl::StatusOr<PointVector>& points) {
    std::vector<EncodedElement> bytes(out.size());
    EXPECT_TRUE(points.ok()) << points.status();
    if (points.ok()) {
      EXPECT_TRUE(kernels.Encode(*points, bytes).ok());
    }
    return bytes;
  };
  const auto points = kernels.Decode(reference.elements, IdentityRule::kAllow);
  ASSERT_TRUE(points.ok()) << points.status();
  EXPECT_EQ(encoded(points), reference.elements);
  ASSERT_TRUE(kernels.MapToGroupEncode(reference.uniform, out).ok());
  EXPECT_EQ(out, reference.mapped);
  EXPECT_EQ(encoded(kernels.MapToGroup(reference.uniform)), reference.mapped);
  ASSERT_TRUE(kernels.MultiplyEachEncode(*points, reference.scalars, out).ok());
  EXPECT_EQ(out, reference.products);
  const auto products = kernels.MultiplyEach(*points, reference.scalars);
  EXPECT_EQ(encoded(products), reference.products);
  ASSERT_TRUE(kernels.MultiplyCommonEncode(*points, reference.common, out).ok());
  EXPECT_EQ(out, reference.common_products);
  EXPECT_EQ(encoded(kernels.MultiplyCommon(*points, reference.common)), reference.common_products);
  ASSERT_TRUE(kernels.FixedBaseEncode(reference.scalars, out).ok());
  EXPECT_EQ(out, reference.bases);
  EXPECT_EQ(encoded(kernels.FixedBase(reference.scalars)), reference.bases);
  EXPECT_EQ(encoded(kernels.AddGeneratorMultiples(*points, reference.scalars)), reference.blinded);
  if (!reference.elements.empty()) {
    const auto base = kernels.MakeBaseTable(reference.elements.back());
    ASSERT_TRUE(base.ok()) << base.status();
    EXPECT_EQ(encoded(kernels.AddMultiples(*points, *base, reference.scalars)), reference.shifted);
  }
  EXPECT_EQ(encoded(kernels.Add(*points, *products)), reference.sums);
  EXPECT_EQ(*kernels.Sum(*points), reference.sum);
  EXPECT_EQ(*kernels.MultiScalarMultiply(*points, reference.scalars), reference.composite);
}

}  // namespace raakvlak::crypto
