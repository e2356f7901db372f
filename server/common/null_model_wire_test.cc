// There and back; what is refused on the way in stands in server/matcher/encoding_upload_test.cc.
#include "server/common/null_model_wire.h"

#include <gtest/gtest.h>

namespace raakvlak::common {
namespace {

linkage::Profile TwoFields() {
  linkage::Profile profile;
  profile.fields.resize(2);
  return profile;
}

linkage::NullModel Model() {
  linkage::NullModel model;
  model.independent = {{0.01, 0.01, 0.03, 0.05, 0.9}, {0.5, 0.25, 0.125, 0.125, 0}};
  model.random_pairs = 10'000;
  model.classes = {{0.75, {{0.2, 0.05, 0.05, 0.1, 0.6}, {0.2, 0.2, 0.2, 0.2, 0.2}}},
                   {0.25, {{0.9, 0.1, 0, 0, 0}, {0, 0, 0, 0.5, 0.5}}}};
  model.block_pairs = 500;
  model.block_chance = 0.001;
  return model;
}

TEST(NullModelWireTest, ArrivesAsItWasSent) {
  const linkage::NullModel sent = Model();
  const absl::StatusOr<linkage::NullModel> got =
      NullModelFromWire(TwoFields(), NullModelToWire(sent));
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->random_pairs, sent.random_pairs);
  EXPECT_EQ(got->block_pairs, sent.block_pairs);
  EXPECT_EQ(got->block_chance, sent.block_chance);
  auto expect_same = [](const linkage::FieldChances& a, const linkage::FieldChances& b) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t f = 0; f < a.size(); ++f) {
      for (std::size_t level = 0; level < linkage::kLevels; ++level) {
        // Chances of nothing become very small ones.
        if (b[f][level] == 0) {
          EXPECT_GT(a[f][level], 0);
          EXPECT_LT(a[f][level], 1e-9);
        } else {
          EXPECT_EQ(a[f][level], b[f][level]);
        }
      }
    }
  };
  expect_same(got->independent, sent.independent);
  ASSERT_EQ(got->classes.size(), 2U);
  for (std::size_t c = 0; c < 2; ++c) {
    EXPECT_EQ(got->classes[c].weight, sent.classes[c].weight);
    expect_same(got->classes[c].chances, sent.classes[c].chances);
  }
}

TEST(NullModelWireTest, AnotherProfilesModelIsRefused) {
  linkage::Profile three = TwoFields();
  three.fields.resize(3);
  const absl::Status status = NullModelFromWire(three, NullModelToWire(Model())).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "the null model does not have the profile's number of fields");
}

}  // namespace
}  // namespace raakvlak::common
